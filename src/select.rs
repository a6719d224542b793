//! Waiting for the first of two futures.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// The output of whichever future completed first.
#[derive(Debug)]
pub(crate) enum Either<A, B> {
    /// Of the first argument; it is preferred when both are ready.
    Left(A),
    /// Of the second one.
    Right(B),
}

/// Waits for the first of two futures and drops the other.
pub(crate) async fn select<A, B>(left: A, right: B) -> Either<A::Output, B::Output>
where
    A: Future,
    B: Future,
{
    let (mut left, mut right) = (pin!(left), pin!(right));
    poll_fn(|cx| {
        if let Poll::Ready(output) = left.as_mut().poll(cx) {
            return Poll::Ready(Either::Left(output));
        }
        right.as_mut().poll(cx).map(Either::Right)
    })
    .await
}
