//! What a runtime says of its calls.

use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use tracing::Instrument;
use wippy_dispatcher::Handle;

use super::Runtime;
use super::error::CallErrorKind;
use super::function::Function;
use super::options::{CallOptions, before};
use crate::activity::{CallReport, CallState, LiveCall, LiveCalls, Outcome, observed};
use crate::host::Exit;
use crate::registry::Entry;

impl Runtime {
    /// What each call of the program that has not ended is doing, on whatever thread, in the order of
    /// their beginning: where it is, since when, and what a parked guest waits for. In a simulation the
    /// calls of this runtime. None once the dispatcher has ended.
    pub fn calls(&self) -> Vec<CallReport> {
        match self.inner.handle.now() {
            Ok(now) => self.inner.bounds.calls.reports(now),
            Err(_) => Vec::new(),
        }
    }

    /// The same without the runtime, for whoever must not keep it.
    pub(crate) fn live_calls(&self) -> Arc<LiveCalls> {
        self.inner.bounds.calls.clone()
    }

    /// Runs a call that anybody can see from its beginning to its end.
    ///
    /// # Errors
    /// Those of `run`; `Dispatcher` when it has ended.
    pub(super) async fn visible<T, F>(
        &self,
        entry: &Entry,
        mut options: CallOptions,
        run: impl FnOnce(CallOptions) -> F,
    ) -> Result<T, CallErrorKind>
    where
        F: Future<Output = Result<T, CallErrorKind>>,
    {
        let live = self.begin(entry, &mut options)?;
        options.record = Some(live.record().clone());
        let span = live.span();
        // A future that is moved into a span is copied, and it is not small.
        let result = match options.group_permit() {
            Err(error) => Err(error.into()),
            Ok(_permit) => match span.is_disabled() {
                true => run(options).await,
                false => Box::pin(run(options)).instrument(span.clone()).await,
            },
        };
        live.end(outcome(&result), || self.inner.handle.now().ok());
        result
    }

    /// An entry's function for a call, which waits for it until its deadline.
    pub(super) async fn function_for(
        &self,
        entry: &Arc<Entry>,
        options: &CallOptions,
    ) -> Result<Rc<Function>, CallErrorKind> {
        let handle = &self.inner.handle;
        let loading = options.observed(handle, CallState::Loading, self.function(entry));
        before(options.deadline, handle, loading).await?
    }

    /// Says that a call begins.
    ///
    /// # Errors
    /// `Dispatcher` when it has ended.
    pub(super) fn begin(
        &self,
        entry: &Entry,
        options: &mut CallOptions,
    ) -> Result<LiveCall, CallErrorKind> {
        let inner = &self.inner;
        let known = inner.functions.borrow().get(&entry.id).cloned();
        let stats = match known {
            Some(function) => function.stats.clone(),
            None => inner.bounds.calls.stats(&entry.id),
        };
        let now = inner.handle.now()?;
        options.begin(now);
        let mut live = inner.bounds.calls.begin(stats, options.caller, now);
        if let Some(simulated) = &inner.simulated {
            simulated.begin(&inner.handle, &mut live)?;
        }
        Ok(live)
    }
}

impl CallOptions {
    /// The future's output. While it is pending, the call is in `state`.
    pub(super) async fn observed<F: Future>(
        &self,
        handle: &Handle,
        state: CallState,
        future: F,
    ) -> F::Output {
        observed(self.record.as_deref(), handle, state, future).await
    }
}

/// What counters say of a result.
pub(super) fn outcome<T>(result: &Result<T, CallErrorKind>) -> Outcome {
    match result {
        Ok(_) => Outcome::Ok,
        Err(error) => outcome_of(error),
    }
}

/// What counters say of an error.
pub(super) fn outcome_of(error: &CallErrorKind) -> Outcome {
    match error {
        CallErrorKind::Exit(Exit(0)) => Outcome::Ok,
        CallErrorKind::Exit(_) => Outcome::Exit,
        CallErrorKind::Trap(_) => Outcome::Trap,
        CallErrorKind::DeadlineExceeded => Outcome::Deadline,
        CallErrorKind::PoolFull
        | CallErrorKind::WaitsForItself(_)
        | CallErrorKind::TooDeep(_)
        | CallErrorKind::Group(_)
        | CallErrorKind::InstanceBusy
        | CallErrorKind::InstanceDead(_)
        | CallErrorKind::MayWait => Outcome::Refused,
        CallErrorKind::Lookup(_)
        | CallErrorKind::NotCallable(_)
        | CallErrorKind::NoIncomingHandler
        | CallErrorKind::NotAProcess(_)
        | CallErrorKind::Module(_)
        | CallErrorKind::Value(_)
        | CallErrorKind::Payload(_)
        | CallErrorKind::Result(_)
        | CallErrorKind::Count { .. }
        | CallErrorKind::Type { .. }
        | CallErrorKind::Untyped(_)
        | CallErrorKind::Env(_)
        | CallErrorKind::Mount { .. }
        | CallErrorKind::NoFilesystem { .. }
        | CallErrorKind::Certificates(_)
        | CallErrorKind::Output(_)
        | CallErrorKind::Stdio(_)
        | CallErrorKind::Dispatcher(_) => Outcome::Failed,
    }
}
