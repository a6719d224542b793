//! What the functions of every package need of a call.

use std::fmt;
use std::sync::Arc;

use wasmtime::{Engine, Result, UpdateDeadline, bail};
use wippy_dispatcher::{Flow, Handle, Instant, WaitSet, WallTime};

use super::budget::{BUDGET, Budget};
use super::io::Owner;
use super::limits::CallLimits;
use super::table::Table;
use crate::activity::{CallRecord, CallState, Wait, observed};
use crate::call_group::CallGroup;
use crate::delivery::{DeliveryTracker, PendingDeliveries};
use crate::network::NetworkAccess;
use crate::preemption::GuestWatch;
use crate::quota::Quota;

/// How many bytes of a file or a connection cost as much as a call.
const BYTES_A_CALL: usize = 1024;

/// How many bytes cost as much as a system call that opens or asks.
const BYTES_A_SYSTEM_CALL: usize = 4096;

/// How many bytes cost as much as an item of a list: something small that is looked at, or copied.
const BYTES_AN_ITEM: usize = 128;

/// How far the epoch is from a guest's deadline while its budget lasts.
pub(crate) const EPOCHS: u64 = 1;

/// A call's dispatcher, resources, budget, limits and quotas.
pub struct Call {
    pub(crate) handle: Handle,
    pub(crate) table: Table,
    pub(crate) limits: CallLimits,
    /// What it may reach through sockets and HTTP.
    pub(crate) network: NetworkAccess,
    /// Whose its blocking jobs are: a group an entry, a member a call.
    pub(crate) flow: Flow,
    /// The descriptors that it may have opened at once.
    pub(crate) descriptors: Quota,
    /// When it ends at the latest.
    pub(crate) deadline: Option<Instant>,
    /// Made at the first poll that suspends, and kept.
    pub(crate) wait_set: Option<WaitSet>,
    /// The members of the wait set that fired last; kept for its memory.
    pub(crate) fired: Vec<u32>,
    /// What it has handed over and what is not delivered yet; made at the first need.
    deliveries: Option<PendingDeliveries>,
    budget: Budget,
    /// Says whether the guest has been running for longer than a tick; none in a simulation, where
    /// fuel does.
    watch: Option<Arc<GuestWatch>>,
    /// Whose epoch moves when the budget is used up; none without a guest.
    engine: Option<Engine>,
    /// Where it says what it waits for; none without a runtime.
    record: Option<Arc<CallRecord>>,
    /// How far its wall clock is ahead of the dispatcher's, in nanoseconds.
    clock_offset: i64,
    mode: CallMode,
}

/// How a guest is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CallMode {
    /// On a stack of its own, which can be suspended.
    Async,
    /// On the caller's stack: it cannot yield.
    Sync,
}

/// A guest that cannot yield has reached its deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the call's deadline has passed")]
pub(crate) struct DeadlinePassed;

impl Call {
    /// A new call without resources.
    pub(super) fn new(
        handle: Handle,
        limits: &CallLimits,
        network: NetworkAccess,
        flow: Flow,
        group: Option<&CallGroup>,
    ) -> Call {
        Call {
            handle,
            table: Table::new(limits.resources),
            descriptors: limits.descriptor_quota(group),
            limits: *limits,
            network,
            flow,
            deadline: None,
            wait_set: None,
            fired: Vec::new(),
            deliveries: None,
            budget: Budget::FULL,
            watch: None,
            engine: None,
            record: None,
            clock_offset: 0,
            mode: CallMode::Async,
        }
    }

    /// Its wall clock is so many nanoseconds ahead of the dispatcher's.
    pub(super) fn with_clock_offset(mut self, nanoseconds: i64) -> Call {
        self.clock_offset = nanoseconds;
        self
    }

    /// How its guest is called from now on.
    pub(crate) fn set_mode(&mut self, mode: CallMode) {
        self.mode = mode;
    }

