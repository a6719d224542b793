//! Running code of a waker's owner: waking, and dropping what it has left here.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Wakes. Any code may run meanwhile: nothing of the dispatcher's is borrowed or locked by the
/// caller. A panic of that code ends here, once the panic hook has reported it: it concerns neither
/// those who are woken after this one, nor whoever happens to do the waking.
pub(crate) fn wake(waker: Waker) {
    contain(|| waker.wake());
}

/// Drops a waker, or what holds one, in the same way.
pub(crate) fn discard<T>(value: T) {
    contain(|| drop(value));
}

fn contain(run: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(run)) {
        // Dropping the payload could panic again.
        std::mem::forget(payload);
    }
}
