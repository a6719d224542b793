//! The errors of a dispatcher.

use std::io;

use crate::sim::{BrokenInvariant, Waits};

/// A failure of the dispatcher, or of the operating system on its behalf ([`Error::Io`]): a socket
/// that is refused, reset or would block is an `Io` with the system's error. What a blocking job
/// returns is never in here.
///
/// ```
/// use std::io::ErrorKind;
/// use wippy_dispatcher::{Dispatcher, Error};
///
/// let dispatcher = Dispatcher::builder().max_tasks(1).build()?;
/// let task = dispatcher.spawn(std::future::pending::<()>())?;
/// let refused = dispatcher.spawn(async {}).err();
/// assert!(matches!(refused, Some(Error::TooManyTasks(1))));
///
/// let missing = Error::from(std::fs::metadata("/there/is/none").unwrap_err());
/// assert_eq!(missing.kind(), ErrorKind::NotFound);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A handle was used on a thread that does not own the dispatcher. Use a `Remote` there.
    #[error("the dispatcher belongs to another thread; use a Remote to reach it from here")]
    WrongThread,
    /// The dispatcher was dropped.
    #[error("the dispatcher is closed")]
    Closed,
    /// An event or source was given to a `WaitSet` of another dispatcher.
    #[error("the event or source belongs to another dispatcher")]
    OtherDispatcher,
    /// The bound on live tasks is reached (`Builder::max_tasks`).
    #[error("too many tasks: the bound is {0} (Builder::max_tasks)")]
    TooManyTasks(usize),
    /// The bound on armed timers is reached (`Builder::max_timers`).
    #[error("too many timers: the bound is {0} (Builder::max_timers)")]
    TooManyTimers(usize),
    /// The bound on sources and events is reached (`Builder::max_sources`).
    #[error("too many sources: the bound is {0} (Builder::max_sources)")]
    TooManySources(usize),
    /// The bound on values that references are kept to is reached (`Local`; `Builder::max_sources`).
    #[error("too many local values: the bound is {0} (Builder::max_sources)")]
    TooManyLocals(usize),
    /// The bound on wait sets is reached (`Builder::max_wait_sets`).
    #[error("too many wait sets: the bound is {0} (Builder::max_wait_sets)")]
    TooManyWaitSets(usize),
    /// The bound on the members of one wait set is reached (`Builder::max_wait_set_members`).
    #[error(
        "too many things to wait for at once: the bound is {0} (Builder::max_wait_set_members)"
    )]
    TooManyMembers(usize),
    /// The bound on blocking jobs that wait for a thread is reached (`Builder::blocking_queue`), or the
    /// one on spawns through a `Remote` that are not taken yet (`Builder::max_tasks`).
    #[error(
        "too many queued jobs: the bound is {0} (Builder::blocking_queue; for spawns through a Remote \
         Builder::max_tasks)"
    )]
    TooManyJobs(usize),
    /// The jobs that wait in one lane (`Handle::lane`), or for a lookup, have reached their bound, or
    /// those of one flow have reached its share of the bound.
    #[error("too many jobs wait in this lane: the bound is {0}, of which each flow gets a part")]
    LaneFull(usize),
    /// A blocking job panicked; the message is its panic payload.
    #[error("a blocking job panicked: {0}")]
    JobPanicked(String),
    /// Something that only the system driver has was asked of a simulation.
    #[error("{0} is not available in a simulation")]
    Simulated(&'static str),
    /// Something that only a simulation has was asked of a dispatcher on the system.
    #[error("{0} is available in a simulation only (Builder::simulation)")]
    NotSimulated(&'static str),
    /// The simulated host has crashed since the handle was made, or is down.
    #[error("the simulated host has crashed; take a new handle of it when it is up again")]
    HostDown,
    /// `block_on` inside `block_on`, or `turn` inside a task.
    #[error(
        "the dispatcher is running already: inside a task await the future instead of calling block_on \
         or turn"
    )]
    Reentrant,
    /// A simulation in which nothing can ever happen again by itself. It is no end: what is set or started
    /// from outside goes on.
    #[error("deadlock at {}: {} tasks wait and nothing is to come\n{waits}", .0.now(), .0.count(), waits = .0)]
    Deadlock(Box<Waits>),
    /// A simulation has come to the end of its time (`Simulation::max_time`).
    #[error("the time is over at {}, with {} tasks (Simulation::max_time)\n{waits}", .0.now(), .0.count(), waits = .0)]
    TimeOver(Box<Waits>),
    /// A simulation has decided more than it may (`Simulation::max_records`).
    #[error(
        "more than {bound} records at {} (Simulation::max_records); most runs: {}\n{waits}",
        waits.now(),
        waits.busiest(|task| task.runs)
    )]
    TooManyRecords {
        /// How many there may be.
        bound: u64,
        /// What tasks wait for.
        waits: Box<Waits>,
    },
    /// Edits have cut a simulation here (`Edits::until`).
    #[error("cut at {}, with {} tasks (Edits::until)\n{waits}", .0.now(), .0.count(), waits = .0)]
    Cut(Box<Waits>),
    /// The tasks of a simulation run on and on without virtual time moving (`Simulation::max_stalled_runs`).
    #[error(
        "livelock at {}: {runs} task runs without virtual time moving (Simulation::max_stalled_runs); most \
         runs: {}\n{waits}",
        waits.now(),
        waits.busiest(|task| task.stalled_runs)
    )]
    Livelock {
        /// How many runs.
        runs: u64,
        /// What tasks wait for.
        waits: Box<Waits>,
    },
    /// Something that has to hold in a simulation did not (`Dispatcher::invariant`, `Dispatcher::check_at`).
    #[error("at {} {:?} did not hold: {}", .0.at, .0.name, .0.reason)]
    Invariant(Box<BrokenInvariant>),
    /// The decision log of a simulation cannot be written, or the one to replay cannot be read.
    #[error("{0}")]
    Log(Box<crate::sim::LogError>),
    /// A simulation differs from the log that it replays.
    #[error("{0}")]
    Diverged(Box<crate::sim::Difference>),
    /// The operating system refused. [`Error::kind`] and [`Error::raw_os_error`] say why.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Error {
    /// The kind of an [`Error::Io`], `Other` for every other error. `WouldBlock` is what the `try_`
    /// operations of sockets fail with where they would have to wait.
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            Error::Io(error) => error.kind(),
            _ => io::ErrorKind::Other,
        }
    }

    /// The system's error number (`errno`) of an [`Error::Io`], where the system gave one.
    pub fn raw_os_error(&self) -> Option<i32> {
        match self {
            Error::Io(error) => error.raw_os_error(),
            _ => None,
        }
    }
}

/// Boxed, because an error is moved with every result and has to be small.
impl From<crate::sim::LogError> for Error {
    fn from(error: crate::sim::LogError) -> Error {
        Error::Log(Box::new(error))
    }
}

impl From<rustix::io::Errno> for Error {
    fn from(errno: rustix::io::Errno) -> Error {
        Error::Io(errno.into())
    }
}
