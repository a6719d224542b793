//! A project on a dispatcher: its entries, compiled at first need, and their calls.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use wippy_dispatcher::Handle;

use crate::env::Environment;
use crate::function::values::{ValueError, signature};
use crate::function::{Arguments, CallError, Function, Pool, Problem, call};
use crate::host::http::Access;
use crate::host::stdio::Stdio;
use crate::host::{Context, Exit, Limits};
use crate::http::{Client, ClientLimits, Roots};
use crate::module::{
    self, Capabilities, Engine, ExpectedHash, MAX_INSTANCES, Method, ModuleError, Modules, Origin,
    Profile,
};
use crate::once::Once;
use crate::process::Status;
use crate::registry::{Entry, Id, Kind, Registry, Source, Wasi};

/// The calls that may wait for an instance, over all entries.
const MAX_WAITING: u32 = 1 << 20;
/// The largest file of certificates, in bytes.
const CA_MAX: u64 = 1 << 20;
/// The interface that sends requests.
const HANDLER: &str = "wasi:http/outgoing-handler";

/// Everything that is needed to call a project's entries. Clones are the same runtime. It lives on
/// its dispatcher's thread.
#[derive(Clone)]
pub struct Runtime {
    inner: Rc<Inner>,
}

struct Inner {
    handle: Handle,
    registry: Registry,
    environment: Arc<Environment>,
    engine: Engine,
    modules: Modules,
    functions: RefCell<HashMap<Id, Rc<Once<Rc<Function>>>>>,
    instances: Pool,
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
                http: Client::new(&handle, ClientLimits::default()),
                handle,
                environment: Arc::new(registry.environment().clone()),
                registry,
                modules: Modules::new(engine.clone()),
                engine,
                functions: RefCell::new(HashMap::new()),
                instances: Pool::new(MAX_INSTANCES, MAX_WAITING),
            }),
        })
    }

    /// The project's entries.
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    /// How many modules were compiled so far.
    pub fn compiled(&self) -> u64 {
        self.inner.modules.compiled()
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

    /// Runs a command by its name with the words of a command line (contract §7).
    ///
    /// # Errors
    /// As [`Runtime::call`], except that the guest's own exit is a status.
    pub async fn run(
        &self,
        command: &str,
        stdio: Stdio,
        words: &[String],
    ) -> Result<Status, CallError> {
        let entry = self
            .inner
            .registry
            .command(command)
            .map_err(|error| Problem::from(error).of(command))?;
        let function = self
            .prepare(entry)
            .await
            .map_err(|problem| problem.of(&entry.id))?;
        let (argv, arguments) = match function.method.is_run() {
            true => (
                [&[command.to_owned()], words].concat(),
                Arguments::Text(&[]),
            ),
            false => (vec![command.to_owned()], Arguments::Text(words)),
        };
        match self.call_entry(entry, stdio, &argv, arguments).await {
            Ok(value) => Ok(Status::of_value(value)),
            Err(Problem::Exit(Exit(status))) => Ok(Status::exit(status)),
            Err(Problem::Value(error @ ValueError::Count { .. })) => {
                let method = &function.method;
                let signature = signature(&method.name, &method.params, method.result.as_ref());
                let error = Box::new(error);
                Err(Problem::Words { error, signature }.of(&entry.id))
            }
            Err(problem) => Err(problem.of(&entry.id)),
        }
    }

    async fn call_entry(
        &self,
        entry: &Arc<Entry>,
        stdio: Stdio,
        argv: &[String],
        arguments: Arguments<'_>,
    ) -> Result<serde_json::Value, Problem> {
        let function = self.prepare(entry).await?;
        let env = self.environment(&function).await?;
        let roots = self.roots(&function).await?;
        let http = Access::new(self.inner.http.clone(), roots);
        let context = context(&function, stdio, argv, env, http);
        call(&function, &self.inner.handle, context, arguments).await
    }

    /// What a guest's `get-environment` returns: resolved when its call starts, on the blocking
    /// pool where a storage is a file.
    async fn environment(&self, function: &Function) -> Result<Vec<(String, String)>, Problem> {
        let Some(settings) = function.entry.function() else {
            return Ok(Vec::new());
        };
        let (environment, bindings) = (self.inner.environment.clone(), &settings.wasi.env);
        if !environment.reads_files(bindings) {
            return Ok(environment.bind(bindings)?);
        }
        let bindings = bindings.clone();
        let job = self
            .inner
            .handle
            .unblock(move || environment.bind(&bindings));
        Ok(job.await??)
    }

    /// Whom a guest's requests over TLS trust beside the system's roots: read when its call starts.
    async fn roots(&self, function: &Function) -> Result<Roots, Problem> {
        let files = match function.entry.function() {
            Some(settings) if function.capabilities.allows(HANDLER) => &settings.wasi.http_ca,
            _ => return Ok(Roots::default()),
        };
        if files.is_empty() {
            return Ok(Roots::default());
        }
        let mut places = Vec::with_capacity(files.len());
        for file in files {
            let directory = directory(&self.inner.registry, &file.fs, &file.path)?;
            places.push((directory.to_owned(), file.path.clone()));
        }
        let job = self.inner.handle.unblock(move || {
            let files: Result<Vec<_>, _> = places
                .iter()
                .map(|(directory, path)| module::read(directory, path, CA_MAX))
                .collect();
            Ok::<_, Problem>(Roots::with_extra(&files?)?)
        });
        job.await?
    }

    /// An entry's function: read, hashed, compiled and linked once.
    ///
    /// # Errors
    /// `NotCallable` and `Module`.
    pub async fn prepare(&self, entry: &Arc<Entry>) -> Result<Rc<Function>, Problem> {
        let once = self
            .inner
            .functions
            .borrow_mut()
            .entry(entry.id.clone())
            .or_default()
            .clone();
        let runtime = self.clone();
        let entry = entry.clone();
        if entry.function().is_none() {
            return Err(Problem::NotCallable(entry.kind_name().to_owned()));
        }
        let made = once.get(
            &self.inner.handle,
            || async move { runtime.link(entry).await },
        );
        Ok(made.await?)
    }

    async fn link(&self, entry: Arc<Entry>) -> Result<Rc<Function>, ModuleError> {
        let inner = &self.inner;
        let Some(settings) = entry.function() else {
            return Err(ModuleError::Invalid("the entry has no module".to_owned()));
        };
        let names = settings.imports.iter().map(|import| import.value.as_str());
        let mut capabilities = Capabilities::parse(names)?;
        capabilities.mounted = !settings.wasi.mounts.is_empty();
        let origin = origin(&inner.registry, &settings.source)?;
        let wit = settings.wit.clone();
        let loaded = inner
            .handle
            .unblock(move || origin.load(wit.as_deref()))
            .await??;
        let preview1 = loaded.preview1;
        if preview1 {
            capabilities.extend_preview1();
        }
        let component = inner.modules.get(&inner.handle, loaded).await?;
        let method = Method::find(&inner.engine, &component, &settings.method)?;
        let linker = module::link(&inner.engine, &component, &capabilities)?;
        let pre = linker
            .instantiate_pre(&component)
            .map_err(|error| ModuleError::Link(format!("{error:#}")))?;
        let pool = match &entry.kind {
            Kind::ProcessWasm(_) => None,
            _ => {
                let bound = settings.pool.bound();
                Some(Pool::new(bound.concurrent, bound.waiting))
            }
        };
        Ok(Rc::new(Function {
            method,
            pre,
            engine: inner.engine.clone(),
            pool,
            instances: inner.instances.clone(),
            preview1,
            capabilities,
            entry,
        }))
    }
}

