//! One call: a fresh instance, its arguments in, its result out, and nothing left behind.

use std::future::Future;

use wasmtime::Store;
use wasmtime::component::Val;
use wippy_dispatcher::{Handle, Instant};

use super::chain::CallChain;
use super::error::{CallErrorKind, Trap};
use super::function::Function;
use super::guest::{paced, watched};
use super::options::before;
use crate::host::stdio::OutputLost;
use crate::host::{CallSettings, Exit, State};
use crate::module::{FUEL_SLICE_COST, Profile};
use crate::program::AdmissionPermit;
use crate::select::{Either, select};

/// Calls a function with values of its parameters' types, waiting for an instance where none is free.
/// `None` for a function without a result.
///
/// What the guest has handed over is delivered before this returns, or the time for that has passed
/// (see [`CallLimits::delivery`](crate::host::CallLimits)). Dropping the future frees the instance at once
/// and gives up what is not delivered.
///
/// # Errors
/// See [`CallErrorKind`].
pub(super) async fn call(
    function: &Function,
    handle: &Handle,
    context: CallSettings,
    arguments: &[Val],
    caller: Caller<'_>,
) -> Result<Option<Val>, CallErrorKind> {
    let result = call_once(function, handle, context, arguments, caller).await;
    // It fails at the dispatcher's end, which takes nothing from the result.
    let _ = function.budget.count_instance(handle).await;
    result
}

/// What a call has to know of whoever calls.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) deadline: Option<Instant>,
    pub(super) chain: &'a CallChain,
}

async fn call_once(
    function: &Function,
    handle: &Handle,
    context: CallSettings,
    arguments: &[Val],
    caller: Caller<'_>,
) -> Result<Option<Val>, CallErrorKind> {
    let _instance = instance(function, handle, caller).await?;
    run(function, handle, context, arguments, caller.deadline).await
}

/// A place in the entry's pool, where it has one.
pub(super) async fn place(
    function: &Function,
    handle: &Handle,
    caller: Caller<'_>,
) -> Result<Option<AdmissionPermit>, CallErrorKind> {
    let Some(pool) = &function.linked.pool else {
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

/// A place among all instances. A call that another one waits for does not wait: were all instances
/// of such calls, they would wait for each other for ever.
async fn instance(
    function: &Function,
    handle: &Handle,
    caller: Caller<'_>,
) -> Result<AdmissionPermit, CallErrorKind> {
    if !caller.chain.is_empty() {
        let place = function.instances.try_enter(handle);
        return place.ok_or(CallErrorKind::PoolFull);
    }
    let entering = function.instances.enter(handle);
    Ok(before(caller.deadline, handle, entering).await??)
}

async fn run(
    function: &Function,
    handle: &Handle,
    context: CallSettings,
    arguments: &[Val],
    deadline: Option<Instant>,
) -> Result<Option<Val>, CallErrorKind> {
    let deadline = match (context.limits.execution, deadline) {
        (Some(limit), None) => Some(handle.now()? + limit),
        (Some(limit), Some(deadline)) => Some(deadline.min(handle.now()? + limit)),
        (None, deadline) => deadline,
    };
    let state = State::new(handle.clone(), context).with_budget(function.budget.get());
    let mut state = state.watched(function.watch.clone());
    state.call.deadline = deadline;
    let mut store = function
        .engine
        .store(function.linked.pre.engine(), state)
        .map_err(problem)?;
    let guest = run_in(function, &mut store, arguments);
    let outcome = match deadline {
        None => guest_in(function, handle, guest).await,
        // Boxed to keep the common path's future small. The deadline is polled first: a guest that spins
        // is ready whenever it is polled.
        Some(deadline) => {
            let guest = Box::pin(guest_in(function, handle, guest));
            match select(handle.sleep_until(deadline), guest).await {
                Either::Left(Ok(())) => Err(CallErrorKind::DeadlineExceeded),
                Either::Left(Err(error)) => Err(error.into()),
                Either::Right(outcome) => outcome,
            }
        }
    };
    function.budget.set(store.data().call.budget());
    let outstanding = store.data_mut().end();
    // The instance is not needed for what is left.
    drop(store);
    // However it ended: what its guest has handed over is delivered first.
    if let Some(outstanding) = outstanding {
        // Boxed to keep the common path's future small.
        Box::pin(outstanding.delivered(deadline)).await;
    }
    outcome
}

/// Runs a guest so that the others run too, whatever it does.
async fn guest_in(
    function: &Function,
    handle: &Handle,
    guest: impl Future<Output = wasmtime::Result<Option<Val>>>,
) -> Result<Option<Val>, CallErrorKind> {
    let ended = match function.engine.profile() {
        Profile::Live => watched(guest, &function.watch).await,
        Profile::Simulated => paced(guest, handle, FUEL_SLICE_COST).await?,
    };
    ended.map_err(problem)
}

async fn run_in(
    function: &Function,
    store: &mut Store<State>,
    arguments: &[Val],
) -> wasmtime::Result<Option<Val>> {
    let instance = function.linked.pre.instantiate_async(&mut *store).await?;
    let callee = instance
        .get_func(&mut *store, function.linked.method.index)
        .ok_or_else(|| wasmtime::format_err!("{} is gone", function.linked.method.name))?;
    let mut results = match function.linked.method.result {
        Some(_) => vec![Val::Bool(false)],
        None => Vec::new(),
    };
    callee
        .call_async(&mut *store, arguments, &mut results)
        .await?;
    Ok(results.pop())
}

fn problem(error: wasmtime::Error) -> CallErrorKind {
    if let Some(&exit) = error.downcast_ref::<Exit>() {
        return CallErrorKind::Exit(exit);
    }
    match error.downcast_ref::<OutputLost>() {
        Some(lost) => CallErrorKind::Output(lost.clone()),
        None => CallErrorKind::Trap(Trap::new(&error)),
    }
}
