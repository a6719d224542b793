//! One call: a fresh instance, its arguments in, its result out, and nothing left behind.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use wippy_dispatcher::{Handle, Instant};

use super::chain::CallChain;
use super::error::{CallErrorKind, Trap};
use super::fill::FillAfter;
use super::function::Function;
use super::guest::{paced, watched};
use super::invocation::{Invocation, TypeMismatch, Untyped};
use super::options::before;
use super::spares::InstanceStore;
use crate::activity::{CallRecord, CallState, observed};
use crate::call_group::GroupError;
use crate::host::embedder::poll_caught;
use crate::host::stdio::OutputLost;
use crate::host::{CallSettings, DeadlinePassed, EPOCHS, Exit, State};
use crate::module::{FUEL_SLICE_COST, Profile};
use crate::program::AdmissionPermit;
use crate::select::{Either, select};

/// Calls a function, waiting for an instance where none is free.
///
/// What the guest has handed over is delivered before this returns, or the time for that has passed
/// (see [`CallLimits::delivery`](crate::host::CallLimits)). Dropping the future frees the instance at once
/// and gives up what is not delivered.
///
/// # Errors
/// See [`CallErrorKind`].
pub(super) async fn call<I: Invocation>(
    function: &Rc<Function>,
    handle: &Handle,
    context: CallSettings,
    invocation: I,
    caller: Caller<'_>,
) -> Result<I::Output, CallErrorKind> {
    let result = call_once(function, handle, context, invocation, caller).await;
    // It fails at the dispatcher's end, which takes nothing from the result.
    let _ = function.budget.count_instance(handle).await;
    result
}

/// What a call has to know of whoever calls.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) deadline: Option<Instant>,
    pub(super) chain: &'a CallChain,
    /// What says what the call is doing.
    pub(super) record: Option<&'a Arc<CallRecord>>,
}

async fn call_once<I: Invocation>(
    function: &Rc<Function>,
    handle: &Handle,
    context: CallSettings,
    invocation: I,
    caller: Caller<'_>,
) -> Result<I::Output, CallErrorKind> {
    let _fill = FillAfter { function, handle };
    let waiting = instance(function, handle, context, caller);
    let record = caller.record.map(Arc::as_ref);
    let instance = observed(record, handle, CallState::WaitsForInstance, waiting).await?;
    run(function, handle, instance, invocation, caller).await
}

/// A place in the entry's pool where one is free, or none where the entry has no pool. `None` where
/// that takes a closer look.
pub(super) fn place_at_once(
    function: &Function,
    handle: &Handle,
    caller: Caller<'_>,
) -> Option<Option<AdmissionPermit>> {
    match &function.pool {
        None => Some(None),
        Some(_) if !caller.chain.is_empty() => None,
        Some(pool) => pool.try_enter(handle).map(Some),
    }
}

/// A place in the entry's pool, where it has one.
pub(super) async fn place(
    function: &Function,
    handle: &Handle,
    caller: Caller<'_>,
) -> Result<Option<AdmissionPermit>, CallErrorKind> {
    let Some(pool) = &function.pool else {
        return Ok(None);
    };
    let own = caller.chain.count(&function.linked.entry.id);
    // Those calls end only after this one.
    if own > 0 && own >= pool.bound() as usize {
        return Err(CallErrorKind::WaitsForItself(own));
    }
    let entering = pool.enter(handle);
    Ok(Some(before(caller.deadline, handle, entering).await??))
}

/// An instance that is ready, or a store to make one in where a place is free.
pub(super) async fn instance(
    function: &Function,
    handle: &Handle,
    context: CallSettings,
    caller: Caller<'_>,
) -> Result<InstanceStore, CallErrorKind> {
    if let Some(mut spare) = function.spares.take() {
        spare.store.set_epoch_deadline(EPOCHS);
        let budget = function.budget.get();
        spare.store.data_mut().begin(context, budget)?;
        return Ok(spare);
    }
    let place = instance_place(function, handle, caller).await?;
    let state = State::new(handle.clone(), context).with_budget(function.budget.get());
    let state = state.watched(function.watch.clone());
    let engine = function.linked.code.engine();
    Ok(InstanceStore {
        store: function.engine.store(engine, state).map_err(problem)?,
        callee: None,
        _place: place,
        spare_place: None,
    })
}