    /// What the guest's wall clock says: not before 1970.
    ///
    /// # Errors
    /// `Closed` and `WrongThread` of the dispatcher.
    pub(crate) fn wall_time(&self) -> Result<WallTime, wippy_dispatcher::Error> {
        const SECOND: i128 = 1_000_000_000;
        let now = self.handle.wall_time()?;
        if self.clock_offset == 0 {
            return Ok(now);
        }
        let nanoseconds = i128::from(now.seconds) * SECOND
            + i128::from(now.nanoseconds)
            + i128::from(self.clock_offset);
        let nanoseconds = nanoseconds.max(0);
        Ok(WallTime {
            seconds: u64::try_from(nanoseconds / SECOND).unwrap_or(u64::MAX),
            nanoseconds: u32::try_from(nanoseconds % SECOND).unwrap_or(0),
        })
    }

    /// Begins with what an earlier call has left of its budget.
    pub(super) fn set_budget(&mut self, budget: Budget) {
        self.budget = budget.at_least_one();
    }

    /// Where the dispatcher says that it is inside a guest.
    pub(super) fn set_watch(&mut self, watch: Arc<GuestWatch>) {
        self.watch = Some(watch);
    }

    /// Where it says what it waits for.
    pub(super) fn set_record(&mut self, record: Option<Arc<CallRecord>>) {
        self.record = record;
    }

    /// The future's output. While the guest waits for it, the call is parked.
    pub(crate) async fn parked<F: Future>(&mut self, wait: Wait, future: F) -> F::Output {
        self.note_resources();
        let record = self.record.as_deref();
        observed(record, &self.handle, CallState::Parked(wait), future).await
    }

    /// What [`observed`] needs where the call itself is lent to a host function that waits.
    pub(super) fn observer(&self) -> (Option<Arc<CallRecord>>, Handle) {
        self.note_resources();
        (self.record.clone(), self.handle.clone())
    }

    fn note_resources(&self) {
        if let Some(record) = &self.record {
            record.set_resources(self.table.len(), self.table.pollables());
        }
    }

    /// The engine of the guest, whose epoch moves when the budget is used up.
    pub(super) fn set_engine(&mut self, engine: &Engine) {
        self.engine = Some(engine.clone());
    }

    /// Goes on with the guest of an instance that had no call.
    pub(super) fn continue_guest(&mut self, unused: &mut Call) {
        self.watch = unused.watch.take();
        self.engine = unused.engine.take();
    }

    /// Takes calls from the budget. When it is used up, the engine's epoch moves on: the guest
    /// notices that at its next loop or function, wherever it is, even if it calls only functions
    /// that cannot suspend it.
    pub(super) fn spend_calls(&mut self, calls: u32) {
        if self.budget.spend(calls)
            && let Some(engine) = &self.engine
        {
            engine.increment_epoch();
        }
    }

    /// What a guest does that notices a new epoch: it yields if it has used up its budget or has been
    /// running for longer than a tick, and goes on if the epoch has moved because of another guest.
    ///
    /// # Errors
    /// `DeadlinePassed`, where it cannot yield.
    pub(crate) fn on_new_epoch(&mut self) -> Result<UpdateDeadline> {
        if self.mode == CallMode::Sync {
            return self.on_new_epoch_of_sync();
        }
        let is_overdue = self.watch.as_ref().is_some_and(|watch| watch.is_overdue());
        if !self.budget.is_used_up() && !is_overdue {
            return Ok(UpdateDeadline::Continue(EPOCHS));
        }
        self.reset_budget();
        let yielding = match is_overdue {
            true => self.handle.yield_long(),
            false => self.handle.yield_now(),
        };
        let yielded = Box::pin(async move {
            // It fails only when the dispatcher is dropped, which ends this call as well.
            let _ = yielding.await;
        });
        Ok(UpdateDeadline::YieldCustom(EPOCHS, yielded))
    }

    /// The same for a guest that cannot yield: only its deadline ends it.
    fn on_new_epoch_of_sync(&mut self) -> Result<UpdateDeadline> {
        if self.budget.is_used_up() {
            self.reset_budget();
        }
        match self.deadline {
            Some(deadline) if self.handle.now()? >= deadline => Err(DeadlinePassed.into()),
            _ => Ok(UpdateDeadline::Continue(EPOCHS)),
        }
    }

