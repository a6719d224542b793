//! What all threads of a program share: its entries, and what was read, compiled and linked of them.

mod adaptive;
mod admission;
mod async_once_cell;
mod builder;
mod code;
mod directory;
mod entry;
mod entry_error;
mod inspect;
mod linked;
mod modules;
mod mounted;
mod options;
mod origin;
mod registration;
mod slow_compile;

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use wippy_dispatcher::Handle;

use crate::env::Environment;
use crate::host::CallLimits;
use crate::module::{CodeStore, ModuleError, Profile};
use crate::registry::{self, Registry};

pub(crate) use admission::{Admission, AdmissionError, AdmissionPermit};
pub use builder::ProgramBuilder;
pub(crate) use code::{CallBounds, Code};
pub use directory::Directory;
pub use entry::Entry;
pub use entry_error::{EntryError, EntryErrorKind};
pub(crate) use linked::{LinkedCode, LinkedCore, LinkedFunction, LoadedModule};
pub use options::ProgramOptions;
pub use origin::origin;
pub(crate) use origin::{digest, module_key, readable};
pub use slow_compile::SlowCompile;

/// A project's entries and their code. Clones are the same program, which any number of threads
/// share: [`Runtime::on`](crate::Runtime::on) puts it on a dispatcher. Modules are read, compiled
/// and linked once, whichever thread needs them first.
///
/// ```
/// use wippy::{Arguments, Entry, Program, Runtime};
/// use wippy_dispatcher::Dispatcher;
///
/// let text = r#"(module (func (export "one") (result i32) i32.const 1))"#;
/// let entry = Entry::function("file:one").bytes(text);
/// let program = Program::builder().entry(entry).build()?;
/// let threads = [program.clone(), program].map(|program| {
///     std::thread::spawn(move || {
///         let dispatcher = Dispatcher::new().unwrap();
///         let runtime = Runtime::on(dispatcher.handle(), program).unwrap();
///         let call = runtime.call("file:one", Arguments::Wave(""));
///         dispatcher.block_on(call).unwrap().unwrap()
///     })
/// });
/// for thread in threads {
///     assert_eq!(thread.join().unwrap(), 1);
/// }
/// # Ok::<(), wippy::EntryError>(())
/// ```
#[derive(Clone)]
pub struct Program {
    shared: Arc<Shared>,
}

struct Shared {
    registry: Registry,
    options: ProgramOptions,
    environment: Arc<Environment>,
    /// What a call may use where its entry says nothing else.
    limits: CallLimits,
    /// The code on disk, if there is any.
    store: Option<Arc<CodeStore>>,
    /// The code for real dispatchers, made when the first of them needs it.
    live: Mutex<Option<Arc<Code>>>,
    /// The code for simulated ones.
    simulated: Mutex<Option<Arc<Code>>>,
}

impl Program {
    /// The parts to put one together from: a project, entries that are made in code, options.
    pub fn builder() -> ProgramBuilder {
        ProgramBuilder::default()
    }

    /// A program of a project's entries. Nothing is read or compiled yet.
    pub fn new(registry: Registry) -> Program {
        Program::with_options(registry, ProgramOptions::new())
    }

    /// The same with options of one's own.
    pub fn with_options(registry: Registry, options: ProgramOptions) -> Program {
        let store = options.code_cache.clone().map(|cache| {
            let mounted = mounted::writable(&registry);
            Arc::new(CodeStore::new(cache, registry.guard().clone(), mounted))
        });
        Program {
            shared: Arc::new(Shared {
                store,
                environment: Arc::new(registry.environment().clone()),
                registry,
                options,
                limits: CallLimits::default(),
                live: Mutex::default(),
                simulated: Mutex::default(),
            }),
        }
    }

    /// The project's entries.
    pub fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    pub(crate) fn options(&self) -> &ProgramOptions {
        &self.shared.options
    }

    pub(crate) fn environment(&self) -> &Arc<Environment> {
        &self.shared.environment
    }

    /// How many files of compiled code it has written so far.
    pub(crate) fn written(&self) -> u64 {
        let store = self.shared.store.as_ref();
        store.map_or(0, |store| store.written())
    }

    pub(crate) fn limits(&self) -> CallLimits {
        self.shared.limits
    }

    /// The code for dispatchers of one kind.
    ///
    /// # Errors
    /// `Invalid` when the machine cannot run the engine.
    pub(crate) fn code(&self, profile: Profile) -> Result<Arc<Code>, ModuleError> {
        let code = match profile {
            Profile::Live => &self.shared.live,
            Profile::Simulated => &self.shared.simulated,
        };
        // It is set as a whole or not at all.
        let mut code = code.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = &*code {
            return Ok(code.clone());
        }
        let made = Arc::new(Code::new(
            profile,
            &self.shared.options,
            self.shared.store.clone(),
        )?);
        *code = Some(made.clone());
        Ok(made)
    }

    /// An entry's function: read, hashed, compiled and linked once.
    ///
    /// # Errors
    /// Those of its module; see [`ModuleError`].
    pub(crate) async fn link(
        &self,
        code: &Arc<Code>,
        handle: &Handle,
        entry: &Arc<registry::Entry>,
    ) -> Result<Arc<LinkedFunction>, ModuleError> {
        if code.modules.is_simulated() {
            return code.cell(entry).get_blocking(|| {
                let (registry, options) = (self.registry(), self.options());
                let linking = linked::link(registry, &code.modules, handle, entry.clone(), options);
                at_once(linking)
            });
        }
        let make = || {
            let (program, code) = (self.clone(), code.clone());
            let (handle, entry) = (handle.clone(), entry.clone());
            async move {
                let options = program.options();
                linked::link(program.registry(), &code.modules, &handle, entry, options).await
            }
        };
        code.cell(entry).get(handle, make).await
    }
}

/// The output of a future that waits for nothing, as all steps are where they happen on the caller's
/// thread.
///
/// # Errors
/// `Engine`, were it to wait for something.
fn at_once<T>(future: impl Future<Output = Result<T, ModuleError>>) -> Result<T, ModuleError> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => Err(ModuleError::Engine(
            "linking for a simulation waits for something".to_owned(),
        )),
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.registry().entries().count();
        f.debug_struct("Program")
            .field("entries", &entries)
            .finish_non_exhaustive()
    }
}
