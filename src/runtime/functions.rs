//! The functions of a program on one dispatcher: each is made once, when it is first needed.

use std::rc::Rc;
use std::sync::Arc;

use wasmtime::component::{Type, Val};

use super::arguments::Arguments;
use super::error::{CallError, CallErrorKind};
use super::fill::fill;
use super::fixed_context::FixedContext;
use super::function::Function;
use super::options::CallOptions;
use super::spares::Spares;
use super::{OtherThreads, Runtime};
use crate::module::{Digest, Profile};
use crate::registry::{Entry, PoolType};

/// What many calls of a function have in common.
pub(crate) struct Repeatable {
    /// Its name in its module.
    pub(crate) method: String,
    /// It is `wasi:cli/run`.
    pub(crate) is_run: bool,
    /// Its result may be an error.
    pub(crate) returns_result: bool,
    /// The arguments, if they fit.
    pub(crate) values: Result<Vec<Val>, CallErrorKind>,
}

impl Runtime {
    /// The entry that a name means, and its function where it was called by this name.
    pub(super) fn named(
        &self,
        name: &str,
    ) -> Result<(Arc<Entry>, Option<Rc<Function>>), CallError> {
        if let Some(function) = self.inner.named.borrow().get(name) {
            return Ok((function.linked.entry.clone(), Some(function.clone())));
        }
        let entry = self.registry().resolve(name);
        let entry = entry.map_err(|error| CallErrorKind::from(error).of(name))?;
        Ok((entry.clone(), None))
    }

    /// The function of an entry that a name means, which is looked up once.
    pub(super) async fn function_named(
        &self,
        name: &str,
        entry: &Arc<Entry>,
        known: Option<Rc<Function>>,
        options: &CallOptions,
    ) -> Result<Rc<Function>, CallErrorKind> {
        if let Some(function) = known {
            return Ok(function);
        }
        let function = Box::pin(self.function_for(entry, options)).await?;
        let mut named = self.inner.named.borrow_mut();
        named.insert(name.to_owned(), function.clone());
        Ok(function)
    }

    /// An entry's function: read, hashed, compiled and linked once.
    ///
    /// # Errors
    /// `NotCallable` and `Module`.
    pub(crate) async fn function(&self, entry: &Arc<Entry>) -> Result<Rc<Function>, CallErrorKind> {
        if entry.function().is_none() {
            return Err(CallErrorKind::NotCallable(entry.kind_name().to_owned()));
        }
        if let Some(function) = self.inner.functions.borrow().get(&entry.id) {
            return Ok(function.clone());
        }
        let inner = &self.inner;
        let linked = inner
            .program
            .link(&inner.code, &inner.handle, entry)
            .await?;
        // Meanwhile another call of it may have come here.
        if let Some(function) = inner.functions.borrow().get(&entry.id) {
            return Ok(function.clone());
        }
        let is_pooled = inner.code.engine.is_pooled(linked.code.engine());
        let instances = match is_pooled {
            true => inner.bounds.instances.clone(),
            false => inner.bounds.on_demand.clone(),
        };
        // Places beside the pool are few.
        let spares = if is_pooled { self.spares_of(entry) } else { 0 };
        let pool = match inner.code.engine.profile() {
            Profile::Live => linked.pool.clone(),
            Profile::Simulated => linked.own_pool(inner.program.options()),
        };
        let function = Rc::new(Function {
            pool,
            fixed: FixedContext::new(
                &linked,
                inner.program.limits(),
                inner.http.clone(),
                inner.program.options().stdio.get(&entry.id).cloned(),
            ),
            linked,
            engine: inner.code.engine.clone(),
            watch: inner.watch.clone(),
            group: self.number(),
            instances,
            budget: inner.budget.clone(),
            spares: Rc::new(Spares::new(spares)),
            spare_places: inner.bounds.spares.clone(),
            all_spares: inner.spares.clone(),
            stats: inner.bounds.calls.stats(&entry.id),
        });
        if function.spares.are_kept() {
            inner.spares.add(&function.spares);
            fill(&function, &inner.handle);
        }
        let mut functions = inner.functions.borrow_mut();
        functions.insert(entry.id.clone(), function.clone());
        Ok(function)
    }

    /// Reads, compiles and links what an entry needs, so that its first call does not wait for it.
    /// The name is its ID, or its bare name where that is unambiguous.
    ///
    /// # Errors
    /// `Lookup`, `NotCallable` and `Module`.
    pub async fn prepare(&self, name: &str) -> Result<(), CallError> {
        let entry = self.registry().resolve(name);
        let entry = entry.map_err(|error| CallErrorKind::from(error).of(name))?;
        let function = self.function(entry).await;
        function.map(drop).map_err(|kind| kind.of(&entry.id))
    }

    /// What many calls of a function have in common: it is compiled, and the arguments are converted, once.
    ///
    /// # Errors
    /// Those of [`Runtime::call`] that come before the guest runs.
    pub(crate) async fn repeatable(
        &self,
        name: &str,
        arguments: Arguments<'_>,
    ) -> Result<Repeatable, CallError> {
        let entry = self.registry().resolve(name);
        let entry = entry.map_err(|error| CallErrorKind::from(error).of(name))?;
        let made = async {
            let function = self.function(entry).await?;
            let method = &function.linked.method;
            Ok(Repeatable {
                method: method.name.clone(),
                is_run: method.is_run(),
                returns_result: matches!(method.result, Some(Type::Result(_))),
                values: arguments.values(method),
            })
        };
        let made: Result<_, CallErrorKind> = made.await;
        made.map_err(|kind| kind.of(&entry.id))
    }

    /// The hash of the module of an entry that was prepared.
    pub(crate) fn module_digest(&self, name: &str) -> Option<Digest> {
        let id = &self.registry().resolve(name).ok()?.id;
        let functions = self.inner.functions.borrow();
        Some(functions.get(id)?.linked.module.digest())
    }

    /// How many instances an entry keeps ready. In a simulation none: nothing happens there that no guest
    /// and no seed asks for.
    fn spares_of(&self, entry: &Entry) -> u32 {
        let Some(settings) = entry.function() else {
            return 0;
        };
        // Its calls run on threads of its own, one at a time on each.
        if settings.pool.worker_class.is_some() {
            return u32::from(matches!(self.inner.threads, OtherThreads::Of(_)));
        }
        let has_room = self.inner.program.options().pool.instances() > 1;
        let is_live = self.inner.code.engine.profile() == Profile::Live;
        match settings.pool.effective_type() {
            PoolType::Static if is_live && has_room && entry.process().is_none() => {
                settings.pool.bound().concurrent
            }
            PoolType::Static | PoolType::Inline | PoolType::Lazy | PoolType::Adaptive => 0,
        }
    }
}
