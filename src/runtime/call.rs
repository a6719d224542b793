//! One call: a fresh instance, its arguments in, its result out, and nothing left behind.

use std::future::Future;

use wasmtime::Store;
use wasmtime::component::Val;
use wippy_dispatcher::Handle;

use super::arguments::Arguments;
use super::error::{CallErrorKind, Trap};
use super::function::Function;
use super::guest::{paced, watched};
use crate::host::stdio::OutputLost;
use crate::host::{CallSettings, Exit, State};
use crate::module::{FUEL_SLICE_COST, Profile};
use crate::select::{Either, select};
use crate::values;

/// Calls a function, waiting for room where its pool has none. The result is null for a function
/// without one.
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
    arguments: Arguments<'_>,
) -> Result<serde_json::Value, CallErrorKind> {
    let result = call_once(function, handle, context, arguments).await;
    // It fails at the dispatcher's end, which takes nothing from the result.
    let _ = function.budget.count_instance(handle).await;
    result
}

async fn call_once(
    function: &Function,
    handle: &Handle,
    context: CallSettings,
    arguments: Arguments<'_>,
) -> Result<serde_json::Value, CallErrorKind> {
    let arguments = arguments.values(&function.linked.method)?;
    let _permit = match &function.pool {
        Some(pool) => Some(pool.enter().await?),
        None => None,
    };
    let _instance = function.instances.enter().await?;
    let result = run(function, handle, context, &arguments).await;
    match (&function.linked.method.result, result?) {
        (Some(ty), Some(value)) => values::to_json(ty, &value).map_err(CallErrorKind::Result),
        _ => Ok(serde_json::Value::Null),
    }
}

async fn run(
    function: &Function,
    handle: &Handle,
    context: CallSettings,
    arguments: &[Val],
) -> Result<Option<Val>, CallErrorKind> {
    let deadline = match context.limits.execution {
        Some(limit) => Some(handle.now()? + limit),
        None => None,
    };
    let state = State::new(handle.clone(), context).with_budget(function.budget.get());
    let state = state.watched(function.watch.clone());
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
