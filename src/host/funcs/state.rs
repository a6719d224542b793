//! How a guest reaches the other functions of its project.

use std::fmt;
use std::sync::Arc;

use wippy_dispatcher::{Instant, Task};

use crate::host::view::View;

/// What goes into a function by `funcs`, and what comes out of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payload {
    /// Of `call-string`, or a result that is no list of bytes.
    Text(String),
    /// Of `call-bytes`, or a result that is a list of bytes.
    Bytes(Vec<u8>),
}

impl Payload {
    /// Its length in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Payload::Text(text) => text.len(),
            Payload::Bytes(bytes) => bytes.len(),
        }
    }

    /// As text.
    ///
    /// # Errors
    /// When bytes are no UTF-8.
    pub(crate) fn into_text(self) -> Result<String, String> {
        match self {
            Payload::Text(text) => Ok(text),
            Payload::Bytes(bytes) => String::from_utf8(bytes)
                .map_err(|_| "the bytes are not UTF-8; use call-bytes".to_owned()),
        }
    }

    /// As bytes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self {
            Payload::Text(text) => text.into_bytes(),
            Payload::Bytes(bytes) => bytes,
        }
    }
}

/// Calls functions of the project for one guest.
pub trait EntryCaller: Send + Sync {
    /// Starts a call of the function that `target` names. It ends at `deadline` at the latest.
    /// Dropping the task ends it at the dispatcher's next turn.
    ///
    /// # Errors
    /// What the guest is told where there is no such function, or no room for the call.
    fn call(
        &self,
        target: &str,
        input: Payload,
        deadline: Option<Instant>,
    ) -> Result<Task<Result<Payload, String>>, String>;
}

/// What is `wippy:runtime`'s own of a call.
#[derive(Clone, Default)]
pub struct FuncsState {
    /// `None` where the entry may not call, or there is no project.
    pub(crate) caller: Option<Arc<dyn EntryCaller>>,
}

/// What the functions of `wippy:runtime` work on.
pub type FuncsView<'a> = View<'a, FuncsState>;

impl fmt::Debug for FuncsState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FuncsState")
            .field("can_call", &self.caller.is_some())
            .finish()
    }
}
