//! One call of a live instance.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use wippy_dispatcher::{Error, Instant, Sleep};

use super::shared::Shared;
use super::slot::{LiveInstance, Taken};
use crate::activity::{CallRecord, Outcome};
use crate::host::embedder::call_caught;
use crate::host::{CallMode, EPOCHS};
use crate::module::Profile;
use crate::runtime::call::{guest_in, problem};
use crate::runtime::error::CallErrorKind;
use crate::runtime::observe::outcome_of;
use crate::runtime::options::earliest;

/// How the engine refuses a synchronous call of a store whose host functions may wait.
const REFUSAL: &str = "store configuration requires that `*_async` functions are used instead";

/// Why a call has failed. It is boxed because a call's result is moved at each step of its way out.
type Failure = Box<CallErrorKind>;

impl Shared {
    /// When a call that begins now ends at the latest. The clock is read only where something of it is
    /// counted from now.
    ///
    /// # Errors
    /// `DeadlineExceeded` where it has come already, `Dispatcher`.
    #[inline]
    fn deadline(&self, of_call: Option<Instant>) -> Result<Option<Instant>, Failure> {
        let mut deadline = match (self.options.deadline, of_call) {
            (Some(of_instance), of_call) => Some(earliest(of_call, of_instance)),
            (None, of_call) => of_call,
        };
        let timeout = self.options.extra().and_then(|extra| extra.timeout);
        let limits = [timeout, self.function.fixed.limits.execution];
        if deadline.is_none() && limits == [None, None] {
            return Ok(None);
        }
        let now = self.handle().now();
        let now = now.map_err(|error| Box::new(error.into()))?;
        for limit in limits.into_iter().flatten() {
            deadline = Some(earliest(deadline, now + limit));
        }
        match deadline.is_some_and(|deadline| deadline <= now) {
            true => Err(Box::new(CallErrorKind::DeadlineExceeded)),
            false => Ok(deadline),
        }
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
    ) -> Result<T, Failure> {
        let (function, handle) = (&*self.function, self.handle());
        let mut taken = self.slot.take()?;
        let mut unfinished = Unfinished(Some(self.record()));
        let result = match self.begin(&mut taken, deadline, CallMode::Async) {
            Err(error) => Err(error),
            Ok((live, deadline)) => {
                live.kept
                    .store
                    .data_mut()
                    .resume_budget(function.budget.get());
                let guest = pin!(guest(live));
                // Pinned here, it is not moved again.
                let guest = pin!(guest_in(function, handle, guest, Some(self.record())));
                self.until(deadline, guest).await
            }
        };
        unfinished.0 = None;
        if let Some(live) = taken.live() {
            function.budget.set(live.kept.store.data().call.budget());
        }
        let result = self.end(taken, result);
        if function.budget.is_used_up_by_call() {
            // It fails at the dispatcher's end, which takes nothing from the result.
            let _ = function.budget.renew(handle).await;
        }
        result
    }

    /// Waits for a guest until its deadline. A timer is armed only when the guest waits or is
    /// preempted, and from then on it is looked at before the guest: one that spins is ready whenever it
    /// is polled.
    async fn until<T>(
        &self,
        deadline: Option<Instant>,
        mut guest: Pin<&mut impl Future<Output = Result<T, Failure>>>,
    ) -> Result<T, Failure> {
        let mut timer: Option<Sleep> = None;
        let mut has_waited = false;
        poll_fn(|cx| {
            if let Some(timer) = &mut timer
                && let Poll::Ready(passed) = Pin::new(timer).poll(cx)
            {
                return Poll::Ready(Err(exceeded(passed)));
            }
            if let Poll::Ready(result) = guest.as_mut().poll(cx) {
                return Poll::Ready(result);
            }
            if !has_waited {
                has_waited = true;
                self.record().seen_in_call(|| self.handle().now().ok());
                if let Some(deadline) = deadline {
                    let timer = timer.insert(self.handle().sleep_until(deadline));
                    return Pin::new(timer).poll(cx).map(|passed| Err(exceeded(passed)));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Runs a call on the caller's stack. Where it fails, the instance is dead.
    ///
    /// # Errors
    /// As [`Shared::run`]; `MayWait`, after which the instance is as before.
    pub(super) fn run_now<T>(
        &self,
        deadline: Option<Instant>,
        guest: impl FnOnce(&mut LiveInstance) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        let function = &*self.function;
        let mut taken = self.slot.take()?;
        // Its fuel runs out, so that it has to be suspended.
        if function.engine.profile() == Profile::Simulated {
            taken.put_back();
            return Err(Box::new(CallErrorKind::MayWait));
        }
        let result = match self.begin(&mut taken, deadline, CallMode::Sync) {
            Err(error) => Err(error),
            Ok((live, deadline)) => {
                // What moves the epoch of a guest that spins, where something ends it.
                let _inside = deadline.and_then(|_| function.watch.enter());
                let may_panic = function.linked.has_own;
                call_caught(may_panic, || guest(live)).map_err(refused)
            }
        };
        self.end(taken, result)
    }

    #[inline]
    fn begin<'a>(
        &self,
        taken: &'a mut Taken<'_>,
        deadline: Option<Instant>,
        mode: CallMode,
    ) -> Result<(&'a mut LiveInstance, Option<Instant>), Failure> {
        // Refused on other threads and after the dispatcher's end, without a look at the clock.
        let usable = self.handle().is_simulated();
        usable.map_err(|error| Box::new(error.into()))?;
        let deadline = self.deadline(deadline)?;
        self.record().enter_call(|| self.handle().now().ok());
        let live = taken.live();
        let live = live.ok_or_else(|| Box::new(CallErrorKind::InstanceBusy))?;
        let store = &mut live.kept.store;
        store.set_epoch_deadline(EPOCHS);
        let call = &mut store.data_mut().call;
        call.deadline = deadline;
        call.set_mode(mode);
        Ok((live, deadline))
    }

    #[inline]
    fn end<T>(&self, taken: Taken<'_>, result: Result<T, Failure>) -> Result<T, Failure> {
        match result {
            Ok(value) => {
                self.count_end(Outcome::Ok);
                taken.put_back();
                Ok(value)
            }
            Err(error) => {
                self.fail(taken, &error);
                Err(error)
            }
        }
    }

    #[cold]
    fn fail(&self, taken: Taken<'_>, error: &CallErrorKind) {
        self.count_end(outcome_of(error));
        match error {
            CallErrorKind::MayWait => taken.put_back(),
            error => {
                let text = error.to_string();
                taken.end(text.lines().next().unwrap_or_default().to_owned());
            }
        }
    }

    #[inline]
    fn count_end(&self, outcome: Outcome) {
        let clock = || self.handle().now().ok();
        self.record().end_call(outcome, clock);
    }
}

/// The deadline has come before the guest's end, or the dispatcher has ended.
#[cold]
fn exceeded(passed: Result<(), Error>) -> Failure {
    Box::new(match passed {
        Ok(()) => CallErrorKind::DeadlineExceeded,
        Err(error) => error.into(),
    })
}

#[cold]
fn refused(error: wasmtime::Error) -> Failure {
    Box::new(match error.to_string() == REFUSAL {
        true => CallErrorKind::MayWait,
        false => problem(error),
    })
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
