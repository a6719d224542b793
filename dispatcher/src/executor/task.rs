//! The owner's end of a spawned task.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_task::FallibleTask;

use crate::executor::tasks::Meta;

/// The task was cancelled, by its dispatcher's end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the task was cancelled")]
pub struct Cancelled;

/// A running task. Awaiting it gives its output, and its panic if it panicked. Dropping it cancels
/// the task: its future is dropped at the dispatcher's next turn.
#[must_use = "dropping a task cancels it; detach() lets it run on"]
pub struct Task<T>(FallibleTask<T, Meta>);

impl<T> Task<T> {
    pub(crate) fn new(task: async_task::Task<T, Meta>) -> Task<T> {
        Task(task.fallible())
    }

    /// Lets it run on by itself.
    pub fn detach(self) {
        self.0.detach();
    }

    /// Cancels it and waits until its future is dropped. Gives the output of a task that had
    /// finished before.
    pub async fn cancel(self) -> Option<T> {
        self.0.cancel().await
    }

    /// Whether it has an output.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, Cancelled>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Cancelled>> {
        Pin::new(&mut self.0)
            .poll(cx)
            .map(|output| output.ok_or(Cancelled))
    }
}
