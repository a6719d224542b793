//! How a runtime calls its functions: with JSON, with values of the engine, with Rust values.

use std::rc::Rc;
use std::sync::Arc;

use tracing::{Instrument, Span};
use wasmtime::component::{ComponentNamedList, Lift, Lower, Val};
use wippy_dispatcher::Error;

use super::arguments::Arguments;
use super::call::{Caller, call, place, place_at_once};
use super::error::{CallError, CallErrorKind};
use super::function::Function;
use super::invocation::{Invocation, Typed, Values};
use super::options::{CallOptions, before};
use super::threads::{Load, Threads};
use super::{OtherThreads, Runtime};
use crate::activity::CallState;
use crate::host::Exit;
use crate::module::ModuleError;
use crate::program::{AdmissionPermit, Program};
use crate::registry::Entry;
use crate::values;

impl Runtime {
    /// Calls a function by its ID, or by its bare name where that is unambiguous. Its standard
    /// output and error become log lines; [`Runtime::with`] says otherwise.
    ///
    /// # Errors
    /// See [`CallErrorKind`]; nothing that a guest does ends anything but its own call.
    pub async fn call(
        &self,
        name: &str,
        arguments: Arguments<'_>,
    ) -> Result<serde_json::Value, CallError> {
        self.json_call(name, CallOptions::new(), arguments).await
    }

    /// The same with options of the caller's.
    ///
    /// # Errors
    /// As [`Runtime::call`].
    pub async fn call_with(
        &self,
        name: &str,
        options: CallOptions,
        arguments: Arguments<'_>,
    ) -> Result<serde_json::Value, CallError> {
        self.json_call(name, options, arguments).await
    }

