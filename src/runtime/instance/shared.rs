//! What an instance and its functions share: making it, and running one call in it.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use wippy_dispatcher::{Handle, Instant};

use super::slot::{LiveInstance, Slot, Taken};
use crate::activity::{CallRecord, CallState, LiveCall, Outcome, observed};
use crate::host::embedder::call_caught;
use crate::host::{CallMode, EPOCHS};
use crate::module::Profile;
use crate::program::LinkedCode;
use crate::quota::QuotaPermit;
use crate::runtime::Runtime;
use crate::runtime::call::{Caller, guest_in, instance, problem};
use crate::runtime::callee::Callee;
use crate::runtime::error::CallErrorKind;
use crate::runtime::fill::FillAfter;
use crate::runtime::function::Function;
use crate::runtime::invocation::Untyped;
use crate::runtime::observe::outcome;
use crate::runtime::options::{CallOptions, before, earliest};
use crate::select::{Either, select};

/// How the engine refuses a synchronous call of a store whose host functions may wait.
const REFUSAL: &str = "store configuration requires that `*_async` functions are used instead";

/// What an instance and its functions share.
pub(super) struct Shared {
    pub(super) runtime: Runtime,
    pub(super) function: Rc<Function>,
    pub(super) options: CallOptions,
    pub(super) slot: Slot,
    /// The number of the instance that was made last.
    pub(super) generation: Cell<u64>,
    /// It is seen as long as it lives.
    pub(super) visible: LiveCall,
    /// Of its group.
    pub(super) _permit: Option<QuotaPermit>,
}

impl Shared {
    pub(super) fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    fn record(&self) -> &Arc<CallRecord> {
        self.visible.record()
    }

    /// Makes an instance, from a spare where there is one.
    ///
    /// # Errors
    /// Those of a call before its guest runs, and of instantiation; `Untyped`.
    pub(super) async fn make(&self) -> Result<LiveInstance, CallErrorKind> {
        let (function, handle, record) = (&self.function, self.handle(), self.record());
        if let LinkedCode::Core(_) = function.linked.code {
            return Err(CallErrorKind::Untyped(Untyped.to_string()));
        }
        let mut options = self.options.clone();
        options.begin(handle.now()?);
        let (deadline, chain) = (options.deadline, options.chain.clone());
        let context = match function.fixed.is_whole {
            true => self.runtime.whole_context(function, options),
            false => {
                let context = Box::pin(self.runtime.context(function, options));
                before(deadline, handle, context).await??
            }
        };
        let caller = Caller {
            deadline,
            chain: &chain,
            record: Some(record),
        };
        let _fill = FillAfter { function, handle };
        let waiting = instance(function, handle, context, caller);
        let waiting = observed(Some(record), handle, CallState::WaitsForInstance, waiting);
        let mut kept = waiting.await?;
        // It lives longer than the call that a spare is for.
        kept.spare_place = None;
        record.enter(CallState::Running, handle.now()?);
        kept.store.data_mut().set_record(record.clone());
        let callee = match kept.callee {
            Some(callee) => callee,
            None => {
                let making = function.instantiate(&mut kept.store);
                let making = guest_in(function, handle, making, Some(record));
                before(deadline, handle, making).await??
            }
        };
        function.budget.set(kept.store.data().call.budget());
        function.budget.count_instance(handle).await?;
        record.enter(CallState::Idle, handle.now()?);
        let Callee::Component { instance, .. } = callee else {
            return Err(CallErrorKind::Untyped(Untyped.to_string()));
        };
        self.generation.set(self.generation.get() + 1);
        Ok(LiveInstance {
            kept,
            instance,
            generation: self.generation.get(),
        })
    }

    /// When a call that begins now ends at the latest.
    fn deadline(&self, now: Instant, of_call: Option<Instant>) -> Option<Instant> {
        let mut deadline = match (self.options.deadline, of_call) {
            (Some(of_instance), of_call) => Some(earliest(of_call, of_instance)),
            (None, of_call) => of_call,
        };
        let timeout = self.options.extra().and_then(|extra| extra.timeout);
        let limits = [timeout, self.function.fixed.limits.execution];
        for limit in limits.into_iter().flatten() {
            deadline = Some(earliest(deadline, now + limit));
        }
        deadline
    }

