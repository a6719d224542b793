//! What whoever calls an entry decides about one call.

use std::sync::Arc;

use wippy_dispatcher::{Handle, Instant};

use super::chain::CallChain;
use super::error::CallErrorKind;
use crate::activity::CallRecord;
use crate::host::stdio::Stdio;
use crate::select::{Either, select};

/// What whoever calls an entry decides about one call.
///
/// ```
/// use std::time::Duration;
/// use wippy::{Arguments, CallErrorKind, CallOptions, Entry, Program, Runtime};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let text = r#"(module (func (export "spin") (loop $on br $on)))"#;
/// let entry = Entry::function("file:spin").bytes(text);
/// let handle = dispatcher.handle();
/// let program = Program::builder().entry(entry).build()?;
/// let runtime = Runtime::on(handle.clone(), program)?;
/// let options = CallOptions::new().deadline(handle.now()? + Duration::from_millis(20));
/// let call = runtime.call_with("file:spin", options, Arguments::Wave(""));
/// let error = dispatcher.block_on(call)?.unwrap_err();
/// assert!(matches!(error.kind, CallErrorKind::DeadlineExceeded));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    pub(super) stdio: Option<Stdio>,
    /// Whose the log lines are where there are no streams; the entry's own otherwise.
    pub(super) logged_as: Option<Arc<str>>,
    pub(super) deadline: Option<Instant>,
    /// What the guest's arguments are where its entry fixes none.
    pub(super) argv: Vec<String>,
    /// The calls that this one is part of.
    pub(super) chain: CallChain,
    /// The call whose guest makes this one.
    pub(super) caller: Option<u64>,
    /// What says what the call is doing, once it has begun.
    pub(super) record: Option<Arc<CallRecord>>,
}

impl CallOptions {
    /// No deadline; the guest's standard output and error become log lines.
    pub fn new() -> CallOptions {
        CallOptions::default()
    }

    /// The guest's standard streams.
    pub fn stdio(mut self, stdio: Stdio) -> CallOptions {
        self.stdio = Some(stdio);
        self
    }

    /// When the call ends at the latest, on its dispatcher's clock. The time that it waits for
    /// compilation, for its pool and for an instance counts. It ends with `DeadlineExceeded` then.
    pub fn deadline(mut self, deadline: Instant) -> CallOptions {
        self.deadline = Some(deadline);
        self
    }
}

/// The future's output, unless the deadline comes first.
///
/// # Errors
/// `DeadlineExceeded`; `Dispatcher` where it has no room for a timer, or has ended.
pub(super) async fn before<F: Future>(
    deadline: Option<Instant>,
    handle: &Handle,
    future: F,
) -> Result<F::Output, CallErrorKind> {
    let Some(deadline) = deadline else {
        return Ok(future.await);
    };
    match select(handle.sleep_until(deadline), Box::pin(future)).await {
        Either::Left(slept) => {
            slept?;
            Err(CallErrorKind::DeadlineExceeded)
        }
        Either::Right(output) => Ok(output),
    }
}
