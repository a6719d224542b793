//! What a call hands to its function and takes back: values whose types are known when it runs, or
//! when it is compiled.

use std::marker::PhantomData;

use wasmtime::component::{ComponentNamedList, Lift, Lower, Val};
use wasmtime::{Error, Result, Store};

use super::callee::Callee;
use crate::host::State;
use crate::module::Method;
use crate::program::LinkedFunction;
use crate::values::signature;

/// What a call hands to its function and takes back.
pub(super) trait Invocation {
    /// What it takes back.
    type Output;

    /// Calls the function.
    ///
    /// # Errors
    /// The guest's trap; `TypeMismatch` and `Untyped` where it cannot be called so.
    async fn invoke(
        self,
        callee: Callee,
        linked: &LinkedFunction,
        store: &mut Store<State>,
    ) -> Result<Self::Output>;
}

/// Values of its parameters' types; it takes back `None` of a function without a result.
pub(super) struct Values<'a>(pub(super) &'a [Val]);

impl Invocation for Values<'_> {
    type Output = Option<Val>;

    async fn invoke(
        self,
        callee: Callee,
        linked: &LinkedFunction,
        store: &mut Store<State>,
    ) -> Result<Option<Val>> {
        callee.call(linked, store, self.0).await
    }
}

/// Rust values, whose types are compared with the function's.
pub(super) struct Typed<P, R> {
    params: P,
    results: PhantomData<fn() -> R>,
}

impl<P, R> Typed<P, R> {
    pub(super) fn new(params: P) -> Typed<P, R> {
        Typed {
            params,
            results: PhantomData,
        }
    }
}

impl<P, R> Invocation for Typed<P, R>
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift + 'static,
{
    type Output = R;

    async fn invoke(
        self,
        callee: Callee,
        linked: &LinkedFunction,
        store: &mut Store<State>,
    ) -> Result<R> {
        let Callee::Component { function, .. } = callee else {
            return Err(Untyped.into());
        };
        let typed = function.typed::<P, R>(&*store);
        let typed = typed.map_err(|error| TypeMismatch::new(&error, &linked.method))?;
        typed.call_async(&mut *store, self.params).await
    }
}

/// The function's types are not those that it is called with.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}; the function is {signature}")]
pub(super) struct TypeMismatch {
    pub(super) reason: String,
    pub(super) signature: String,
}

impl TypeMismatch {
    pub(super) fn new(error: &Error, method: &Method) -> TypeMismatch {
        let name = method.name.rsplit('#').next().unwrap_or(&method.name);
        TypeMismatch {
            reason: format!("{error:#}"),
            signature: signature(name, &method.params, method.result.as_ref()),
        }
    }
}

/// A core module that is not made a component: its functions have no types that the engine compares.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "its module is a core module that imports preview 1, which has no typed calls: call it with values or JSON"
)]
pub(super) struct Untyped;
