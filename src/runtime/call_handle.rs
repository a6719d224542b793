//! A call that was started, for whoever does not wait for it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use wippy_dispatcher::{Cancelled, Error, Handle, Task};

use super::error::{CallError, CallErrorKind};

/// A call that was started, and runs as a task while its dispatcher turns. It is asked with
/// [`Call::poll`], which needs no waker, or awaited: it is the future of the call's result, too.
/// Dropping it cancels the call. It belongs to its dispatcher's thread.
///
/// ```
/// use std::time::Duration;
/// use wippy::{Arguments, CallOptions, Entry, Program, Runtime};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let text = r#"(module (func (export "one") (result i32) (i32.const 1)))"#;
/// let program = Program::builder().entry(Entry::function("app:one").bytes(text)).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// let mut call = runtime.start("app:one", CallOptions::new(), Arguments::Wave(""))?;
/// let result = loop {
///     dispatcher.turn(Some(Duration::from_millis(10)))?;
///     if let Some(result) = call.poll() {
///         break result;
///     }
/// };
/// assert_eq!(result?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping a call cancels it"]
pub struct Call<T = serde_json::Value> {
    /// The entry's name as it was asked for.
    name: String,
    /// None once the result is given.
    task: Option<Task<Result<T, CallError>>>,
}

impl<T: 'static> Call<T> {
    /// Starts it.
    ///
    /// # Errors
    /// `Dispatcher` where there is no room for a task.
    pub(super) fn spawn(
        handle: &Handle,
        name: &str,
        call: impl Future<Output = Result<T, CallError>> + 'static,
    ) -> Result<Call<T>, CallError> {
        let task = handle.spawn(call);
        Ok(Call {
            name: name.to_owned(),
            task: Some(task.map_err(|error| CallErrorKind::Dispatcher(error).of(name))?),
        })
    }
}

impl<T> Call<T> {
    /// The result, if there is one by now: once, and `None` before and afterwards. It runs nothing:
    /// the call goes on while its dispatcher turns.
    pub fn poll(&mut self) -> Option<Result<T, CallError>> {
        match self.poll_task(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }

    /// Whether its result can be had now. Not once it was given.
    pub fn is_finished(&self) -> bool {
        self.task.as_ref().is_some_and(Task::is_finished)
    }

    /// Ends it: its guest is dropped at the dispatcher's next turn, and frees what it holds.
    pub fn cancel(self) {}

    fn poll_task(&mut self, context: &mut Context<'_>) -> Poll<Result<T, CallError>> {
        let Some(task) = &mut self.task else {
            return Poll::Pending;
        };
        let polled = Pin::new(task).poll(context);
        if polled.is_ready() {
            self.task = None;
        }
        polled.map(|ended| match ended {
            Ok(result) => result,
            // Nobody else can cancel it.
            Err(Cancelled) => Err(CallErrorKind::Dispatcher(Error::Closed).of(&self.name)),
        })
    }
}

/// The result, once: it stays pending if it is polled again.
impl<T> Future for Call<T> {
    type Output = Result<T, CallError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_task(context)
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("name", &self.name)
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}
