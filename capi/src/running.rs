//! A call that was started, and what it ended with.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use serde_json::Value;
use wippy::errors::Exit;
use wippy::{CallError, CallErrorKind, Status};
use wippy_dispatcher::{Handle, Task};

use crate::failure::{Failure, error_kind};
use crate::status::{wippy_call_state, wippy_error_kind};

/// A call that was started, and what it ended with.
pub(crate) enum Running {
    Task(Task<Result<Value, CallError>>),
    Done {
        /// As JSON.
        text: String,
        exit: u8,
    },
    Failed {
        kind: wippy_error_kind,
        message: String,
        /// The status that the guest has ended itself with.
        exit: Option<u8>,
    },
}

impl Running {
    /// Starts a task for it.
    ///
    /// # Errors
    /// `TooMany`, `Closed`.
    pub fn spawn(
        handle: &Handle,
        call: impl Future<Output = Result<Value, CallError>> + 'static,
    ) -> Result<Running, Failure> {
        Ok(Running::Task(handle.spawn(call)?))
    }

    /// How far it is. It runs nothing.
    pub fn poll(&mut self) -> wippy_call_state {
        if let Running::Task(task) = self {
            let polled = Pin::new(task).poll(&mut Context::from_waker(Waker::noop()));
            match polled {
                Poll::Pending => return wippy_call_state::Running,
                Poll::Ready(Ok(result)) => *self = Running::ended(result),
                Poll::Ready(Err(_)) => {
                    let message = "its dispatcher was destroyed before it ended";
                    *self = Running::failed(wippy_error_kind::Dispatcher, message.to_owned());
                }
            }
        }
        match self {
            Running::Task(_) => wippy_call_state::Running,
            Running::Done { .. } => wippy_call_state::Done,
            Running::Failed { .. } => wippy_call_state::Failed,
        }
    }

    /// Ends it, unless it has ended: its guest is dropped at the dispatcher's next turn.
    pub fn cancel(&mut self) {
        if self.poll() == wippy_call_state::Running {
            *self = Running::failed(wippy_error_kind::Cancelled, "it was cancelled".to_owned());
        }
    }

    fn ended(result: Result<Value, CallError>) -> Running {
        match result {
            Ok(value) => Running::Done {
                text: value.to_string(),
                exit: Status::of_value(value).code,
            },
            Err(error) => Running::Failed {
                kind: error_kind(&error.kind),
                message: error.to_string(),
                exit: match error.kind {
                    CallErrorKind::Exit(Exit(status)) => Some(status),
                    _ => None,
                },
            },
        }
    }

    fn failed(kind: wippy_error_kind, message: String) -> Running {
        Running::Failed {
            kind,
            message,
            exit: None,
        }
    }
}