/// A place among all instances, where spares give way. A call that another one waits for does not wait:
/// were all instances of such calls, they would wait for each other for ever.
async fn instance_place(
    function: &Function,
    handle: &Handle,
    caller: Caller<'_>,
) -> Result<AdmissionPermit, CallErrorKind> {
    if let Some(place) = function.instances.try_enter(handle) {
        return Ok(place);
    }
    function.all_spares.give_way();
    if !caller.chain.is_empty() {
        let place = function.instances.try_enter(handle);
        return place.ok_or(CallErrorKind::PoolFull);
    }
    let entering = function.instances.enter(handle);
    Ok(before(caller.deadline, handle, entering).await??)
}

async fn run<I: Invocation>(
    function: &Function,
    handle: &Handle,
    mut instance: InstanceStore,
    invocation: I,
    caller: Caller<'_>,
) -> Result<I::Output, CallErrorKind> {
    let now = handle.now()?;
    let deadline = match (function.fixed.limits.execution, caller.deadline) {
        (Some(limit), None) => Some(now + limit),
        (Some(limit), Some(deadline)) => Some(deadline.min(now + limit)),
        (None, deadline) => deadline,
    };
    let record = caller.record.map(Arc::as_ref);
    let state = instance.store.data_mut();
    state.call.deadline = deadline;
    if let Some(record) = caller.record {
        record.enter(CallState::Running, now);
        state.set_record(record.clone());
    }
    let guest = run_in(function, &mut instance, invocation);
    let outcome = match deadline {
        None => guest_in(function, handle, guest, record).await,
        // Boxed to keep the common path's future small. The deadline is polled first: a guest that spins
        // is ready whenever it is polled.
        Some(deadline) => {
            let guest = Box::pin(guest_in(function, handle, guest, record));
            match select(handle.sleep_until(deadline), guest).await {
                Either::Left(Ok(())) => Err(CallErrorKind::DeadlineExceeded),
                Either::Left(Err(error)) => Err(error.into()),
                Either::Right(outcome) => outcome,
            }
        }
    };
    let state = instance.store.data_mut();
    function.budget.set(state.call.budget());
    let outstanding = state.end();
    // The instance is not needed for what is left.
    match outcome.is_ok() && instance.spare_place.is_some() {
        true => {
            function.fixed.let_go(state);
            function.spares.end(instance);
        }
        false => drop(instance),
    }
    // However it ended: what its guest has handed over is delivered first.
    if let Some(outstanding) = outstanding {
        // Boxed to keep the common path's future small.
        let delivered = outstanding.delivered(deadline);
        Box::pin(observed(record, handle, CallState::Delivering, delivered)).await;
    }
    outcome
}

/// Runs a guest so that the others run too, whatever it does.
pub(super) async fn guest_in<T>(
    function: &Function,
    handle: &Handle,
    guest: impl Future<Output = wasmtime::Result<T>>,
    record: Option<&CallRecord>,
) -> Result<T, CallErrorKind> {
    let mut guest = pin!(guest);
    let may_panic = function.linked.has_own;
    let guest = poll_fn(|cx| poll_caught(guest.as_mut(), may_panic, cx));
    // Whoever counts how long it computes.
    let timed = record.filter(|record| record.is_timed());
    let ended = match function.engine.profile() {
        Profile::Live => watched(guest, &function.watch, handle, timed).await,
        Profile::Simulated => paced(guest, handle, FUEL_SLICE_COST, timed).await?,
    };
    ended.map_err(problem)
}

async fn run_in<I: Invocation>(
    function: &Function,
    instance: &mut InstanceStore,
    invocation: I,
) -> wasmtime::Result<I::Output> {
    let store = &mut instance.store;
    let callee = match instance.callee {
        Some(callee) => callee,
        None => function.instantiate(store).await?,
    };
    invocation.invoke(callee, &function.linked, store).await
}

/// What an error of the engine means.
pub(super) fn problem(error: wasmtime::Error) -> CallErrorKind {
    if let Some(&exit) = error.downcast_ref::<Exit>() {
        return CallErrorKind::Exit(exit);
    }
    if let Some(lost) = error.downcast_ref::<OutputLost>() {
        return CallErrorKind::Output(lost.clone());
    }
    if let Some(&of_group) = error.downcast_ref::<GroupError>() {
        return CallErrorKind::Group(of_group);
    }
    if error.is::<DeadlinePassed>() {
        return CallErrorKind::DeadlineExceeded;
    }
    if let Some(mismatch) = error.downcast_ref::<TypeMismatch>() {
        return mismatch.clone().into();
    }
    match error.is::<Untyped>() {
        true => CallErrorKind::Untyped(Untyped.to_string()),
        false => CallErrorKind::Trap(Trap::new(&error)),
    }
}
