//! What whoever calls an entry decides about one call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wippy_dispatcher::{Handle, Instant};

use super::chain::CallChain;
use super::error::CallErrorKind;
use crate::activity::CallRecord;
use crate::call_group::{CallGroup, GroupError};
use crate::host::stdio::Stdio;
use crate::quota::QuotaPermit;
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
    /// What most calls do not say, apart from the rest to keep that small.
    pub(super) extra: Option<Box<ExtraOptions>>,
}

/// What most calls do not say.
#[derive(Clone, Default)]
pub(super) struct ExtraOptions {
    pub(super) env: Vec<(String, String)>,
    /// How far the call's wall clock is ahead of the dispatcher's, in nanoseconds.
    pub(super) clock_offset: i64,
    pub(super) group: Option<CallGroup>,
    pub(super) timeout: Option<Duration>,
}

/// Without variables, which may hold secrets.
impl fmt::Debug for ExtraOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtraOptions")
            .field("clock_offset", &self.clock_offset)
            .field("group", &self.group)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
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

    /// How long after its beginning the call ends at the latest, where no deadline is earlier. On a
    /// live instance it holds for each of its calls.
    pub fn timeout(mut self, timeout: Duration) -> CallOptions {
        self.extra_mut().timeout = Some(timeout);
        self
    }

    /// The guest's arguments, where its entry fixes none. The first is its own name by custom.
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> CallOptions {
        self.argv = args.into_iter().map(Into::into).collect();
        self
    }

    /// A variable of the guest's environment, beside those of its entry, and instead of one with this
    /// name.
    pub fn env(mut self, name: &str, value: &str) -> CallOptions {
        let env = &mut self.extra_mut().env;
        env.retain(|(other, _)| other != name);
        env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the guest's wall clock forward by so much, up to 292 years. Its monotonic clock, its
    /// timers, the times of files and certificates are as they were.
    pub fn clock_ahead(mut self, by: Duration) -> CallOptions {
        self.extra_mut().clock_offset = i64::try_from(by.as_nanos()).unwrap_or(i64::MAX);
        self
    }

    /// Sets the guest's wall clock back by so much, but not before 1970. See
    /// [`CallOptions::clock_ahead`].
    pub fn clock_behind(mut self, by: Duration) -> CallOptions {
        self = self.clock_ahead(by);
        let offset = &mut self.extra_mut().clock_offset;
        *offset = -*offset;
        self
    }

    /// The calls that it shares bounds with.
    pub fn group(mut self, group: &CallGroup) -> CallOptions {
        self.extra_mut().group = Some(group.clone());
        self
    }

    /// What most calls do not say, if this one does.
    pub(super) fn extra(&self) -> Option<&ExtraOptions> {
        self.extra.as_deref()
    }

    fn extra_mut(&mut self) -> &mut ExtraOptions {
        self.extra.get_or_insert_default()
    }

    /// The calls that it shares bounds with.
    pub(super) fn call_group(&self) -> Option<&CallGroup> {
        self.extra()?.group.as_ref()
    }

    /// A permit of its group for one more call.
    ///
    /// # Errors
    /// `Calls`.
    pub(super) fn group_permit(&self) -> Result<Option<QuotaPermit>, GroupError> {
        self.call_group().map(CallGroup::enter).transpose()
    }

    /// The call begins now.
    pub(super) fn begin(&mut self, now: Instant) {
        let timeout = self.extra().and_then(|extra| extra.timeout);
        if let Some(timeout) = timeout {
            self.deadline = Some(earliest(self.deadline, now + timeout));
        }
    }
}

/// The earlier of two deadlines, the first of which need not be there.
pub(super) fn earliest(first: Option<Instant>, second: Instant) -> Instant {
    first.map_or(second, |first| first.min(second))
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
