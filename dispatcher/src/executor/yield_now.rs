//! Giving way.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::Error;
use crate::handle::Handle;
use crate::time::sleep::Sleep;

/// A future that is pending once if anybody else can run after a look at I/O and timers: whoever
/// these wake goes first. In a simulation it sleeps for the cost of a yield instead: virtual time
/// stands still while anything can run, so a task that spins until a deadline would otherwise never
/// see it.
#[must_use = "a yield does nothing until it is awaited"]
pub struct YieldNow {
    handle: Handle,
    state: State,
}

enum State {
    New,
    Yielded,
    Sleeping(Sleep),
}

impl YieldNow {
    pub(crate) fn new(handle: Handle) -> YieldNow {
        YieldNow {
            handle,
            state: State::New,
        }
    }
}

impl Future for YieldNow {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if let State::New = self.state {
            let core = match self.handle.core() {
                Ok(core) => core,
                Err(error) => return Poll::Ready(Err(error)),
            };
            match core.simulation() {
                Some(simulation) => {
                    let until = core.clock.now() + simulation.yield_cost;
                    self.state = State::Sleeping(self.handle.sleep_until(until));
                }
                None => {
                    self.state = State::Yielded;
                    match self.handle.shared().is_alone(&core) {
                        Ok(true) => return Poll::Ready(Ok(())),
                        Ok(false) => {}
                        Err(error) => return Poll::Ready(Err(error)),
                    }
                    // Cloning may run code of the waker's owner: nothing is borrowed meanwhile.
                    let waker = cx.waker().clone();
                    core.yielded.borrow_mut().push_back(waker);
                    if !core.in_turn.get() {
                        self.handle.shared().notify();
                    }
                    return Poll::Pending;
                }
            }
        }
        match &mut self.state {
            State::Sleeping(sleep) => Pin::new(sleep).poll(cx),
            State::New | State::Yielded => Poll::Ready(Ok(())),
        }
    }
}
