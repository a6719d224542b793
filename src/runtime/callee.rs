//! The function that a call runs, in an instance of a component or of a core module.

use wasmtime::component::{self, Func, Val};
use wasmtime::{Result, Store, format_err};

use super::core;
use crate::host::State;
use crate::program::{LinkedCode, LinkedFunction};

/// A function in an instance. It is of the store that it was made in.
#[derive(Clone, Copy)]
pub(super) enum Callee {
    /// A component's.
    Component {
        /// The instance, for its other functions.
        instance: component::Instance,
        function: Func,
    },
    /// That of a core module's instance.
    Core(wasmtime::Instance),
}

impl Callee {
    /// Makes an instance in a store, for one call.
    ///
    /// # Errors
    /// What the engine says, and traps of the guest.
    pub(super) async fn instantiate(
        linked: &LinkedFunction,
        store: &mut Store<State>,
    ) -> Result<Callee> {
        match &linked.code {
            LinkedCode::Component { pre, index, .. } => {
                let instance = pre.instantiate_async(&mut *store).await?;
                let callee = instance.get_func(&mut *store, index);
                let gone = || format_err!("{} is gone", linked.method.name);
                Ok(Callee::Component {
                    instance,
                    function: callee.ok_or_else(gone)?,
                })
            }
            // In a box, so that the futures of components' calls stay small.
            LinkedCode::Core(code) => Ok(Callee::Core(
                Box::pin(core::instantiate(code, store)).await?,
            )),
        }
    }

    /// Calls it.
    ///
    /// # Errors
    /// The guest's trap; of a core module also a result that is no value of its type.
    pub(super) async fn call(
        self,
        linked: &LinkedFunction,
        store: &mut Store<State>,
        arguments: &[Val],
    ) -> Result<Option<Val>> {
        let method = &linked.method;
        match (self, &linked.code) {
            (Callee::Component { function, .. }, _) => {
                let mut results = match method.result {
                    Some(_) => vec![Val::Bool(false)],
                    None => Vec::new(),
                };
                function
                    .call_async(&mut *store, arguments, &mut results)
                    .await?;
                Ok(results.pop())
            }
            (Callee::Core(instance), LinkedCode::Core(code)) => {
                Box::pin(core::run(code, instance, method, store, arguments)).await
            }
            (Callee::Core(_), LinkedCode::Component { .. }) => {
                Err(format_err!("{} is no core module", method.name))
            }
        }
    }
}
