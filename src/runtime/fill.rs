//! Making spare instances while the dispatcher is idle.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

use wippy_dispatcher::Handle;

use super::function::Function;
use super::guest::watched;
use super::spares::{InstanceStore, Made, Work};
use crate::host::State;
use crate::host::embedder::poll_caught;

/// When this is dropped, at a call's end however it ends, [`fill`] begins.
pub(super) struct FillAfter<'a> {
    pub(super) function: &'a Rc<Function>,
    pub(super) handle: &'a Handle,
}

impl Drop for FillAfter<'_> {
    fn drop(&mut self) {
        fill(self.function, self.handle);
    }
}

/// Sees to it that a function's spares are made and its ended instances dropped, one at a time,
/// whenever nothing else can run.
pub(super) fn fill(function: &Rc<Function>, handle: &Handle) {
    let spares = &function.spares;
    if !spares.are_kept() || spares.is_filling.replace(true) {
        return;
    }
    // It must not keep the function, whose runtime may be dropped meanwhile.
    let task = handle.spawn(fill_when_idle(Rc::downgrade(function), handle.clone()));
    match task {
        Ok(task) => task.detach(),
        // The next call tries again.
        Err(_) => spares.is_filling.set(false),
    }
}

async fn fill_when_idle(function: Weak<Function>, handle: Handle) {
    while handle.idle().await.is_ok() {
        let Some(function) = function.upgrade() else {
            return;
        };
        let more = match function.spares.work() {
            Work::Dropped => true,
            Work::Make => make(&function, &handle),
            Work::Done => false,
        };
        if !more {
            function.spares.is_filling.set(false);
            return;
        }
    }
}

/// Makes one. False where there is no room for it.
fn make(function: &Function, handle: &Handle) -> bool {
    let Some(spare_place) = function.spare_places.try_enter(handle) else {
        return false;
    };
    let Some(place) = function.instances.try_enter(handle) else {
        return false;
    };
    let state = State::unused(handle.clone(), function.fixed.unused());
    let state = state.watched(function.watch.clone());
    let store = function.engine.store(function.linked.code.engine(), state);
    let Ok(store) = store else {
        return false;
    };
    let mut instance = InstanceStore {
        store,
        callee: None,
        _place: place,
        spare_place: Some(spare_place),
    };
    // It is polled once: what stays longer than a guest may is not made beside other work.
    let made = {
        let mut instantiating = pin!(function.instantiate(&mut instance.store));
        let may_panic = function.linked.has_own;
        let guarded = poll_fn(|cx| poll_caught(instantiating.as_mut(), may_panic, cx));
        let making = pin!(watched(guarded, &function.watch, handle, None));
        making.poll(&mut Context::from_waker(Waker::noop()))
    };
    let state = instance.store.data();
    let (is_unused, has_yielded) = (state.is_unused(), state.has_yielded());
    function.spares.add(match made {
        Poll::Pending => Made::Late,
        Poll::Ready(Err(_)) => Made::Unfit,
        Poll::Ready(Ok(callee)) if is_unused => Made::Spare(InstanceStore {
            callee: Some(callee),
            ..instance
        }),
        // Where nothing else can run, a yield goes on at once.
        Poll::Ready(Ok(_)) if has_yielded => Made::Late,
        Poll::Ready(Ok(_)) => Made::Unfit,
    });
    function.spares.are_kept()
}
