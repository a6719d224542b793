//! Yielding to other tasks.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::Error;
use crate::handle::Handle;
use crate::time::sleep::Sleep;
use crate::time::timer_heap::DeadlineKind;

impl Handle {
    /// Lets all other runnable tasks go first and the driver look at I/O and timers.
    ///
    /// # Errors
    /// The future gives `Io` (the driver), `WrongThread` or `Closed`.
    pub fn yield_now(&self) -> YieldNow {
        YieldNow {
            handle: self.clone(),
            state: State::New,
            was_long: false,
        }
    }

    /// The same for a task that has kept the thread for long, such as a millisecond: the turn ends with it,
    /// so that the driver looks at I/O and timers before another task runs, and of all tasks that yield
    /// in this way one a turn goes on, behind those that the look wakes.
    ///
    /// # Errors
    /// As [`Handle::yield_now`].
    pub fn yield_long(&self) -> YieldNow {
        YieldNow {
            was_long: true,
            ..self.yield_now()
        }
    }
}

/// A future that is pending once if any other task can run after a look at I/O and timers; those
/// that this look wakes run first.
///
/// In a simulation it sleeps for the cost of a yield instead: virtual time stands still while any
/// task can run, so a task that spins until a deadline would otherwise never see it come.
///
/// ```
/// use wippy_dispatcher::Dispatcher;
///
/// let dispatcher = Dispatcher::new()?;
/// dispatcher.block_on(dispatcher.handle().yield_now())??;
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[must_use = "a yield does nothing until it is awaited"]
pub struct YieldNow {
    handle: Handle,
    state: State,
    /// The task has kept the thread for long.
    was_long: bool,
}

enum State {
    New,
    Yielded,
    Sleeping(Sleep),
}

impl YieldNow {
    /// The first poll: where there is nothing to wait for it completes, otherwise it leaves the
    /// state that the next poll continues with.
    fn start(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let core = self.handle.core()?;
        if let Some(cost) = core.driver.yield_cost() {
            core.executor.has_yielded();
            let end = self.handle.now()? + cost;
            let mut sleep = Sleep::new(self.handle.clone(), DeadlineKind::Yield, end);
            let polled = Pin::new(&mut sleep).poll(cx);
            self.state = State::Sleeping(sleep);
            return polled;
        }
        self.state = State::Yielded;
        let shared = self.handle.shared();
        if core.can_skip_yield(|| shared.has_remote_work())? {
            return Poll::Ready(Ok(()));
        }
        // Cloning may run code of the waker's owner: nothing is borrowed meanwhile.
        let waker = cx.waker().clone();
        match self.was_long {
            true => core.yield_long(waker),
            false => core.yielded.borrow_mut().push_back(waker),
        }
        if !core.in_turn.get() {
            shared.notify();
        }
        Poll::Pending
    }
}

impl fmt::Debug for YieldNow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::New => "new",
            State::Yielded => "yielded",
            State::Sleeping(_) => "sleeping",
        };
        f.debug_tuple("YieldNow").field(&state).finish()
    }
}

impl Future for YieldNow {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        match &mut self.state {
            State::New => self.start(cx),
            State::Sleeping(sleep) => Pin::new(sleep).poll(cx),
            State::Yielded => Poll::Ready(Ok(())),
        }
    }
}
