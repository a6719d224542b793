//! A value that is made once, however many wait for it.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use wippy_dispatcher::{Event, Handle};

/// Empty, being made by a task of its own, or made. Whoever waits may go away at any time; the
/// making goes on. A failure is given to all who waited for it, and who asks after it tries anew.
pub(crate) struct Once<T, E> {
    state: Rc<RefCell<State<T, E>>>,
}

enum State<T, E> {
    Empty,
    Making(Rc<Attempt<E>>),
    Made(T),
}

/// A making, and why it failed, once it has ended.
struct Attempt<E> {
    ended: Event,
    failure: RefCell<Option<E>>,
}

impl<T, E> Default for Once<T, E> {
    fn default() -> Once<T, E> {
        Once {
            state: Rc::new(RefCell::new(State::Empty)),
        }
    }
}

impl<T, E> Once<T, E>
where
    T: Clone + 'static,
    E: Clone + From<wippy_dispatcher::Error> + 'static,
{
    /// The value, made by `make` if nobody has begun.
    ///
    /// # Errors
    /// What `make` gives, or the dispatcher's.
    pub(crate) async fn get<M, F>(&self, handle: &Handle, make: M) -> Result<T, E>
    where
        M: FnOnce() -> F,
        F: Future<Output = Result<T, E>> + 'static,
    {
        let under_way = match &*self.state.borrow() {
            State::Made(value) => return Ok(value.clone()),
            State::Making(attempt) => Some(attempt.clone()),
            State::Empty => None,
        };
        let attempt = match under_way {
            Some(attempt) => attempt,
            None => self.begin(handle, make())?,
        };
        attempt.ended.wait().await?;
        if let Some(failure) = &*attempt.failure.borrow() {
            return Err(failure.clone());
        }
        match &*self.state.borrow() {
            State::Made(value) => Ok(value.clone()),
            State::Empty | State::Making(_) => Err(wippy_dispatcher::Error::Closed.into()),
        }
    }

    fn begin<F>(&self, handle: &Handle, making: F) -> Result<Rc<Attempt<E>>, E>
    where
        F: Future<Output = Result<T, E>> + 'static,
    {
        let attempt = Rc::new(Attempt {
            ended: Event::new(handle)?,
            failure: RefCell::new(None),
        });
        let (state, own) = (self.state.clone(), attempt.clone());
        let task = handle.spawn(async move {
            let made = match making.await {
                Ok(value) => State::Made(value),
                Err(error) => {
                    own.failure.replace(Some(error));
                    State::Empty
                }
            };
            state.replace(made);
            own.ended.set();
        })?;
        self.state.replace(State::Making(attempt.clone()));
        task.detach();
        Ok(attempt)
    }
}