    /// Runs a call that may wait. Where it fails or is dropped, the instance is dead.
    ///
    /// # Errors
    /// `InstanceBusy`, `InstanceDead`, `DeadlineExceeded`, `Exit`, `Output`, `Group`, `Trap`,
    /// `Dispatcher`.
    pub(super) async fn run<T>(
        &self,
        deadline: Option<Instant>,
        guest: impl AsyncFnOnce(&mut LiveInstance) -> wasmtime::Result<T>,
    ) -> Result<T, CallErrorKind> {
        let (function, handle) = (&*self.function, self.handle());
        let mut taken = self.slot.take()?;
        let now = handle.now()?;
        let deadline = self.deadline(now, deadline);
        let mut unfinished = Unfinished(Some(self.record()));
        let result = match self.begin(&mut taken, now, deadline, CallMode::Async) {
            None => Err(CallErrorKind::InstanceBusy),
            Some(live) => {
                live.kept
                    .store
                    .data_mut()
                    .resume_budget(function.budget.get());
                let guest = pin!(guest(live));
                let guest = guest_in(function, handle, guest, Some(self.record()));
                match deadline {
                    None => guest.await,
                    // It is polled first: a guest that spins is ready whenever it is polled.
                    Some(deadline) => match select(handle.sleep_until(deadline), guest).await {
                        Either::Left(Ok(())) => Err(CallErrorKind::DeadlineExceeded),
                        Either::Left(Err(error)) => Err(error.into()),
                        Either::Right(result) => result,
                    },
                }
            }
        };
        unfinished.0 = None;
        if let Some(live) = taken.live() {
            function.budget.set(live.kept.store.data().call.budget());
        }
        let result = self.end(taken, result);
        // It fails at the dispatcher's end, which takes nothing from the result.
        let _ = function.budget.count_call(handle).await;
        result
    }

    /// Runs a call on the caller's stack. Where it fails, the instance is dead.
    ///
    /// # Errors
    /// As [`Shared::run`]; `MayWait`, after which the instance is as before.
    pub(super) fn run_now<T>(
        &self,
        deadline: Option<Instant>,
        guest: impl FnOnce(&mut LiveInstance) -> wasmtime::Result<T>,
    ) -> Result<T, CallErrorKind> {
        let function = &*self.function;
        let mut taken = self.slot.take()?;
        // Its fuel runs out, so that it has to be suspended.
        if function.engine.profile() == Profile::Simulated {
            taken.put_back();
            return Err(CallErrorKind::MayWait);
        }
        let now = self.handle().now()?;
        let deadline = self.deadline(now, deadline);
        let result = match self.begin(&mut taken, now, deadline, CallMode::Sync) {
            None => Err(CallErrorKind::InstanceBusy),
            Some(live) => {
                // What moves the epoch of a guest that spins, where something ends it.
                let _inside = deadline.and_then(|_| function.watch.enter());
                let may_panic = function.linked.has_own;
                call_caught(may_panic, || guest(live)).map_err(|error| {
                    match error.to_string() == REFUSAL {
                        true => CallErrorKind::MayWait,
                        false => problem(error),
                    }
                })
            }
        };
        self.end(taken, result)
    }

    fn begin<'a>(
        &self,
        taken: &'a mut Taken<'_>,
        now: Instant,
        deadline: Option<Instant>,
        mode: CallMode,
    ) -> Option<&'a mut LiveInstance> {
        let live = taken.live()?;
        self.record().enter_call(now);
        let store = &mut live.kept.store;
        store.set_epoch_deadline(EPOCHS);
        let call = &mut store.data_mut().call;
        call.deadline = deadline;
        call.set_mode(mode);
        Some(live)
    }

    fn end<T>(
        &self,
        taken: Taken<'_>,
        result: Result<T, CallErrorKind>,
    ) -> Result<T, CallErrorKind> {
        let clock = || self.handle().now().ok();
        self.record().end_call(outcome(&result), clock);
        match &result {
            Ok(_) | Err(CallErrorKind::MayWait) => taken.put_back(),
            Err(error) => {
                let text = error.to_string();
                taken.end(text.lines().next().unwrap_or_default().to_owned());
            }
        }
        result
    }
}

/// A call whose end is not counted yet. Dropped, it counts as one whose caller has gone away.
struct Unfinished<'a>(Option<&'a Arc<CallRecord>>);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(record) = self.0 {
            record.end_call(Outcome::Dropped, || None);
        }
    }
}
