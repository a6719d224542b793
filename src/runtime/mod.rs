//! A program on a dispatcher: the calls of its entries, its commands and services.

mod arguments;
mod backtrace;
mod call;
mod callee;
mod chain;
mod check;
mod compile;
mod context;
mod core;
mod diagnostics;
mod error;
mod fill;
mod fixed_context;
mod function;
mod guest;
mod load;
mod metrics;
mod nested;
mod observe;
mod options;
mod payload;
mod processes;
mod services;
mod spares;
mod threads;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::rc::{self, Rc};
use std::sync::{Arc, Weak};

use tracing::{Instrument, Span};
use wasmtime::component::Val;
use wippy_dispatcher::{Error, Handle, Local};

use call::{Caller, call, place, place_at_once};
use fill::fill;
use fixed_context::FixedContext;
use function::Function;
use options::before;
use spares::{AllSpares, Spares};
use threads::{Load, Threads};

use crate::activity::CallState;
use crate::fs::RootCache;
use crate::host::{Exit, SharedBudget};
use crate::http::{Client, ClientLimits};
use crate::module::{ModuleError, Profile};
use crate::preemption::GuestWatch;
use crate::program::{Code, Program};
use crate::registry::{Entry, Id, PoolType, Registry};
use crate::values;

pub use arguments::Arguments;
pub use backtrace::Backtrace;
pub use check::{CheckOptions, check};
pub use error::{CallError, CallErrorKind, Trap};
pub use metrics::{EntryMetrics, Metrics, PoolMetrics};
pub use options::CallOptions;
pub use services::{Ended, Plan, PlanError, supervise};

/// A program on a dispatcher. Clones are the same runtime. It lives on its dispatcher's thread.
///
/// ```
/// use wippy::{Arguments, Entry, Program, Runtime};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let text = r#"(module (func (export "next") (param i32) (result i32)
///     (i32.add (local.get 0) (i32.const 1))))"#;
/// let entry = Entry::function("file:next").bytes(text);
/// let program = Program::builder().entry(entry).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// dispatcher.block_on(async {
///     for number in 0..3 {
///         let arguments = [number.into()];
///         let next = runtime.call("file:next", Arguments::Json(&arguments)).await?;
///         assert_eq!(next, number + 1);
///     }
///     Ok::<(), wippy::CallError>(())
/// })??;
/// // Three calls are three instances of one compiled module.
/// assert_eq!(runtime.compilations(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Runtime {
    inner: Rc<Inner>,
}

/// Without what calls are given: environment values and the contents of directories.
impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("program", &self.inner.program)
            .field("reads", &self.reads())
            .field("compilations", &self.compilations())
            .finish_non_exhaustive()
    }
}

struct Inner {
    handle: Handle,
    program: Program,
    code: Arc<Code>,
    /// Records whether this dispatcher is executing guest code.
    watch: Arc<GuestWatch>,
    functions: RefCell<HashMap<Id, Rc<Function>>>,
    /// The same by the names that they were called by: their IDs, and bare names.
    named: RefCell<HashMap<String, Rc<Function>>>,
    /// The spare instances of all entries.
    spares: AllSpares,
    /// The last number that a function or a call was given.
    numbers: Cell<u64>,
    budget: SharedBudget,
    /// The opened directories of filesystem entries.
    roots: RootCache,
    http: Client,
    /// What guests that call other functions hold of it; made at the first need.
    local: OnceCell<Local<rc::Weak<Inner>>>,
    /// Other threads that its calls may run on.
    threads: OtherThreads,
    /// Its own calls.
    load: Load,
}

impl Runtime {
    /// A runtime over a project's entries, for a program with one dispatcher. Nothing is compiled yet.
    ///
    /// # Errors
    /// As [`Runtime::on`].
    pub fn new(handle: Handle, registry: Registry) -> Result<Runtime, ModuleError> {
        Runtime::on(handle, Program::new(registry))
    }

    /// A program on a dispatcher. It is cheap: what is compiled is shared with the program's other
    /// runtimes.
    ///
    /// # Errors
    /// `Invalid` when the machine cannot run the engine, `Dispatcher` when the handle is not of this
    /// thread or its dispatcher has ended.
    pub fn on(handle: Handle, program: Program) -> Result<Runtime, ModuleError> {
        let threads = match handle.is_simulated()? {
            true => OtherThreads::None,
            false => OtherThreads::Own(OnceCell::new()),
        };
        Runtime::with_threads(handle, program, threads, Load::default())
    }

