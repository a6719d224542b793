//! Who is told when a timer is due or a source is ready.

use std::task::Waker;

use crate::core::Core;
use crate::executor::wake::wake;

/// A waker of its own, or one member of a `WaitSet` that notes which member fired.
pub(crate) enum Listener {
    Waker(Waker),
    Set { set: usize, tag: u32 },
}

impl Listener {
    /// Tells it, once. Foreign wakers may run any code: no borrow of the core is held here, and their
    /// panics stop nobody from being told.
    pub(crate) fn notify(self, core: &Core) {
        let waker = match self {
            Listener::Waker(waker) => Some(waker),
            Listener::Set { set, tag } => core.sets.borrow_mut().fire(set, tag),
        };
        if let Some(waker) = waker {
            core.told.set(true);
            wake(waker);
        }
    }
}
