//! Functions and resource types that are bound from closures.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use serde_json::Value;
use wasmtime::component::types::ComponentFunc;
use wasmtime::component::{
    ComponentNamedList, Lift, LinkerInstance, Lower, Resource, ResourceType, Val,
};
use wasmtime::error::Context;
use wasmtime::{Result, StoreContextMut};

use super::context::HostContext;
use super::panics::guarded;
use super::wait::noting;
use crate::activity::{CallState, HostFunction, Wait, observed};
use crate::host::State;
use crate::values;

/// Defines one item of an interface.
pub(super) type DefineItem =
    Arc<dyn Fn(&mut LinkerInstance<'_, State>) -> Result<()> + Send + Sync>;

/// What a function that waits returns.
pub type HostFuture<'a, R> = Pin<Box<dyn Future<Output = Result<R>> + Send + 'a>>;

/// A function that answers at once.
pub(super) fn function<P, R>(
    name: HostFunction,
    item: String,
    function: impl Fn(HostContext<'_>, P) -> Result<R> + Send + Sync + 'static,
) -> DefineItem
where
    P: ComponentNamedList + Lift + 'static,
    R: ComponentNamedList + Lower + 'static,
{
    let function = Arc::new(function);
    Arc::new(move |instance| {
        let (name, function) = (name.clone(), function.clone());
        instance.func_wrap(
            &item,
            move |mut store: StoreContextMut<'_, State>, params: P| {
                let context = store.data_mut().context();
                guarded(&name, || function(context, params))
            },
        )
    })
}

/// A function that may wait.
pub(super) fn waiting_function<P, R>(
    name: HostFunction,
    item: String,
    function: impl for<'a> Fn(HostContext<'a>, P) -> HostFuture<'a, R> + Send + Sync + 'static,
) -> DefineItem
where
    P: ComponentNamedList + Lift + Send + 'static,
    R: ComponentNamedList + Lower + Send + 'static,
{
    let function = Arc::new(function);
    Arc::new(move |instance| {
        let (name, function) = (name.clone(), function.clone());
        instance.func_wrap_async(
            &item,
            move |mut store: StoreContextMut<'_, State>, params: P| {
                let (name, function) = (name.clone(), function.clone());
                Box::new(async move {
                    let state = store.data_mut();
                    call_waiting(state, &name, |context| function(context, params)).await
                })
            },
        )
    })
}

/// A function of whatever types it is imported with, which may wait.
pub(super) fn json_function(
    name: HostFunction,
    item: String,
    function: impl for<'a> Fn(HostContext<'a>, Vec<Value>) -> HostFuture<'a, Value>
    + Send
    + Sync
    + 'static,
) -> DefineItem {
    let function = Arc::new(function);
    Arc::new(move |instance| {
        let (name, function) = (name.clone(), function.clone());
        instance.func_new_async(
            &item,
            move |mut store: StoreContextMut<'_, State>, ty, params, results| {
                let (name, function) = (name.clone(), function.clone());
                Box::new(async move {
                    let arguments = json_arguments(&ty, params)?;
                    let state = store.data_mut();
                    let call = call_waiting(state, &name, |context| function(context, arguments));
                    let value = call.await?;
                    for (ty, result) in ty.results().zip(results) {
                        *result = values::result(&ty, &value)?;
                    }
                    Ok(())
                })
            },
        )
    })
}

fn json_arguments(ty: &ComponentFunc, params: &[Val]) -> Result<Vec<Value>> {
    let mut arguments = Vec::with_capacity(params.len());
    for ((name, ty), value) in ty.params().zip(params) {
        let json = values::to_json(&ty, value);
        arguments.push(json.with_context(|| format!("the argument {name}"))?);
    }
    Ok(arguments)
}

/// What a function that may wait gives. It counts against the call's budget, and reports say that the call
/// waits for it.
async fn call_waiting<R>(
    state: &mut State,
    name: &HostFunction,
    function: impl for<'a> FnOnce(HostContext<'a>) -> HostFuture<'a, R>,
) -> Result<R> {
    let state = state.counted();
    state.call.consume_budget().await?;
    let (record, handle) = state.call.observer();
    let parked = CallState::Parked(Wait::Host(name.clone()));
    let mut waited = false;
    let result = {
        let context = state.uncounted_context();
        let future = guarded(name, || Ok(function(context)))?;
        let future = noting(&mut waited, poll_guarded(name, future));
        observed(record.as_deref(), &handle, parked, future).await
    };
    if waited {
        state.call.reset_budget();
    }
    result
}

/// The future's output; its panic is a trap.
async fn poll_guarded<R>(name: &HostFunction, mut future: HostFuture<'_, R>) -> Result<R> {
    poll_fn(|cx| {
        let polled = guarded(name, || Ok(future.as_mut().poll(cx)));
        polled.unwrap_or_else(|panicked| Poll::Ready(Err(panicked)))
    })
    .await
}

/// A resource type whose values stand in the call's table. `drop` is called when the guest drops a handle.
pub(super) fn resource<T: Send + 'static>(
    name: HostFunction,
    item: String,
    drop: impl Fn(HostContext<'_>, T) -> Result<()> + Send + Sync + 'static,
) -> DefineItem {
    let drop = Arc::new(drop);
    Arc::new(move |instance| {
        let (name, drop) = (name.clone(), drop.clone());
        instance.resource(
            &item,
            ResourceType::host::<T>(),
            move |mut store: StoreContextMut<'_, State>, index| {
                let mut context = store.data_mut().context();
                let handle: Resource<T> = Resource::new_own(index);
                let value = context.table().delete(handle)?;
                guarded(&name, || drop(context, value))
            },
        )
    })
}
