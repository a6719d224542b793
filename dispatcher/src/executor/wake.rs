//! Waking and dropping wakers. Both may run any code of the waker's owner.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Wakes. The caller holds no borrow and no lock of the dispatcher's, because the waker may call
/// back into it. A panic of the waker ends here, after the panic hook has reported it: neither the
/// wakers that are called next nor the caller should suffer from it.
pub(crate) fn wake(waker: Waker) {
    contain(|| waker.wake());
}

/// Drops a waker, or a value that holds one, under the same rules as [`wake`].
pub(crate) fn discard<T>(value: T) {
    contain(|| drop(value));
}

fn contain(run: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(run)) {
        // Dropping the payload could panic again.
        std::mem::forget(payload);
    }
}
