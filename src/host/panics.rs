//! Panics of an embedder's functions, which end the call that they belong to and nothing else.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a function of the embedder's gives, or what it panicked with. The panic hook has reported it by
/// then. What it has left half done is dropped with the call, except for what it shares with others, which
/// is the embedder's to keep whole.
///
/// # Errors
/// What the panic says.
pub(super) fn guard<T>(function: impl FnOnce() -> T) -> Result<T, String> {
    let result = catch_unwind(AssertUnwindSafe(function));
    result.map_err(|panic| message(&*panic).to_owned())
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it says nothing")
}
