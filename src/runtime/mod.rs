//! A program on a dispatcher: the calls of its entries, its commands and services.

mod arguments;
mod backtrace;
mod call;
mod call_handle;
mod callee;
mod calls;
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
mod functions;
mod guest;
mod instance;
mod invocation;
mod load;
mod metrics;
mod nested;
mod observe;
mod options;
mod payload;
mod processes;
mod services;
mod serving;
mod simulated_calls;
mod spares;
mod threads;
mod with_options;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::rc::{self, Rc};
use std::sync::{Arc, Weak};

use wippy_dispatcher::{Handle, Local};

use function::Function;
use simulated_calls::SimulatedCalls;
use spares::AllSpares;
use threads::{Load, Threads};

use crate::fs::RootCache;
use crate::host::SharedBudget;
use crate::http::simulated_tls::TrustStore;
use crate::http::{Client, ClientLimits};
use crate::module::{ModuleError, Profile};
use crate::preemption::GuestWatch;
use crate::program::{CallBounds, Code, Program};
use crate::registry::{Id, Registry};

pub use arguments::Arguments;
pub(crate) use arguments::OwnedArguments;
pub use backtrace::Backtrace;
pub use call_handle::Call;
pub use check::{CheckOptions, check};
pub use error::{CallError, CallErrorKind, Trap};
pub(crate) use functions::Repeatable;
pub use instance::{Func, Instance};
pub use metrics::{EntryMetrics, Metrics, PoolMetrics};
pub use options::CallOptions;
pub use services::{Ended, Plan, PlanError, supervise, supervise_with};
pub use serving::{BodyMemory, ComponentHandler, EntryHandler, Operations};
pub(crate) use spares::MAX_SPARES;
pub use with_options::WithOptions;

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
    bounds: CallBounds,
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
    /// In a simulation.
    simulated: Option<SimulatedCalls>,
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
        let is_simulated = handle.is_simulated()?;
        let profile = match is_simulated {
            true => Profile::Simulated,
            false => Profile::Live,
        };
        let code = program.code(profile)?;
        let guard = program.registry().guard().clone();
        let runtime = Runtime {
            inner: Rc::new(Inner {
                roots: RootCache::new(handle.clone(), guard),
                http: Client::new(&handle, ClientLimits::default()),
                handle,
                bounds: code.bounds(program.options()),
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
                simulated: is_simulated.then(SimulatedCalls::default),
            }),
        };
        if is_simulated {
            let inner = Rc::downgrade(&runtime.inner);
            let describe = move |task| inner.upgrade()?.simulated.as_ref()?.describe(task);
            runtime.inner.handle.describe_waits(describe)?;
        }
        Ok(runtime)
    }

    /// The dispatcher that it lives on.
    pub fn handle(&self) -> &Handle {
        &self.inner.handle
    }

    /// Whom the HTTPS requests of its guests trust in a simulation, beside what their entries name in
    /// `http.ca`; kept connections are closed. Default: [`SIMULATED_ROOT`](crate::sim::tls::SIMULATED_ROOT). On the
    /// system nothing changes: its own roots are trusted there.
    pub fn trust_simulated(&self, issuers: TrustStore) {
        self.inner.http.trust(issuers);
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

    /// A number that nothing else has.
    fn number(&self) -> u64 {
        let number = self.inner.numbers.get() + 1;
        self.inner.numbers.set(number);
        number
    }
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
