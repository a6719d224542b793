//! A value that any thread may hold and only one may use.
#![allow(unsafe_code)]

use std::cell::{Cell, UnsafeCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Error;

/// This thread's number: unique in the process, never reused, readable in thread-local destructors.
fn this_thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static ID: Cell<u64> = const { Cell::new(0) };
    }
    ID.with(|id| match id.get() {
        0 => {
            let fresh = NEXT.fetch_add(1, Ordering::Relaxed);
            id.set(fresh);
            fresh
        }
        known => known,
    })
}

/// A cell over an `Rc` that is `Send + Sync` because it gives the `Rc` out on its own thread only.
///
/// The owner must [`take`](ThreadBound::take) the value on its thread before the last reference to
/// the cell can be dropped elsewhere.
pub(crate) struct ThreadBound<T> {
    owner: u64,
    value: UnsafeCell<Option<Rc<T>>>,
}

// SAFETY: `value` is read and written only in `get_own`, `take` and `set`, each of which first
// compares the calling thread with `owner`; thread numbers are never reused, so at most one thread
// in the life of the process ever touches it. The remaining access is the drop of the cell:
// `Dispatcher` owns a reference to the cell, is `!Send`, and takes the value in its own `Drop`, so
// that whoever drops the cell last finds `None`.
unsafe impl<T> Send for ThreadBound<T> {}
// SAFETY: as above; shared references give no access to `value` off the owner's thread.
unsafe impl<T> Sync for ThreadBound<T> {}

impl<T> ThreadBound<T> {
    /// An empty cell that belongs to the calling thread.
    pub(crate) fn empty() -> ThreadBound<T> {
        ThreadBound {
            owner: this_thread(),
            value: UnsafeCell::new(None),
        }
    }

    /// Whether the calling thread is the owner.
    pub(crate) fn is_owner(&self) -> bool {
        self.owner == this_thread()
    }

    /// The value; `WrongThread` off its thread, `Closed` after `take`.
    pub(crate) fn get(&self) -> Result<Rc<T>, Error> {
        match self.get_own() {
            Some(value) => Ok(value),
            None if self.is_owner() => Err(Error::Closed),
            None => Err(Error::WrongThread),
        }
    }

    /// The same without a reason: errors are larger than what is fetched here at each wake.
    pub(crate) fn get_own(&self) -> Option<Rc<T>> {
        if !self.is_owner() {
            return None;
        }
        // SAFETY: on the owner's thread, and no reference outlives this statement: cloning an
        // `Rc` runs no foreign code.
        unsafe { (*self.value.get()).clone() }
    }

    /// Puts the value in. Does nothing off the owner's thread.
    pub(crate) fn set(&self, value: Rc<T>) {
        if self.is_owner() {
            // SAFETY: on the owner's thread; the old value is moved out before it is dropped.
            let old = unsafe { (*self.value.get()).replace(value) };
            drop(old);
        }
    }

    /// Takes the value out for good. `None` off the owner's thread.
    pub(crate) fn take(&self) -> Option<Rc<T>> {
        if !self.is_owner() {
            return None;
        }
        // SAFETY: on the owner's thread; `Option::take` runs no foreign code.
        unsafe { (*self.value.get()).take() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_sees_the_value() {
        let cell = ThreadBound::empty();
        cell.set(Rc::new(7));
        assert_eq!(*cell.get().expect("own thread"), 7);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert!(matches!(cell.get(), Err(Error::WrongThread)));
                assert!(cell.take().is_none());
            });
        });
        assert!(cell.take().is_some());
        assert!(matches!(cell.get(), Err(Error::Closed)));
    }
}