    /// The runtime of another runtime's thread, whose calls `load` counts.
    fn on_thread(
        handle: Handle,
        program: Program,
        threads: Weak<Threads<Runtime>>,
        load: Load,
    ) -> Result<Runtime, ModuleError> {
        Runtime::with_threads(handle, program, OtherThreads::Of(threads), load)
    }

    fn with_threads(
        handle: Handle,
        program: Program,
        threads: OtherThreads,
        load: Load,
    ) -> Result<Runtime, ModuleError> {
        let profile = match handle.is_simulated()? {
            true => Profile::Simulated,
            false => Profile::Live,
        };
        let code = program.code(profile)?;
        let guard = program.registry().guard().clone();
        Ok(Runtime {
            inner: Rc::new(Inner {
                roots: RootCache::new(handle.clone(), guard),
                http: Client::new(&handle, ClientLimits::default()),
                handle,
                program,
                watch: Arc::new(GuestWatch::new(code.ticker.clone())),
                code,
                functions: RefCell::new(HashMap::new()),
                named: RefCell::new(HashMap::new()),
                spares: AllSpares::default(),
                numbers: Cell::new(0),
                budget: SharedBudget::new(),
                local: OnceCell::new(),
                threads,
                load,
            }),
        })
    }

    /// The dispatcher that it lives on.
    pub fn handle(&self) -> &Handle {
        &self.inner.handle
    }

    /// The project's entries.
    pub fn registry(&self) -> &Registry {
        self.inner.program.registry()
    }

    /// How many times a module was read and hashed so far, or taken from text. For tests.
    #[doc(hidden)]
    pub fn reads(&self) -> u64 {
        self.inner.code.modules.reads()
    }

    /// How many modules were compiled so far. For tests and `wippy check --json`.
    #[doc(hidden)]
    pub fn compilations(&self) -> u64 {
        self.inner.code.modules.compilations()
    }

    /// How many modules' compiled code was found on disk so far. For tests and `wippy check --json`.
    #[doc(hidden)]
    pub fn found_compiled(&self) -> u64 {
        self.inner.code.modules.found()
    }

    /// How many instances of an entry are ready for their calls, and how many have ended and are not
    /// dropped yet, on this thread. For tests and benchmarks.
    #[doc(hidden)]
    pub fn spares(&self, name: &str) -> (usize, usize) {
        let entry = self.registry().resolve(name).ok();
        let functions = self.inner.functions.borrow();
        let function = entry.and_then(|entry| functions.get(&entry.id));
        function.map_or((0, 0), |function| {
            (function.spares.ready(), function.spares.ended())
        })
    }

    /// Calls a function by its ID, or by its bare name where that is unambiguous. Its standard
    /// output and error become log lines.
    ///
    /// # Errors
    /// See [`CallErrorKind`]; nothing that a guest does ends anything but its own call.
    pub async fn call(
        &self,
        name: &str,
        arguments: Arguments<'_>,
    ) -> Result<serde_json::Value, CallError> {
        self.call_with(name, CallOptions::new(), arguments).await
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
    /// let entry = Entry::function("file:next").bytes(text);
    /// let program = Program::builder().entry(entry).build()?;
    /// let runtime = Runtime::on(dispatcher.handle(), program)?;
    /// let next = dispatcher.block_on(runtime.call_values("file:next", &[Val::S32(1)]))??;
    /// assert_eq!(next, Some(Val::S32(2)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn call_values(
        &self,
        name: &str,
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
        match self.visible(&entry, CallOptions::new(), run).await {
            Err(CallErrorKind::Exit(Exit(0))) => Ok(None),
            result => result.map_err(|problem| problem.of(&entry.id)),
        }
    }