    /// The same as [`Runtime::call`] with the engine's values, which nothing is converted from or to.
    /// `None` for a function without a result, and for a guest that has ended itself successfully.
    ///
    /// # Errors
    /// As [`Runtime::call`].
    ///
    /// ```
    /// use wippy::{Entry, Program, Runtime, Val};
    ///
    /// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
    /// let text = r#"(module (func (export "next") (param i32) (result i32)
    ///     (i32.add (local.get 0) (i32.const 1))))"#;
    /// let entry = Entry::function("app:next").bytes(text);
    /// let program = Program::builder().entry(entry).build()?;
    /// let runtime = Runtime::on(dispatcher.handle(), program)?;
    /// let next = dispatcher.block_on(runtime.call_values("app:next", &[Val::S32(1)]))??;
    /// assert_eq!(next, Some(Val::S32(2)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn call_values(
        &self,
        name: &str,
        arguments: &[Val],
    ) -> Result<Option<Val>, CallError> {
        self.values_call(name, CallOptions::new(), arguments).await
    }

    /// The same as [`Runtime::call`] with Rust values: `P` is the tuple of the parameters, `R` that of the
    /// results, as of wasmtime's `TypedFunc`. They are compared with the function's types, and handed
    /// over without values in between. It always runs on this runtime's own thread.
    ///
    /// # Errors
    /// As [`Runtime::call`]; `Type` where the function has other types, `Untyped` for a core module
    /// that imports preview 1. A guest that ends itself gives no result: `Exit` also where it says that
    /// it has succeeded.
    ///
    /// ```
    /// use wippy::{Entry, Program, Runtime};
    ///
    /// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
    /// let text = r#"(module (func (export "next") (param i32) (result i32)
    ///     (i32.add (local.get 0) (i32.const 1))))"#;
    /// let entry = Entry::function("app:next").bytes(text);
    /// let program = Program::builder().entry(entry).build()?;
    /// let runtime = Runtime::on(dispatcher.handle(), program)?;
    /// let call = runtime.call_typed::<(i32,), (i32,)>("app:next", (1,));
    /// assert_eq!(dispatcher.block_on(call)??, (2,));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn call_typed<P, R>(&self, name: &str, params: P) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        self.typed_call(name, CallOptions::new(), params).await
    }

    /// Calls a function with JSON.
    pub(super) async fn json_call(
        &self,
        name: &str,
        options: CallOptions,
        arguments: Arguments<'_>,
    ) -> Result<serde_json::Value, CallError> {
        let (entry, known) = self.named(name)?;
        let of = &entry;
        let run = |options| async move {
            let function = self.function_named(name, of, known, &options).await?;
            self.call_json(&function, options, arguments).await
        };
        match self.visible(&entry, options, run).await {
            Err(CallErrorKind::Exit(Exit(0))) => Ok(serde_json::Value::Null),
            result => result.map_err(|problem| problem.of(&entry.id)),
        }
    }

    /// Calls a function with values of the engine.
    pub(super) async fn values_call(
        &self,
        name: &str,
        options: CallOptions,
        arguments: &[Val],
    ) -> Result<Option<Val>, CallError> {
        let (entry, known) = self.named(name)?;
        let of = &entry;
        let run = |options| async move {
            let function = self.function_named(name, of, known, &options).await?;
            let arguments = Arguments::Values(arguments);
            let arguments = self.arguments(&function, arguments).await?;
            self.call_function(&function, options, arguments).await
        };
        match self.visible(&entry, options, run).await {
            Err(CallErrorKind::Exit(Exit(0))) => Ok(None),
            result => result.map_err(|problem| problem.of(&entry.id)),
        }
    }

    /// Calls a function with Rust values.
    pub(super) async fn typed_call<P, R>(
        &self,
        name: &str,
        options: CallOptions,
        params: P,
    ) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        let (entry, known) = self.named(name)?;
        let of = &entry;
        let run = |options| async move {
            let function = self.function_named(name, of, known, &options).await?;
            let _place = self.place(&function, &options).await?;
            let _load = self.inner.load.add();
            let invocation = Typed::new(params);
            self.call_in(&function, options, invocation).await
        };
        let result = self.visible(&entry, options, run).await;
        result.map_err(|problem| problem.of(&entry.id))
    }

    /// Calls an entry in a call that can be seen already; null for a function without a result.
    pub(super) async fn call_visibly(
        &self,
        entry: &Arc<Entry>,
        options: CallOptions,
        arguments: Arguments<'_>,
    ) -> Result<serde_json::Value, CallErrorKind> {
        let function = self.function_for(entry, &options).await?;
        self.call_json(&function, options, arguments).await
    }

    /// The values of a call's arguments. A call whose arguments do not fit counts as one too, so that a
    /// loop over such calls lets others run.
    async fn arguments(
        &self,
        function: &Function,
        arguments: Arguments<'_>,
    ) -> Result<Vec<Val>, CallErrorKind> {
        let values = arguments.values(&function.linked.method);
        if values.is_err() {
            // It fails at the dispatcher's end, which takes nothing from the error.
            let _ = function.budget.count_instance(&self.inner.handle).await;
        }
        values
    }

    async fn call_json(
        &self,
        function: &Rc<Function>,
        options: CallOptions,
        arguments: Arguments<'_>,
    ) -> Result<serde_json::Value, CallErrorKind> {
        let arguments = self.arguments(function, arguments).await?;
        let value = self.call_function(function, options, arguments).await?;
        match (&function.linked.method.result, value) {
            (Some(ty), Some(value)) => values::to_json(ty, &value).map_err(CallErrorKind::Result),
            _ => Ok(serde_json::Value::Null),
        }
    }

    /// A place in the pool of a call's entry, where that has one.
    pub(super) async fn place(
        &self,
        function: &Function,
        options: &CallOptions,
    ) -> Result<Option<AdmissionPermit>, CallErrorKind> {
        let caller = Caller {
            deadline: options.deadline,
            chain: &options.chain,
            record: None,
        };
        let handle = &self.inner.handle;
        match place_at_once(function, handle, caller) {
            Some(place) => Ok(place),
            None => {
                let placing = Box::pin(place(function, handle, caller));
                options.observed(handle, CallState::Queued, placing).await
            }
        }
    }

    /// Calls a function with values of its parameters' types, on this thread or another; `None` for
    /// one without a result.
    pub(super) async fn call_function(
        &self,
        function: &Rc<Function>,
        options: CallOptions,
        arguments: Vec<Val>,
    ) -> Result<Option<Val>, CallErrorKind> {
        let _place = self.place(function, &options).await?;
        let entry = &function.linked.entry;
        if let Some(threads) = self.threads(function, &options)
            && let Some(worker) = threads.choose(entry, &self.inner.load)
        {
            let entry = entry.clone();
            let span = Span::current();
            let call = move |there: Runtime| async move {
                let call = there.call_here(&entry, options, &arguments);
                call.instrument(span).await
            };
            return threads.run(&worker, call).await?;
        }
        let _load = self.inner.load.add();
        self.call_in(function, options, Values(&arguments)).await
    }

    /// Calls a function on this thread. Whoever asks has a place in its pool.
    async fn call_here(
        &self,
        entry: &Arc<Entry>,
        options: CallOptions,
        arguments: &[Val],
    ) -> Result<Option<Val>, CallErrorKind> {
        let function = self.function_for(entry, &options).await?;
        self.call_in(&function, options, Values(arguments)).await
    }

    /// Calls a function on this thread with a place in its pool.
    pub(super) async fn call_in<I: Invocation>(
        &self,
        function: &Rc<Function>,
        options: CallOptions,
        invocation: I,
    ) -> Result<I::Output, CallErrorKind> {
        let handle = &self.inner.handle;
        let (deadline, chain) = (options.deadline, options.chain.clone());
        let record = options.record.clone();
        let context = match function.fixed.is_whole {
            true => self.whole_context(function, options)?,
            false => before(deadline, handle, Box::pin(self.context(function, options))).await??,
        };
        let caller = Caller {
            deadline,
            chain: &chain,
            record: record.as_ref(),
        };
        call(function, handle, context, invocation, caller).await
    }

    /// The threads that a call may run on instead of this one. Streams of the caller's are of its own
    /// dispatcher, and a simulation is on one thread.
    fn threads(&self, function: &Function, options: &CallOptions) -> Option<Arc<Threads<Runtime>>> {
        let settings = function.linked.entry.function()?;
        let program = &self.inner.program;
        let may_leave = program.options().threads > 1 || settings.pool.worker_class.is_some();
        let stdio = options.stdio.as_ref();
        if !may_leave || stdio.is_some_and(|stdio| !stdio.is_discarded()) {
            return None;
        }
        match &self.inner.threads {
            OtherThreads::Own(threads) => {
                Some(threads.get_or_init(|| other_threads(program)).clone())
            }
            OtherThreads::Of(threads) => threads.upgrade(),
            OtherThreads::None => None,
        }
    }
}

/// The threads beside that of a program's first runtime.
fn other_threads(program: &Program) -> Arc<Threads<Runtime>> {
    let own = program.clone();
    let start = move |handle, threads, load: Load| {
        let runtime = Runtime::on_thread(handle, own.clone(), threads, load);
        runtime.map_err(|error| match error {
            ModuleError::Dispatcher(error) => Error::from(std::io::Error::other(error)),
            error => Error::from(std::io::Error::other(error.to_string())),
        })
    };
    Threads::new(program.options(), Box::new(start))
}