/// Where the bytes of an entry's module are.
///
/// # Errors
/// `Read` when the filesystem entry is none, and the errors of a hash's form.
pub fn origin(registry: &Registry, source: &Source) -> Result<Origin, ModuleError> {
    let (fs, path, hash) = match source {
        Source::Text(text) => return Ok(Origin::Text(text.clone())),
        Source::File { fs, path, hash } => (fs, path, hash),
    };
    Ok(Origin::File {
        directory: directory(registry, fs, path)?.to_owned(),
        path: path.clone(),
        expected: ExpectedHash::parse(hash)?,
    })
}

/// The directory of the filesystem entry that holds `path`.
fn directory<'a>(registry: &'a Registry, fs: &Id, path: &str) -> Result<&'a Path, ModuleError> {
    let entry = registry.get(fs);
    match entry.and_then(|entry| entry.fs_directory()) {
        Some(found) => Ok(&found.directory),
        None => Err(ModuleError::Read {
            path: path.to_owned(),
            reason: format!("{fs} is no filesystem"),
        }),
    }
}

/// What a call of an entry is given; `argv` where the entry fixes no arguments.
fn context(
    function: &Function,
    stdio: Stdio,
    argv: &[String],
    env: Vec<(String, String)>,
    http: Access,
) -> Context {
    let default = Wasi::default();
    let settings = function.entry.function();
    let wasi = settings.map_or(&default, |settings| &settings.wasi);
    let mut limits = Limits::default();
    if let Some(settings) = settings {
        let size = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
        limits.memory = settings.limits.max_memory_bytes.map_or(limits.memory, size);
        limits.resources = settings.limits.max_resources.map_or(limits.resources, size);
    }
    // A preview 1 module takes its first argument for its own name.
    let name = || function.entry.id.name.clone();
    let args = match &wasi.args {
        Some(list) if function.preview1 => std::iter::once(name())
            .chain(list.iter().cloned())
            .collect(),
        Some(list) => list.as_slice().into(),
        None if function.preview1 && argv.is_empty() => [name()].into(),
        None => argv.into(),
    };
    Context {
        env: env.into(),
        args,
        cwd: wasi.cwd.as_str().into(),
        stdio,
        http,
        network: wasi.network_allow.clone(),
        limits,
    }
}