    /// The entry that a name means, and its function where it was called by this name.
    fn named(&self, name: &str) -> Result<(Arc<Entry>, Option<Rc<Function>>), CallError> {
        if let Some(function) = self.inner.named.borrow().get(name) {
            return Ok((function.linked.entry.clone(), Some(function.clone())));
        }
        let entry = self.registry().resolve(name);
        let entry = entry.map_err(|error| CallErrorKind::from(error).of(name))?;
        Ok((entry.clone(), None))
    }

    /// The function of an entry that a name means, which is looked up once.
    async fn function_named(
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
            true => inner.code.instances.clone(),
            false => inner.code.on_demand.clone(),
        };
        // Places beside the pool are few.
        let spares = if is_pooled { self.spares_of(entry) } else { 0 };
        let function = Rc::new(Function {
            fixed: FixedContext::new(&linked, inner.program.limits(), inner.http.clone()),
            linked,
            engine: inner.code.engine.clone(),
            watch: inner.watch.clone(),
            group: self.number(),
            instances,
            budget: inner.budget.clone(),
            spares: Rc::new(Spares::new(spares)),
            spare_places: inner.code.spares.clone(),
            all_spares: inner.spares.clone(),
            stats: inner.code.calls.stats(&entry.id),
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

    /// A number that nothing else has.
    fn number(&self) -> u64 {
        let number = self.inner.numbers.get() + 1;
        self.inner.numbers.set(number);
        number
    }

    /// Calls an entry in a call that can be seen already; null for a function without a result.
    async fn call_visibly(
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

    /// Calls a function with values of its parameters' types, on this thread or another; `None` for
    /// one without a result.
    async fn call_function(
        &self,
        function: &Rc<Function>,
        options: CallOptions,
        arguments: Vec<Val>,
    ) -> Result<Option<Val>, CallErrorKind> {
        let chain = options.chain.clone();
        let caller = Caller {
            deadline: options.deadline,
            chain: &chain,
            record: None,
        };
        let handle = &self.inner.handle;
        let _place = match place_at_once(function, handle, caller) {
            Some(place) => place,
            None => {
                let placing = Box::pin(place(function, handle, caller));
                options.observed(handle, CallState::Queued, placing).await?
            }
        };
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
        self.call_in(function, options, &arguments).await
    }

    /// Calls a function on this thread. Whoever asks has a place in its pool.
    async fn call_here(
        &self,
        entry: &Arc<Entry>,
        options: CallOptions,
        arguments: &[Val],
    ) -> Result<Option<Val>, CallErrorKind> {
        let function = self.function_for(entry, &options).await?;
        self.call_in(&function, options, arguments).await
    }

    async fn call_in(
        &self,
        function: &Rc<Function>,
        options: CallOptions,
        arguments: &[Val],
    ) -> Result<Option<Val>, CallErrorKind> {
        let handle = &self.inner.handle;
        let (deadline, chain) = (options.deadline, options.chain.clone());
        let record = options.record.clone();
        let context = match function.fixed.is_whole {
            true => self.whole_context(function, options),
            false => before(deadline, handle, Box::pin(self.context(function, options))).await??,
        };
        let caller = Caller {
            deadline,
            chain: &chain,
            record: record.as_ref(),
        };
        call(function, handle, context, arguments, caller).await
    }

    /// The threads that a call may run on instead of this one. Streams of the caller's are of its own
    /// dispatcher, and a simulation is on one thread.
    fn threads(&self, function: &Function, options: &CallOptions) -> Option<Arc<Threads<Runtime>>> {
        let settings = function.linked.entry.function()?;
        let program = &self.inner.program;
        let may_leave = program.options().threads > 1 || settings.pool.worker_class.is_some();
        if !may_leave || options.stdio.is_some() {
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
    let start = move |handle, threads, load| {
        let runtime = Runtime::on_thread(handle, own.clone(), threads, load);
        runtime.map_err(|error| match error {
            ModuleError::Dispatcher(error) => Error::from(std::io::Error::other(error)),
            error => Error::from(std::io::Error::other(error.to_string())),
        })
    };
    Threads::new(program.options(), Box::new(start))
}

/// The threads beside a runtime's own.
enum OtherThreads {
    /// Started by this runtime at the first need.
    Own(OnceCell<Arc<Threads<Runtime>>>),
    /// This runtime is on one of these.
    Of(Weak<Threads<Runtime>>),
    /// Of a simulation.
    None,
}
