//! The answer that a guest waits for.

use std::mem::replace;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use serde_json::Value;

/// The answer that a guest waits for: a result, or the text of its trap.
#[derive(Default)]
pub(crate) struct Reply(Mutex<State>);

enum State {
    Waiting(Option<Waker>),
    Answered(Result<Value, String>),
}

impl Default for State {
    fn default() -> State {
        State::Waiting(None)
    }
}

impl Reply {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives it. The first counts.
    pub fn answer(&self, answer: Result<Value, String>) {
        let before = match &mut *self.lock() {
            State::Answered(_) => return,
            waiting => replace(waiting, State::Answered(answer)),
        };
        if let State::Waiting(Some(waker)) = before {
            waker.wake();
        }
    }

    /// Takes it, once.
    pub fn poll(&self, context: &mut Context<'_>) -> Poll<Result<Value, String>> {
        let mut state = self.lock();
        match replace(&mut *state, State::Waiting(None)) {
            State::Answered(answer) => Poll::Ready(answer),
            State::Waiting(_) => {
                *state = State::Waiting(Some(context.waker().clone()));
                Poll::Pending
            }
        }
    }
}
