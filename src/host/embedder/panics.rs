//! Panics of host functions as traps.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use wasmtime::{Result, format_err};

use crate::activity::HostFunction;
use crate::host::panics::guard;

/// What a function gives, or a trap that names it and says what it panicked with.
///
/// # Errors
/// The function's own, and its panic.
pub(super) fn guarded<T>(name: &HostFunction, function: impl FnOnce() -> Result<T>) -> Result<T> {
    let panicked = |panic| Err(format_err!("the host function {name} panicked: {panic}"));
    guard(function).unwrap_or_else(panicked)
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
        let panicked = |panic| Poll::Ready(Err(format_err!("a host function panicked: {panic}")));
        guard(|| future.as_mut().poll(cx)).unwrap_or_else(panicked)
    })
    .await
}
