//! A function of a live instance.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use wasmtime::component::{ComponentExportIndex, ComponentNamedList, Lift, Lower, TypedFunc};
use wasmtime::format_err;
use wippy_dispatcher::Instant;

use super::Instance;
use super::shared::Shared;
use super::slot::LiveInstance;
use crate::module::Method;
use crate::program::LinkedCode;
use crate::runtime::error::{CallError, CallErrorKind};
use crate::runtime::invocation::{TypeMismatch, Untyped};

/// A function of a live instance with Rust types: `P` is the tuple of its parameters, `R` that of its
/// results, as of wasmtime's `TypedFunc`. The types are compared once. It keeps its instance alive, and
/// stays what it is when the instance is reset. It belongs to its dispatcher's thread.
///
/// ```
/// use wippy::{CallErrorKind, Entry, Program, Runtime};
/// use wippy_dispatcher::Dispatcher;
///
/// let text = r#"(module (global $sum (mut i32) (i32.const 0))
///     (func (export "add") (param i32) (result i32)
///         (global.set $sum (i32.add (global.get $sum) (local.get 0)))
///         (global.get $sum)))"#;
/// let program = Program::builder().entry(Entry::function("app:sum").bytes(text)).build()?;
/// let dispatcher = Dispatcher::new()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// dispatcher.block_on(async {
///     let instance = runtime.instance("app:sum").await?;
///     let add = instance.func::<(i32,), (i32,)>("add")?;
///     assert_eq!(add.call((2,)).await?, (2,));
///     assert_eq!(add.call_now((3,))?, (5,));
///     let error = instance.func::<(String,), ()>("add").unwrap_err();
///     assert!(matches!(error.kind, CallErrorKind::Type { .. }));
///     Ok::<(), wippy::CallError>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Func<P, R> {
    shared: Rc<Shared>,
    name: Rc<str>,
    index: ComponentExportIndex,
    /// As it was looked up in the instance of a generation.
    typed: Cell<(u64, TypedFunc<P, R>)>,
}

impl Instance {
    /// A function that it exports: `tick`, or `interface#function` as an entry's `method` names it.
    ///
    /// # Errors
    /// `Module` where there is none, `Type` where it has other types; `InstanceBusy` and
    /// `InstanceDead`.
    pub fn func<P, R>(&self, name: &str) -> Result<Func<P, R>, CallError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        let func = self.find_func(name);
        func.map_err(|kind| kind.of(&self.shared.function.linked.entry.id))
    }

    fn find_func<P, R>(&self, name: &str) -> Result<Func<P, R>, CallErrorKind>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        let shared = &self.shared;
        let LinkedCode::Component { pre, .. } = &shared.function.linked.code else {
            return Err(CallErrorKind::Untyped(Untyped.to_string()));
        };
        let (method, index) = Method::find(pre.component(), name)?;
        let mut taken = shared.slot.take().map_err(|kind| *kind)?;
        let found = taken.live().map(|live| {
            let typed = look_up(live, &index);
            typed.map(|typed| (live.generation, typed))
        });
        taken.put_back();
        match found {
            None => Err(CallErrorKind::InstanceBusy),
            Some(Err(error)) => Err(TypeMismatch::new(&error, &method).into()),
            Some(Ok(typed)) => Ok(Func {
                shared: shared.clone(),
                name: method.name.into(),
                index,
                typed: Cell::new(typed),
            }),
        }
    }
}

impl<P, R> Func<P, R>
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift + 'static,
{
    /// Calls it. The guest may wait, and yields to the dispatcher's other tasks when it computes for
    /// long. Its instance has the state that earlier calls have left.
    ///
    /// It allocates what the engine does, and nothing besides: once a call for the fiber with the guest's
    /// stack, once for each call of a host function that may wait (its future), once for each that borrows a
    /// resource, and the results that are strings or lists. Where the guest is made to yield, after 128
    /// calls of host functions or a preemption tick, the engine takes a future once more.
    ///
    /// After an error the instance is dead, except after `InstanceBusy`. So it is after this future was
    /// dropped before its end: a guest cannot go on from the middle.
    ///
    /// # Errors
    /// `Trap`, `Exit`, `Output` and `Group` of the guest; `DeadlineExceeded` at the deadline of the
    /// instance's options or after what the entry's limits permit for a call; `InstanceBusy` while
    /// another call of the instance runs, `InstanceDead` after one that has failed; `Dispatcher`.
    pub async fn call(&self, params: P) -> Result<R, CallError> {
        self.call_until(None, params).await
    }

    /// The same with a deadline of its own, where that is earlier than the instance's.
    ///
    /// # Errors
    /// As [`Func::call`].
    pub async fn call_by(&self, deadline: Instant, params: P) -> Result<R, CallError> {
        self.call_until(Some(deadline), params).await
    }

    async fn call_until(&self, deadline: Option<Instant>, params: P) -> Result<R, CallError> {
        let run = self.shared.run(deadline, async |live| {
            let typed = self.typed(live)?;
            typed.call_async(&mut live.kept.store, params).await
        });
        run.await.map_err(|kind| self.error(*kind))
    }

    /// Calls it at once, on the caller's stack: no task, no stack of its own, no allocation. It may be
    /// called within the dispatcher's turn and outside of it, on the dispatcher's thread. The guest
    /// cannot be suspended, so it keeps the thread until it ends: it ends at the deadline of the
    /// instance's options, where they say one, and otherwise by itself.
    ///
    /// The engine permits this where no host function that the module imports may wait. Those of
    /// `wasi:clocks`, `wasi:random` and `wasi:cli/environment` never do; `wasi:io/poll`, streams, files,
    /// sockets and HTTP may. In a simulation no instance has synchronous calls.
    ///
    /// # Errors
    /// `MayWait` where the engine does not permit it, after which the instance is as before; those of
    /// [`Func::call`].
    pub fn call_now(&self, params: P) -> Result<R, CallError> {
        self.call_now_until(None, params)
    }

    /// The same with a deadline of its own, where that is earlier than the instance's. A guest that
    /// computes notices it up to two preemption ticks later.
    ///
    /// # Errors
    /// As [`Func::call_now`].
    pub fn call_now_by(&self, deadline: Instant, params: P) -> Result<R, CallError> {
        self.call_now_until(Some(deadline), params)
    }

    fn call_now_until(&self, deadline: Option<Instant>, params: P) -> Result<R, CallError> {
        let run = self.shared.run_now(deadline, |live| {
            let typed = self.typed(live)?;
            typed.call(&mut live.kept.store, params)
        });
        run.map_err(|kind| self.error(*kind))
    }

    /// The function in the instance that is there now.
    #[inline]
    fn typed(&self, live: &mut LiveInstance) -> wasmtime::Result<TypedFunc<P, R>> {
        let (generation, typed) = self.typed.get();
        if generation == live.generation {
            return Ok(typed);
        }
        let typed = look_up(live, &self.index)?;
        self.typed.set((live.generation, typed));
        Ok(typed)
    }

    #[cold]
    fn error(&self, kind: CallErrorKind) -> CallError {
        kind.of(&self.shared.function.linked.entry.id)
    }
}

fn look_up<P, R>(
    live: &mut LiveInstance,
    index: &ComponentExportIndex,
) -> wasmtime::Result<TypedFunc<P, R>>
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift,
{
    let function = live.instance.get_func(&mut live.kept.store, index);
    let function = function.ok_or_else(|| format_err!("the function is gone"))?;
    function.typed::<P, R>(&live.kept.store)
}

impl<P, R> fmt::Debug for Func<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Func")
            .field("entry", &self.shared.function.linked.entry.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
