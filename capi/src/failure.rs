//! Why a function of the library answers anything but success.

use wippy::{CallErrorKind, EntryError, ModuleError};
use wippy_dispatcher::Error;

use crate::status::{wippy_error_kind, wippy_status};

/// Why a function answers anything but success.
#[derive(Debug)]
pub(crate) struct Failure {
    pub status: wippy_status,
    pub message: String,
}

impl Failure {
    pub fn new(status: wippy_status, message: impl Into<String>) -> Failure {
        Failure {
            status,
            message: message.into(),
        }
    }

    /// An argument that cannot be used.
    pub fn argument(message: impl Into<String>) -> Failure {
        Failure::new(wippy_status::InvalidArgument, message)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::from(&error)
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Failure {
        let status = match error {
            Error::WrongThread => wippy_status::WrongThread,
            Error::Closed => wippy_status::Closed,
            Error::Reentrant => wippy_status::Busy,
            Error::Simulated(_) => wippy_status::Simulated,
            Error::Deadlock { .. } => wippy_status::Deadlock,
            Error::Io(_) => wippy_status::Io,
            Error::OtherDispatcher => wippy_status::InvalidArgument,
            _ => wippy_status::TooMany,
        };
        Failure::new(status, error.to_string())
    }
}

impl From<EntryError> for Failure {
    fn from(error: EntryError) -> Failure {
        Failure::new(wippy_status::InvalidEntry, error.to_string())
    }
}

impl From<ModuleError> for Failure {
    fn from(error: ModuleError) -> Failure {
        match error {
            ModuleError::Dispatcher(error) => Failure::from(&*error),
            error => Failure::new(wippy_status::Engine, error.to_string()),
        }
    }
}

/// What C is told of a failed call.
pub fn error_kind(kind: &CallErrorKind) -> wippy_error_kind {
    match kind {
        CallErrorKind::Lookup(_)
        | CallErrorKind::NotCallable(_)
        | CallErrorKind::NotAProcess(_)
        | CallErrorKind::NoIncomingHandler => wippy_error_kind::Lookup,
        CallErrorKind::Module(_) => wippy_error_kind::Module,
        CallErrorKind::Value(_)
        | CallErrorKind::Payload(_)
        | CallErrorKind::Result(_)
        | CallErrorKind::Count { .. }
        | CallErrorKind::Type { .. }
        | CallErrorKind::Untyped(_) => wippy_error_kind::Value,
        CallErrorKind::PoolFull => wippy_error_kind::PoolFull,
        CallErrorKind::Env(_)
        | CallErrorKind::Mount { .. }
        | CallErrorKind::NoFilesystem { .. }
        | CallErrorKind::Certificates(_) => wippy_error_kind::Environment,
        CallErrorKind::Exit(_) => wippy_error_kind::Exit,
        CallErrorKind::DeadlineExceeded => wippy_error_kind::DeadlineExceeded,
        CallErrorKind::Trap(_) => wippy_error_kind::Trap,
        CallErrorKind::Dispatcher(_) | CallErrorKind::Stdio(_) => wippy_error_kind::Dispatcher,
        CallErrorKind::InstanceBusy | CallErrorKind::InstanceDead(_) | CallErrorKind::MayWait => {
            wippy_error_kind::Instance
        }
        _ => wippy_error_kind::Other,
    }
}
