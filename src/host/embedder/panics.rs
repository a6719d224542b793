//! Panics of host functions as traps.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

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

/// Calls a function. Where it `may_panic`, as of [`poll_caught`], a panic is a trap.
///
/// # Errors
/// The function's own, and its panic.
pub(crate) fn call_caught<T>(may_panic: bool, function: impl FnOnce() -> Result<T>) -> Result<T> {
    if !may_panic {
        return function();
    }
    guard(function).unwrap_or_else(|panic| Err(format_err!("a host function panicked: {panic}")))
}

/// Polls a future. Where it `may_panic`, because it calls functions of the embedder's that nothing guards
/// by name, a panic is a trap; then it must not be polled again. It is polled in place: to be a future by
/// itself, it would move the other one, which is large.
///
/// # Errors
/// The future's own, and its panic.
pub(crate) fn poll_caught<T>(
    future: Pin<&mut impl Future<Output = Result<T>>>,
    may_panic: bool,
    cx: &mut Context<'_>,
) -> Poll<Result<T>> {
    if !may_panic {
        return future.poll(cx);
    }
    let panicked = |panic| Poll::Ready(Err(format_err!("a host function panicked: {panic}")));
    guard(|| future.poll(cx)).unwrap_or_else(panicked)
}
