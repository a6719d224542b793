//! Waiting until nothing else can run.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::Error;
use crate::handle::Handle;

impl Handle {
    /// Waits until no task can run and the dispatcher would wait: for work that only prepares
    /// something. One that waits so is woken at a time, and then everything else goes first again.
    ///
    /// # Errors
    /// The future gives `WrongThread` or `Closed`.
    pub fn idle(&self) -> Idle {
        Idle {
            handle: self.clone(),
            waits: false,
        }
    }
}

/// A future that is pending once, until nothing else can run. A dispatcher does not wait for I/O or
/// deadlines while somebody waits for this, and virtual time does not move; a dispatcher that always
/// has something to do never completes it.
///
/// ```
/// use wippy_dispatcher::Dispatcher;
///
/// let dispatcher = Dispatcher::new()?;
/// let handle = dispatcher.handle();
/// let order = std::cell::RefCell::new(Vec::new());
/// dispatcher.block_on(async {
///     let other = handle.spawn(async { "the other task" })?;
///     handle.idle().await?;
///     order.borrow_mut().push(other.is_finished());
///     Ok::<(), wippy_dispatcher::Error>(())
/// })??;
/// assert_eq!(order.into_inner(), [true]);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[must_use = "it does nothing until it is awaited"]
pub struct Idle {
    handle: Handle,
    waits: bool,
}

impl fmt::Debug for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idle")
            .field("waits", &self.waits)
            .finish_non_exhaustive()
    }
}

impl Future for Idle {
    type Output = Result<(), Error>;

    /// Any wake completes it: who wakes it for another reason has something to do.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let core = self.handle.core()?;
        if self.waits {
            return Poll::Ready(Ok(()));
        }
        self.waits = true;
        // Cloning may run code of the waker's owner: nothing is borrowed meanwhile.
        let waker = cx.waker().clone();
        core.driver.registered(&waker);
        core.idle.borrow_mut().push_back(waker);
        if !core.in_turn.get() {
            self.handle.shared().notify();
        }
        Poll::Pending
    }
}
