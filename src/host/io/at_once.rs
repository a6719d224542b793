//! `block` and `poll` where something is ready: the answer is there before a future is made. The generated bindings
//! allocate one that could wait, whether it does or not.

use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use wasmtime::component::{Linker, Resource};
use wasmtime::{Result, StoreContextMut};

use super::interfaces::poll::{Host, HostPollable};
use super::poll::SLICE;
use crate::host::State;
use crate::host::pollable::Pollable;

type Store<'a> = StoreContextMut<'a, State>;
type HostFuture<'a, T> = Box<dyn Future<Output = Result<T>> + Send + 'a>;

/// Puts the functions in the place of the generated ones.
///
/// # Errors
/// When the linker's instance of this name is not `wasi:io/poll`.
pub(super) fn define(linker: &mut Linker<State>, instance: &str) -> Result<()> {
    linker.allow_shadowing(true);
    let mut functions = linker.instance(instance)?;
    functions.func_wrap_async("[method]pollable.block", block)?;
    functions.func_wrap_async("poll", poll)?;
    linker.allow_shadowing(false);
    Ok(())
}

fn block<'a>(mut store: Store<'a>, (pollable,): (Resource<Pollable>,)) -> HostFuture<'a, ()> {
    let call = &mut store.data_mut().counted().call;
    if call.has_to_yield() {
        return Box::new(
            async move { HostPollable::block(&mut store.data_mut().call, pollable).await },
        );
    }
    match call.is_ready(&pollable) {
        Ok(true) => Box::new(Done),
        Ok(false) => Box::new(async move { store.data_mut().call.wait_for_one(pollable).await }),
        Err(error) => Box::new(ready(Err(error))),
    }
}

fn poll<'a>(
    mut store: Store<'a>,
    (pollables,): (Vec<Resource<Pollable>>,),
) -> HostFuture<'a, (Vec<u32>,)> {
    let call = &mut store.data_mut().counted().call;
    let is_short = (1..=SLICE.min(call.limits.resources)).contains(&pollables.len());
    if !is_short || call.has_to_yield() {
        return Box::new(
            async move { Ok((Host::poll(&mut store.data_mut().call, pollables).await?,)) },
        );
    }
    call.spend_items(pollables.len());
    let mut found = Vec::new();
    match call.scan_slice(0, &pollables, &mut found) {
        Ok(()) if found.is_empty() => {
            Box::new(async move { Ok((store.data_mut().call.wait_any(&pollables).await?,)) })
        }
        Ok(()) => Box::new(ready(Ok((found,)))),
        Err(error) => Box::new(ready(Err(error))),
    }
}

/// A future that is ready, and takes no memory.
struct Done;

impl Future for Done {
    type Output = Result<()>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}