    /// Yields where the budget is used up: other tasks run, and the driver polls I/O. For functions
    /// that can suspend their guest, before they begin and between the slices of long work.
    ///
    /// # Errors
    /// `Closed` and `WrongThread` of the dispatcher.
    pub(crate) async fn consume_budget(&mut self) -> Result<()> {
        if self.has_to_yield() {
            self.handle.yield_now().await?;
            self.reset_budget();
        }
        Ok(())
    }

    /// Whether [`Call::consume_budget`] would yield.
    pub(crate) fn has_to_yield(&self) -> bool {
        self.budget.is_used_up()
    }

    /// Counts a system call that was made on the dispatcher's thread: it takes as long as moving
    /// some bytes.
    pub(crate) fn spend_system_call(&mut self) {
        self.spend(BYTES_A_SYSTEM_CALL);
    }

    /// Counts datagrams that were moved on the dispatcher's thread: each costs a call and its bytes.
    pub(crate) fn spend_datagrams(&mut self, datagrams: usize, bytes: usize) {
        self.spend(bytes.saturating_add(datagrams.saturating_mul(BYTES_A_CALL)));
    }

    /// Counts `part` of a `whole` that uses up a full budget by itself.
    pub(crate) fn spend_part(&mut self, part: usize, whole: usize) {
        let calls = (BUDGET as usize)
            .saturating_mul(part)
            .div_ceil(whole.max(1));
        self.spend_calls(u32::try_from(calls).unwrap_or(u32::MAX));
    }

    /// Counts a text that was copied.
    pub(crate) fn spend_text(&mut self, text: Option<&str>) {
        self.spend(text.map_or(0, str::len));
    }

    /// Counts the items of a list that were made or gone through one by one.
    pub(crate) fn spend_items(&mut self, items: usize) {
        self.spend(items.saturating_mul(BYTES_AN_ITEM));
    }

    /// Counts bytes that were moved on the dispatcher's thread, or copied out of the guest's memory:
    /// a guest that moves many has to let others run sooner.
    pub(crate) fn spend(&mut self, bytes: usize) {
        let calls = u32::try_from(bytes / BYTES_A_CALL).unwrap_or(u32::MAX);
        self.spend_calls(calls);
    }

    /// Makes the budget full again: the guest has waited, so that others have run.
    pub(crate) fn reset_budget(&mut self) {
        self.budget = Budget::FULL;
    }

    /// What is left of the budget.
    pub(crate) fn budget(&self) -> Budget {
        self.budget
    }

    /// Where output that the call hands over is registered until it is delivered.
    pub(crate) fn deliveries(&mut self) -> &DeliveryTracker {
        let made = || PendingDeliveries::new(&self.handle);
        self.deliveries.get_or_insert_with(made).tracker()
    }

    /// The deliveries of a call that ends. `None` where none has begun.
    pub(super) fn take_deliveries(&mut self) -> Option<PendingDeliveries> {
        self.deliveries.take()
    }

    /// The owner of a new output stream, whose accepted bytes count in `bytes`.
    pub(crate) fn owner(&mut self, bytes: Quota) -> Owner {
        let deliveries = self.deliveries().clone();
        Owner { deliveries, bytes }
    }

    /// Refuses a host allocation that the guest could not hold anyway.
    ///
    /// # Errors
    /// Beyond the memory limit; the guest traps.
    pub(crate) fn check_length(&self, bytes: u64, what: &str) -> Result<usize> {
        match usize::try_from(bytes) {
            Ok(bytes) if bytes <= self.limits.memory => Ok(bytes),
            _ => bail!(
                "{what} of {bytes} bytes is beyond the memory limit of {} bytes (limits.max_memory_bytes)",
                self.limits.memory
            ),
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("table", &self.table)
            .field("limits", &self.limits)
            .field("flow", &self.flow)
            .field("descriptors", &self.descriptors)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}
