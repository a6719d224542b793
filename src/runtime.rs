//! A project on a dispatcher: its entries, compiled at first need, and their calls.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use wippy_dispatcher::Handle;

use crate::env::Environment;
use crate::fs::{self, Roots};
use crate::function::values::{ValueError, signature};
use crate::function::{Arguments, CallError, Function, Pool, Problem, call};
use crate::host::filesystem::Mount;
use crate::host::stdio::Stdio;
use crate::host::{Context, Exit, Limits};
use crate::mistake::mistakes;
use crate::module::{
    self, Capabilities, Engine, ExpectedHash, MAX_INSTANCES, Method, Module, ModuleError, Modules,
    Origin, Profile,
};
use crate::once::Once;
use crate::process::Status;
use crate::registry::{
    Diagnostic, Entry, FsDirectory, Id, Kind, ProcessService, Registry, Source, Wasi,
};

/// The calls that may wait for an instance, over all entries.
const MAX_WAITING: u32 = 1 << 20;

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
    roots: Roots,
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
                roots: Roots::new(handle.clone()),
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

    /// The dispatcher that it lives on.
    pub fn handle(&self) -> &Handle {
        &self.inner.handle
    }

    /// The project's entries.
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    /// How many modules were compiled so far.
    pub fn compilations(&self) -> u64 {
        self.inner.modules.compilations()
    }

    /// Loads all modules of the project: each is read, hashed, compared and decoded once, and
    /// `method`, `wit` and `imports` of its entries are checked (contract §3). Nothing is compiled.
    /// A call loads what it needs by itself; this finds the mistakes of the others.
    ///
    /// # Errors
    /// The dispatcher's; the project's mistakes are what it returns, in the order of the entries.
    pub async fn load(&self) -> Result<Vec<Diagnostic>, wippy_dispatcher::Error> {
        let registry = &self.inner.registry;
        // What has mistakes, or needs what has, was told of already.
        let usable = registry.entries().filter(|entry| {
            entry.function().is_some() && registry.mistakes_of(&entry.id).is_empty()
        });
        let mut loading = Vec::new();
        for entry in usable {
            let (runtime, entry) = (self.clone(), entry.clone());
            let task = async move {
                let problem = runtime.module(&entry).await.err().map(Problem::from);
                mistakes(&entry, problem.as_ref())
            };
            loading.push(self.inner.handle.spawn(task)?);
        }
        let mut found = Vec::new();
        for task in loading {
            found.extend(task.await.unwrap_or_default());
        }
        Ok(found)
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
        self.run_process(entry, command, stdio, Input::Words(words))
            .await
    }

    /// The same for any process, by its ID or by its bare name where that is unambiguous.
    ///
    /// # Errors
    /// As [`Runtime::run`]; `NotAProcess` for what is none.
    pub async fn execute(
        &self,
        name: &str,
        stdio: Stdio,
        words: &[String],
    ) -> Result<Status, CallError> {
        let entry = self
            .inner
            .registry
            .resolve(name)
            .map_err(|error| Problem::from(error).of(name))?;
        let Some(process) = entry.process() else {
            return Err(Problem::NotAProcess(entry.kind_name().to_owned()).of(&entry.id));
        };
        let name = match &process.command {
            Some(command) => &command.name,
            None => &entry.id.name,
        };
        self.run_process(entry, name, stdio, Input::Words(words))
            .await
    }

    /// Runs a service's process once, with the service's input.
    ///
    /// # Errors
    /// As [`Runtime::run`].
    pub async fn run_service(
        &self,
        process: &Arc<Entry>,
        service: &ProcessService,
        stdio: Stdio,
    ) -> Result<Status, CallError> {
        let input = service.input.iter().map(serde_json::to_value);
        // Nodes are made of what JSON knows.
        let input: Vec<_> = input.map(Result::unwrap_or_default).collect();
        self.run_process(process, &process.id.name, stdio, Input::Values(&input))
            .await
    }

    async fn run_process(
        &self,
        entry: &Arc<Entry>,
        name: &str,
        stdio: Stdio,
        input: Input<'_>,
    ) -> Result<Status, CallError> {
        let function = self
            .prepare(entry)
            .await
            .map_err(|problem| problem.of(&entry.id))?;
        let mut argv = vec![name.to_owned()];
        let arguments = match function.method.is_run() {
            true => {
                argv.extend(input.words());
                Arguments::Text(&[])
            }
            false => input.arguments(),
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
        let mounts = self.mounts(&function).await?;
        let context = context(&function, stdio, argv, env, mounts);
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

    /// What a guest's `get-directories` returns: opened when its call starts.
    async fn mounts(&self, function: &Function) -> Result<Arc<[Arc<Mount>]>, Problem> {
        let settings = function.entry.function();
        let listed = settings.map_or(&[][..], |settings| &settings.wasi.mounts);
        let mut mounts = Vec::with_capacity(listed.len());
        for mount in listed {
            let entry = self.inner.registry.get(&mount.fs);
            let Some(directory) = entry.and_then(|entry| entry.fs_directory()) else {
                return Err(Problem::NoFilesystem {
                    guest: mount.guest.clone(),
                    fs: mount.fs.to_string(),
                });
            };
            let opened = self.inner.roots.get(&filesystem(directory)).await;
            let filesystem = opened.map_err(|error| Problem::Mount {
                guest: mount.guest.clone(),
                error,
            })?;
            mounts.push(Arc::new(Mount {
                filesystem,
                guest: mount.guest.clone(),
                read_only: mount.read_only,
            }));
        }
        Ok(mounts.into())
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
        let Loaded {
            module,
            capabilities,
            method,
        } = self.module(&entry).await?;
        let component = inner.modules.compiled(&inner.handle, &module).await?;
        let method = Method::find(&inner.engine, &component, &method)?;
        let linker = module::link(&inner.engine, &component, &capabilities)?;
        let pre = linker
            .instantiate_pre(&component)
            .map_err(|error| ModuleError::Link(format!("{error:#}")))?;
        let pool = match (&entry.kind, entry.function()) {
            (Kind::ProcessWasm(_), _) | (_, None) => None,
            (_, Some(settings)) => {
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
            module,
            capabilities,
            entry,
        }))
    }

    /// An entry's module and what its fields mean to it.
    async fn module(&self, entry: &Entry) -> Result<Loaded, ModuleError> {
        let inner = &self.inner;
        let Some(settings) = entry.function() else {
            return Err(ModuleError::Invalid("the entry has no module".to_owned()));
        };
        let origin = origin(&inner.registry, &settings.source)?;
        let module = inner
            .modules
            .load(&inner.handle, origin, settings.wit.clone())
            .await?;
        let exports: Vec<&str> = module.border.exports.iter().map(String::as_str).collect();
        let method = module::choose(&exports, &settings.method)?.to_owned();
        let names = settings.imports.iter().map(|import| import.value.as_str());
        let mut capabilities = Capabilities::parse(names)?;
        if module.preview1 {
            capabilities.extend_preview1();
        }
        Ok(Loaded {
            module,
            capabilities,
            method,
        })
    }
}

