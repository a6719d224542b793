//! What functions answer, and what calls end with.

/// What a function of this library answers. Where it is not `WIPPY_STATUS_OK`, `wippy_last_error` has a text that says more,
/// and nothing was changed or written unless the function says so.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum wippy_status {
    /// Done.
    Ok = 0,
    /// An argument cannot be used: a NULL where something is needed, a text that is not UTF-8, a number out of range, JSON
    /// that cannot be read.
    InvalidArgument = 1,
    /// There is no such object: it was destroyed, or never made, or it is of another kind than the function takes.
    InvalidHandle = 2,
    /// The object belongs to another thread, which made it.
    WrongThread = 3,
    /// A bound is reached; the text names it.
    TooMany = 4,
    /// The dispatcher is in a turn: it cannot be turned or destroyed by what it calls.
    Busy = 5,
    /// Not yet: the call still runs, or a pipe has nothing to read or no room.
    Pending = 6,
    /// The call has failed: `wippy_call_error` says with what.
    CallFailed = 7,
    /// Nothing comes any more: the other end of a pipe is gone, the dispatcher is destroyed, or the thread ends.
    Closed = 8,
    /// The buffer is too small; the needed length was written.
    TooSmall = 9,
    /// An entry cannot be added to a program.
    InvalidEntry = 10,
    /// The project has errors: `wippy_builder_diagnostics` has all of them.
    InvalidProject = 11,
    /// The machine cannot run the engine.
    Engine = 12,
    /// A simulated dispatcher does not have this.
    Simulated = 13,
    /// Nothing can ever happen any more on a simulated dispatcher.
    Deadlock = 14,
    /// The operating system refused.
    Io = 15,
    /// An error of this library's own. What it was doing may be left half done; please report it.
    Panic = 16,
}

/// How far a call is.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum wippy_call_state {
    /// It runs while its dispatcher turns.
    Running = 0,
    /// It has a result.
    Done = 1,
    /// It has ended without one.
    Failed = 2,
}

/// Why a call has failed.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum wippy_error_kind {
    /// It has not failed.
    None = 0,
    /// There is no such entry, it has errors, or it cannot be called.
    Lookup = 1,
    /// Its module cannot be read, compiled or linked.
    Module = 2,
    /// The arguments do not fit the function, or its result has no form as JSON.
    Value = 3,
    /// Too many callers wait for the entry.
    PoolFull = 4,
    /// A variable, a directory or a certificate of its guest cannot be had.
    Environment = 5,
    /// The guest ended itself with a status other than success: `wippy_call_exit_status`.
    Exit = 6,
    /// The time is over that the entry or the caller's options permit.
    DeadlineExceeded = 7,
    /// The guest trapped; so does one whose host function fails.
    Trap = 8,
    /// `wippy_call_cancel` has ended it.
    Cancelled = 9,
    /// The dispatcher could not do the work, or was destroyed.
    Dispatcher = 10,
    /// The live instance has ended before, or runs another call.
    Instance = 11,
    /// Anything else; the message says what.
    Other = 12,
}

/// How many calls of an entry run at once: `pool` of `docs/entries.md`.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum wippy_pool_kind {
    /// One at a time; the size has no effect.
    Inline = 0,
    /// Up to the size, started on demand.
    Lazy = 1,
    /// The size, and so many instances are kept ready.
    Static = 2,
    /// Between one and the size, following the load.
    Adaptive = 3,
}
