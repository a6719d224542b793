//! Informational responses of a handler, such as `103 Early Hints`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use super::response_encoder::{BadResponse, ResponseRules, write_informational};
use crate::http::fields::Fields;

/// How many wait to be written.
const WAITING_MAX: usize = 16;

/// Sends informational responses before the final one. Any thread may have it.
#[derive(Clone, Debug)]
pub struct Informational(Arc<Mutex<Queue>>);

#[derive(Default, Debug)]
struct Queue {
    waiting: Vec<(u16, Fields)>,
    /// No more are taken: the response has begun.
    is_closed: bool,
    waker: Option<Waker>,
}

/// Why an informational response is not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InformationalError {
    /// The status is not 100 or one of 102 to 199.
    #[error("{0} is not the status of an informational response")]
    Status(u16),
    /// The final response has begun, or the request has ended.
    #[error("the response has begun already")]
    TooLate,
    /// So many wait already: the client does not read them.
    #[error("{WAITING_MAX} informational responses wait to be written")]
    Full,
}

impl Informational {
    pub(super) fn new() -> Informational {
        Informational(Arc::default())
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends one. To a client of HTTP/1.0, which knows none, it is not written.
    ///
    /// # Errors
    /// [`InformationalError`].
    pub fn send(&self, status: u16, fields: Fields) -> Result<(), InformationalError> {
        if !(100..=199).contains(&status) || status == 101 {
            return Err(InformationalError::Status(status));
        }
        let waker = {
            let mut queue = self.lock();
            if queue.is_closed {
                return Err(InformationalError::TooLate);
            }
            if queue.waiting.len() >= WAITING_MAX {
                return Err(InformationalError::Full);
            }
            queue.waiting.push((status, fields));
            queue.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// Whether some wait; if not, `cx` is woken when there are.
    pub(super) fn poll(&self, cx: &Context<'_>) -> bool {
        if Arc::strong_count(&self.0) == 1 {
            // Nobody can send any.
            return false;
        }
        let mut queue = self.lock();
        if queue.waiting.is_empty() {
            queue.waker = Some(cx.waker().clone());
            return false;
        }
        true
    }

    /// Writes those that wait.
    pub(super) fn write(&self, rules: ResponseRules, out: &mut Vec<u8>) {
        let waiting = std::mem::take(&mut self.lock().waiting);
        for (status, fields) in waiting {
            if rules.minor > 0 {
                let written: Result<(), BadResponse> = write_informational(status, &fields, out);
                debug_assert!(written.is_ok(), "checked when it was sent");
            }
        }
    }

    /// Takes no more.
    pub(super) fn close(&self) {
        let mut queue = self.lock();
        queue.is_closed = true;
        queue.waker = None;
    }
}
