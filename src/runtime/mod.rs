//! A project on a dispatcher: its entries, compiled at first need, and their calls.

mod context;
mod loading;
mod processes;

pub(crate) use loading::digest;
pub use loading::origin;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use wippy_dispatcher::Handle;

use crate::env::Environment;
use crate::fs::Roots;
use crate::function::{Arguments, CallError, Function, Pool, Problem, call};
use crate::host::stdio::Stdio;
use crate::host::{Carried, Exit, Limits};
use crate::http::{Client, ClientLimits};
use crate::module::{Engine, MAX_INSTANCES, MAX_ON_DEMAND, ModuleError, Modules, Profile};
use crate::once::Once;
use crate::registry::{Entry, Id, Registry};

/// The calls that may wait for an instance, over all entries.
const MAX_WAITING: u32 = 1 << 20;

/// Everything that is needed to call a project's entries. Clones are the same runtime. It lives on
/// its dispatcher's thread.
#[derive(Clone)]
pub struct Runtime {
    inner: Rc<Inner>,
}

/// What was asked for so far, each made once.
type Functions = HashMap<Id, Rc<Once<Rc<Function>, ModuleError>>>;

struct Inner {
    handle: Handle,
    registry: Registry,
    environment: Arc<Environment>,
    engine: Engine,
    modules: Modules,
    functions: RefCell<Functions>,
    /// The last number that a function or a call was given.
    numbers: Cell<u64>,
    instances: Pool,
    /// Instances that are allocated on demand.
    on_demand: Pool,
    carried: Carried,
    /// What a call may use where its entry says nothing else.
    limits: Limits,
    /// The opened directories of filesystem entries.
    roots: Roots,
    http: Client,
}

impl Runtime {
    /// A runtime over a project's entries. Nothing is compiled yet.
    ///
    /// # Errors
    /// When the machine cannot run the engine, or the handle is not of this thread.
    pub fn new(handle: Handle, registry: Registry) -> Result<Runtime, ModuleError> {
        let profile = match handle.is_simulated()? {
            true => Profile::Simulated,
            false => Profile::Live,
        };
        let engine = Engine::new(profile)?;
        Ok(Runtime {
            inner: Rc::new(Inner {
                roots: Roots::new(handle.clone(), registry.guard().clone()),
                http: Client::new(&handle, ClientLimits::default()),
                handle,
                environment: Arc::new(registry.environment().clone()),
                registry,
                modules: Modules::new(engine.clone()),
                engine,
                functions: RefCell::new(HashMap::new()),
                numbers: Cell::new(0),
                instances: Pool::new(MAX_INSTANCES, MAX_WAITING),
                on_demand: Pool::new(MAX_ON_DEMAND, MAX_WAITING),
                carried: Carried::new(),
                limits: Limits::default(),
            }),
        })
    }

    /// The dispatcher that it lives on.
    pub fn handle(&self) -> &Handle {
        &self.inner.handle
    }

    /// The project's entries.
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    /// How many times a module was read and hashed so far, or taken from text.
    pub fn reads(&self) -> u64 {
        self.inner.modules.reads()
    }

    /// How many modules were compiled so far.
    pub fn compilations(&self) -> u64 {
        self.inner.modules.compilations()
    }

    /// Calls a function by its ID, or by its bare name where that is unambiguous. Its standard
    /// output and error become log lines.
    ///
    /// # Errors
    /// See [`Problem`]; nothing that a guest does ends anything but its own call.
    pub async fn call(
        &self,
        name: &str,
        arguments: Arguments<'_>,
    ) -> Result<serde_json::Value, CallError> {
        self.call_with(name, None, arguments).await
    }

    /// The same with standard streams of the caller's, where there are some.
    ///
    /// # Errors
    /// As [`Runtime::call`].
    pub async fn call_with(
        &self,
        name: &str,
        stdio: Option<Stdio>,
        arguments: Arguments<'_>,
    ) -> Result<serde_json::Value, CallError> {
        let entry = self
            .inner
            .registry
            .resolve(name)
            .map_err(|error| Problem::from(error).of(name))?;
        let stdio = stdio.unwrap_or_else(|| Stdio::logged(&entry.id.to_string()));
        match self.call_entry(entry, stdio, &[], arguments).await {
            Err(Problem::Exit(Exit(0))) => Ok(serde_json::Value::Null),
            result => result.map_err(|problem| problem.of(&entry.id)),
        }
    }

    /// A number that nothing else has.
    fn number(&self) -> u64 {
        let number = self.inner.numbers.get() + 1;
        self.inner.numbers.set(number);
        number
    }

    pub(super) async fn call_entry(
        &self,
        entry: &Arc<Entry>,
        stdio: Stdio,
        argv: &[String],
        arguments: Arguments<'_>,
    ) -> Result<serde_json::Value, Problem> {
        let function = self.prepare(entry).await?;
        let context = self.context(&function, stdio, argv).await?;
        call(&function, &self.inner.handle, context, arguments).await
    }
}
