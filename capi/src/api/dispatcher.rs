//! The dispatcher: its turn, its descriptor, its clock.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::time::Duration;

use ::wippy_dispatcher::{Dispatcher, Error, Instant, Turn, TurnBudget};

use crate::failure::Failure;
use crate::guard::guarded;
use crate::handles::{Handle, wippy_dispatcher};
use crate::objects::DispatcherObject;
use crate::pointers::given;
use crate::status::wippy_status;

/// What a turn did, and what is next.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct wippy_turn {
    /// How many times a task ran.
    pub ran: u64,
    /// How many tasks can run right now; above zero, the next turn should follow at once.
    pub runnable: u64,
    /// In how many nanoseconds the earliest deadline is, 0 where it has passed; -1 where there is none.
    pub next_deadline: i64,
}

/// Makes a dispatcher on this thread. All that is made on it belongs to this thread, too. A process may have several, on one
/// thread or on many.
///
/// Errors: IO where the system has no descriptors left, TOO_MANY, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_dispatcher_new(
    dispatcher: Option<&mut MaybeUninit<wippy_dispatcher>>,
) -> wippy_status {
    guarded(|| add(dispatcher, Dispatcher::new))
}

/// Makes a simulated dispatcher: time is virtual and moves when nothing can run, and order, randomness and readiness come from
/// `seed`. The same seed gives the same run. It has no descriptor.
///
/// Errors: TOO_MANY, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_dispatcher_simulated(
    seed: u64,
    dispatcher: Option<&mut MaybeUninit<wippy_dispatcher>>,
) -> wippy_status {
    guarded(|| add(dispatcher, || Dispatcher::simulated(seed)))
}

fn add(
    out: Option<&mut MaybeUninit<wippy_dispatcher>>,
    make: impl FnOnce() -> Result<Dispatcher, Error>,
) -> Result<(), Failure> {
    let out = given(out, "dispatcher")?;
    let object = DispatcherObject {
        dispatcher: make()?,
        in_turn: Cell::new(false),
    };
    out.write(wippy_dispatcher::add(object)?);
    Ok(())
}

/// Destroys a dispatcher. Its calls end, with the error kind DISPATCHER, and their guests are dropped. The handles of its
/// runtimes, calls and pipes stay, and have to be destroyed, before it or after it. No callback is called afterwards.
///
/// Errors: BUSY in its own turn, INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_dispatcher_destroy(dispatcher: wippy_dispatcher) -> wippy_status {
    guarded(|| {
        if dispatcher.get()?.in_turn.get() {
            return Err(Error::Reentrant.into());
        }
        dispatcher.remove().map(drop)
    })
}

/// One bounded step: waits until there is something to do, `timeout` nanoseconds at most (below 0: as long as it takes; 0: not
/// at all), then runs tasks, and looks at I/O and timers. This is where guests run and callbacks are called. `turn` may be
/// NULL.
///
/// Errors: BUSY within a turn, DEADLOCK on a simulated dispatcher without a timeout where nothing can happen any more, IO,
/// INVALID_HANDLE, WRONG_THREAD.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_dispatcher_turn(
    dispatcher: wippy_dispatcher,
    timeout: i64,
    turn: Option<&mut MaybeUninit<wippy_turn>>,
) -> wippy_status {
    guarded(|| take_turn(dispatcher, turn, |it| it.turn(wait(timeout))))
}

/// The same with a budget: tasks run for `budget` nanoseconds after the wait, and as long as any can, with looks at I/O and
/// timers in between. One runs however small the budget is, and a guest that computes keeps the thread until it is preempted
/// (`wippy_builder_preemption_tick`).
///
/// Errors: as `wippy_dispatcher_turn`.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_dispatcher_turn_within(
    dispatcher: wippy_dispatcher,
    budget: u64,
    timeout: i64,
    turn: Option<&mut MaybeUninit<wippy_turn>>,
) -> wippy_status {
    let budget = TurnBudget::new(Duration::from_nanos(budget));
    guarded(|| take_turn(dispatcher, turn, |it| it.turn_within(budget, wait(timeout))))
}

fn wait(timeout: i64) -> Option<Duration> {
    u64::try_from(timeout).ok().map(Duration::from_nanos)
}

fn take_turn(
    dispatcher: wippy_dispatcher,
    out: Option<&mut MaybeUninit<wippy_turn>>,
    turn: impl FnOnce(&Dispatcher) -> Result<Turn, Error>,
) -> Result<(), Failure> {
    let object = dispatcher.get()?;
    if object.in_turn.replace(true) {
        return Err(Error::Reentrant.into());
    }
    let _in_turn = InTurn(&object.in_turn);
    let did = turn(&object.dispatcher)?;
    if let Some(out) = out {
        out.write(wippy_turn {
            ran: did.ran as u64,
            runnable: did.runnable as u64,
            next_deadline: until(&object.dispatcher, did.next_deadline)?,
        });
    }
    Ok(())
}

/// Sets it to false when it is dropped.
struct InTurn<'a>(&'a Cell<bool>);

impl Drop for InTurn<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Nanoseconds from now.
fn until(dispatcher: &Dispatcher, deadline: Option<Instant>) -> Result<i64, Failure> {
    let Some(deadline) = deadline else {
        return Ok(-1);
    };
    let left = deadline.since(dispatcher.handle().now()?).as_nanos();
    Ok(i64::try_from(left).unwrap_or(i64::MAX))
}

/// A descriptor that is readable when a turn has something to do, deadlines included: for `epoll_wait` and the like, which is
/// followed by `wippy_dispatcher_turn` with a timeout of 0. It belongs to the dispatcher: do not read, write or close it. A call
/// that is started between turns makes it readable, too.
///
/// Errors: SIMULATED, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_dispatcher_fd(
    dispatcher: wippy_dispatcher,
    fd: Option<&mut MaybeUninit<c_int>>,
) -> wippy_status {
    guarded(|| {
        let fd = given(fd, "fd")?;
        fd.write(dispatcher.get()?.dispatcher.as_fd()?.as_raw_fd());
        Ok(())
    })
}

/// In how many nanoseconds the earliest deadline is, 0 where it has passed; -1 where there is none.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_dispatcher_next_deadline(
    dispatcher: wippy_dispatcher,
    nanoseconds: Option<&mut MaybeUninit<i64>>,
) -> wippy_status {
    guarded(|| {
        let nanoseconds = given(nanoseconds, "nanoseconds")?;
        let object = dispatcher.get()?;
        let deadline = object.dispatcher.next_deadline();
        nanoseconds.write(until(&object.dispatcher, deadline)?);
        Ok(())
    })
}

/// The dispatcher's monotonic clock in nanoseconds: virtual time on a simulated one.
///
/// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn wippy_dispatcher_now(
    dispatcher: wippy_dispatcher,
    nanoseconds: Option<&mut MaybeUninit<u64>>,
) -> wippy_status {
    guarded(|| {
        let nanoseconds = given(nanoseconds, "nanoseconds")?;
        nanoseconds.write(dispatcher.get()?.dispatcher.handle().now()?.as_nanos());
        Ok(())
    })
}
