//! Panics of an embedder's functions, which end the call that they belong to and nothing else.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use wasmtime::{Result, format_err};

use crate::activity::HostFunction;

/// What a function gives, or a trap that names it and says what it panicked with. The panic hook has
/// reported it by then. What it has left half done is dropped with the call, except for what it shares
/// with others, which is the embedder's to keep whole.
///
/// # Errors
/// The function's own, and its panic.
pub(super) fn guarded<T>(name: &HostFunction, function: impl FnOnce() -> Result<T>) -> Result<T> {
    let result = catch_unwind(AssertUnwindSafe(function));
    result.unwrap_or_else(|panic| {
        let text = message(&*panic);
        Err(format_err!("the host function {name} panicked: {text}"))
    })
}

/// The future's output. Where it `may_panic`, because it calls functions of the embedder's that nothing
/// guards by name, a panic is a trap.
///
/// # Errors
/// The future's own, and its panic.
pub(crate) async fn caught<T>(
    future: impl Future<Output = Result<T>>,
    may_panic: bool,
) -> Result<T> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        if !may_panic {
            return future.as_mut().poll(cx);
        }
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        polled.unwrap_or_else(|panic| {
            let text = message(&*panic);
            Poll::Ready(Err(format_err!("a host function panicked: {text}")))
        })
    })
    .await
}

/// What a panic says.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it says nothing")
}
