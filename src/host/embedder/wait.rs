//! Whether a host function has waited.

use std::future::{Future, poll_fn};
use std::pin::pin;

/// The future's output; `waited` is set where it was pending. A guest whose function has waited has let
/// others run, and one whose function was ready at once has not.
pub(super) async fn noting<F: Future>(waited: &mut bool, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        *waited |= polled.is_pending();
        polled
    })
    .await
}
