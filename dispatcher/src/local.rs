//! A value of a dispatcher's thread that other values may refer to from anywhere.

use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use crate::Error;
use crate::handle::Handle;

/// A reference to a value that lives on a dispatcher's thread and need not be `Send`. The reference
/// may be held and dropped on any thread; [`Local::get`] works on the dispatcher's own.
///
/// The value is dropped with its last reference, if that is dropped on the dispatcher's thread, and
/// otherwise with the dispatcher.
///
/// ```
/// use std::rc::Rc;
/// use wippy_dispatcher::{Dispatcher, Error, Local};
///
/// let dispatcher = Dispatcher::new()?;
/// let local = Local::new(&dispatcher.handle(), Rc::new(7))?;
/// assert_eq!(**local.get()?, 7);
/// let elsewhere = std::thread::spawn(move || local.get().err());
/// assert!(matches!(elsewhere.join(), Ok(Some(Error::WrongThread))));
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
pub struct Local<T> {
    entry: Arc<Entry>,
    value: PhantomData<fn() -> T>,
}

/// A value's entry among those of its dispatcher.
struct Entry {
    handle: Handle,
    key: usize,
}

impl<T: 'static> Local<T> {
    /// Hands a value over to a dispatcher.
    ///
    /// # Errors
    /// `TooManyLocals` when the dispatcher has as many as its bound on sources (`Builder::max_sources`)
    /// says; `WrongThread`, `Closed`.
    pub fn new(handle: &Handle, value: T) -> Result<Local<T>, Error> {
        let core = handle.core()?;
        let key = core.locals.add(Rc::new(value))?;
        let handle = handle.clone();
        Ok(Local {
            entry: Arc::new(Entry { handle, key }),
            value: PhantomData,
        })
    }

    /// The value.
    ///
    /// # Errors
    /// `WrongThread` on a thread that is not the dispatcher's, `Closed` when that has ended.
    pub fn get(&self) -> Result<Rc<T>, Error> {
        let core = self.entry.handle.core()?;
        let value = core.locals.get(self.entry.key).ok_or(Error::Closed)?;
        // The key is only ever given out with the type of its value.
        value.downcast().map_err(|_| Error::Closed)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Ok(core) = self.handle.core() {
            // It is dropped when nothing is borrowed: that may run any code.
            let value = core.locals.remove(self.key);
            drop(value);
        }
    }
}

impl<T> Clone for Local<T> {
    fn clone(&self) -> Local<T> {
        Local {
            entry: self.entry.clone(),
            value: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Local<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").finish_non_exhaustive()
    }
}
