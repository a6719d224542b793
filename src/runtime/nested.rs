//! Calls that a guest makes of other functions, through `wippy:runtime/funcs`: `docs/funcs.md`.

use std::rc::{Rc, Weak};
use std::sync::Arc;

use wippy_dispatcher::{Error, Handle, Instant, Local, Task};

use super::chain::CallChain;
use super::error::{CallError, CallErrorKind};
use super::options::CallOptions;
use super::{Inner, Runtime, payload};
use crate::call_group::CallGroup;
use crate::host::Exit;
use crate::host::funcs::{EntryCaller, Payload};
use crate::id::Id;
use crate::registry::Entry;

/// Calls functions for one guest.
struct NestedCaller {
    handle: Handle,
    runtime: Local<Weak<Inner>>,
    /// The guest's own entry, whose namespace a name without one is of.
    entry: Id,
    /// The calls that the guest's call is part of.
    chain: CallChain,
    /// The number of the guest's call.
    number: Option<u64>,
    /// The calls that it shares bounds with.
    group: Option<CallGroup>,
}

impl Runtime {
    /// What calls other functions for a guest of `entry`.
    ///
    /// # Errors
    /// `TooManyLocals`, `WrongThread` and `Closed` of the dispatcher.
    pub(super) fn nested_caller(
        &self,
        entry: &Id,
        options: &CallOptions,
    ) -> Result<Arc<dyn EntryCaller>, Error> {
        let handle = self.inner.handle.clone();
        let runtime = match self.inner.local.get() {
            Some(local) => local.clone(),
            None => {
                let local = Local::new(&handle, Rc::downgrade(&self.inner))?;
                self.inner.local.get_or_init(|| local).clone()
            }
        };
        Ok(Arc::new(NestedCaller {
            handle,
            runtime,
            entry: entry.clone(),
            chain: options.chain.clone(),
            number: options.record.as_ref().map(|record| record.number()),
            group: options.call_group().cloned(),
        }))
    }

    /// Calls a function with a payload.
    async fn call_nested(
        &self,
        entry: &Arc<Entry>,
        options: CallOptions,
        input: Payload,
    ) -> Result<Result<Payload, String>, CallErrorKind> {
        let run = |options| self.call_nested_visibly(entry, options, input);
        self.visible(entry, options, run).await
    }

    /// The same for a call that can be seen already.
    async fn call_nested_visibly(
        &self,
        entry: &Arc<Entry>,
        options: CallOptions,
        input: Payload,
    ) -> Result<Result<Payload, String>, CallErrorKind> {
        let function = self.function_for(entry, &options).await?;
        let method = &function.linked.method;
        let arguments = payload::arguments(method, input)?;
        match self.call_function(&function, options, arguments).await {
            Ok(value) => payload::result(method.result.as_ref(), value),
            Err(CallErrorKind::Exit(Exit(0))) => Ok(Ok(Payload::Text(String::new()))),
            Err(problem) => Err(problem),
        }
    }
}

impl NestedCaller {
    /// The function that a target names.
    fn resolve(&self, runtime: &Runtime, target: &str) -> Result<Arc<Entry>, CallError> {
        let id = Id::reference(target, &self.entry.namespace);
        let name = id.map_or_else(|_| target.to_owned(), |id| id.to_string());
        let entry = runtime.registry().resolve(&name);
        let entry = entry.map_err(|error| CallErrorKind::from(error).of(&name))?;
        let is_function = entry.function().is_some() && entry.process().is_none();
        if !is_function {
            let kind = entry.kind_name().to_owned();
            return Err(CallErrorKind::NotCallable(kind).of(&entry.id));
        }
        Ok(entry.clone())
    }

    fn start(
        &self,
        target: &str,
        input: Payload,
        deadline: Option<Instant>,
    ) -> Result<Task<Result<Payload, String>>, CallError> {
        let failed = |error: Error| CallErrorKind::from(error).of(target);
        let inner = self.runtime.get().map_err(failed)?.upgrade();
        let inner = inner.ok_or_else(|| failed(Error::Closed))?;
        let runtime = Runtime { inner };
        let entry = self.resolve(&runtime, target)?;
        let chain = self.chain.with(&self.entry);
        let options = match &self.group {
            Some(group) => CallOptions::new().group(group),
            None => CallOptions::new(),
        };
        let options = CallOptions {
            deadline,
            caller: self.number,
            chain: chain
                .map_err(|error| CallErrorKind::TooDeep(error.to_string()).of(&entry.id))?,
            ..options
        };
        let call = async move {
            let output = runtime.call_nested(&entry, options, input).await;
            output.unwrap_or_else(|problem| Err(problem.of(&entry.id).to_string()))
        };
        self.handle.spawn(call).map_err(failed)
    }
}

impl EntryCaller for NestedCaller {
    fn call(
        &self,
        target: &str,
        input: Payload,
        deadline: Option<Instant>,
    ) -> Result<Task<Result<Payload, String>>, String> {
        let started = self.start(target, input, deadline);
        started.map_err(|error| error.to_string())
    }
}
