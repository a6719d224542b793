//! A value that is made once, however many wait for it.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use wippy_dispatcher::{Handle, Signal};

/// Empty, being made by a task of its own, or made. Whoever waits may go away at any time; the
/// making goes on. A failure is given to those who waited for it, and the next asker tries anew.
pub(crate) struct Once<T> {
    state: Rc<RefCell<State<T>>>,
}

enum State<T> {
    Empty,
    Making(Signal),
    Made(T),
}

impl<T> Default for Once<T> {
    fn default() -> Once<T> {
        Once {
            state: Rc::new(RefCell::new(State::Empty)),
        }
    }
}

impl<T: Clone + 'static> Once<T> {
    /// The value, made by `make` if nobody has begun.
    ///
    /// # Errors
    /// What `make` gives, or the dispatcher's.
    pub(crate) async fn get<E, M, F>(&self, handle: &Handle, make: M) -> Result<T, E>
    where
        E: Clone + From<wippy_dispatcher::Error> + 'static,
        M: FnOnce() -> F,
        F: Future<Output = Result<T, E>> + 'static,
    {
        loop {
            let made = match &*self.state.borrow() {
                State::Made(value) => return Ok(value.clone()),
                State::Making(made) => made.clone(),
                State::Empty => break,
            };
            // A failed attempt leaves it empty: then this asker makes it itself.
            made.wait().await?;
        }
        self.make(handle, make()).await
    }

    async fn make<E, F>(&self, handle: &Handle, making: F) -> Result<T, E>
    where
        E: Clone + From<wippy_dispatcher::Error> + 'static,
        F: Future<Output = Result<T, E>> + 'static,
    {
        let made = Signal::new(handle)?;
        let failure = Rc::new(RefCell::new(None));
        let (state, told, signal) = (self.state.clone(), failure.clone(), made.clone());
        let task = handle.spawn(async move {
            let result = making.await;
            *state.borrow_mut() = match result {
                Ok(value) => State::Made(value),
                Err(error) => {
                    *told.borrow_mut() = Some(error);
                    State::Empty
                }
            };
            signal.set();
        })?;
        *self.state.borrow_mut() = State::Making(made.clone());
        task.detach();
        made.wait().await?;
        if let State::Made(value) = &*self.state.borrow() {
            return Ok(value.clone());
        }
        let failure = failure.borrow_mut().take();
        Err(failure.unwrap_or_else(|| wippy_dispatcher::Error::Closed.into()))
    }
}