/// What a process is given.
enum Input<'a> {
    /// Of a command line.
    Words(&'a [String]),
    /// Of a service's `input`.
    Values(&'a [serde_json::Value]),
}

impl<'a> Input<'a> {
    fn words(&self) -> Vec<String> {
        match self {
            Input::Words(words) => words.to_vec(),
            Input::Values(values) => values.iter().map(text_of).collect(),
        }
    }

    fn arguments(&self) -> Arguments<'a> {
        match self {
            Input::Words(words) => Arguments::Text(words),
            Input::Values(values) => Arguments::Json(values),
        }
    }
}

/// A string as it is, anything else as JSON.
fn text_of(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// An entry's module, decoded and not compiled, and what the entry's fields mean to it.
struct Loaded {
    module: Rc<Module>,
    capabilities: Capabilities,
    /// The full name of the export that `method` means.
    method: String,
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
    let entry = registry.get(fs);
    let Some(directory) = entry.and_then(|entry| entry.fs_directory()) else {
        return Err(ModuleError::Read {
            path: path.clone(),
            reason: format!("{fs} is no filesystem"),
        });
    };
    if !directory.mode.read {
        return Err(ModuleError::Read {
            path: path.clone(),
            reason: format!("the mode of {fs} does not let files be read"),
        });
    }
    Ok(Origin::File {
        directory: directory.directory.clone(),
        path: path.clone(),
        expected: ExpectedHash::parse(hash)?,
    })
}

/// How an entry's directory is opened.
fn filesystem(directory: &FsDirectory) -> fs::Settings {
    let mode = directory.mode;
    fs::Settings {
        directory: directory.directory.clone(),
        create: directory.auto_init.then_some(mode.bits),
        mask: fs::Mask {
            read: mode.read,
            write: mode.write,
            list: mode.list,
        },
    }
}

/// What a call of an entry is given; `argv` where the entry fixes no arguments.
fn context(
    function: &Function,
    stdio: Stdio,
    argv: &[String],
    env: Vec<(String, String)>,
    mounts: Arc<[Arc<Mount>]>,
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
        Some(list) if function.module.preview1 => std::iter::once(name())
            .chain(list.iter().cloned())
            .collect(),
        Some(list) => list.as_slice().into(),
        None if function.module.preview1 && argv.is_empty() => [name()].into(),
        None => argv.into(),
    };
    Context {
        env: env.into(),
        args,
        cwd: wasi.cwd.as_str().into(),
        stdio,
        mounts,
        network: wasi.network_allow.clone(),
        limits,
    }
}
