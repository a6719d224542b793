//! Why a call failed.

use std::fmt;

use wasmtime::WasmBacktrace;
use wasmtime::component::Val;

use super::backtrace::Backtrace;
use super::invocation::TypeMismatch;
use crate::call_group::GroupError;
use crate::env::EnvError;
use crate::fs::OpenDirError;
use crate::host::Exit;
use crate::host::stdio::OutputLost;
use crate::http::CertificateError;
use crate::module::ModuleError;
use crate::program::AdmissionError;
use crate::registry::{LookupError, with_article};
use crate::values::{MAX_LIFTED_BYTES, ValueError};

/// A failed call: which entry, and why.
///
/// ```
/// use wippy::{Arguments, CallErrorKind, Entry, Program, Runtime};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let text = r#"(module (func $fails (export "fails") unreachable))"#;
/// let entry = Entry::function("file:guest").bytes(text);
/// let program = Program::builder().entry(entry).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// let call = runtime.call("file:guest", Arguments::Wave(""));
/// let error = dispatcher.block_on(call)?.unwrap_err();
/// assert_eq!(error.entry, "file:guest");
/// assert!(matches!(error.kind, CallErrorKind::Trap(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{entry}: {kind}")]
pub struct CallError {
    /// The entry's ID, or the name that was asked for.
    pub entry: String,
    /// What went wrong.
    pub kind: CallErrorKind,
}

/// What went wrong with a call.
///
/// ```
/// use wippy::{Arguments, CallErrorKind, Runtime};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let runtime = Runtime::new(dispatcher.handle(), Default::default())?;
/// let call = runtime.call("app:absent", Arguments::Wave(""));
/// let error = dispatcher.block_on(call)?.unwrap_err();
/// assert!(matches!(error.kind, CallErrorKind::Lookup(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallErrorKind {
    /// There is no such entry, or it has errors.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The entry is of a kind that cannot be called.
    #[error("{} cannot be called", with_article(.0))]
    NotCallable(String),
    /// The entry's component answers no HTTP requests.
    #[error(
        "its module exports no wasi:http/incoming-handler@0.2.x, which is what answers HTTP requests"
    )]
    NoIncomingHandler,
    /// The entry is no `process.wasm`.
    #[error("{} is no process", with_article(.0))]
    NotAProcess(String),
    /// Its module cannot be used.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The arguments do not fit.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// What a guest gave for another function cannot be read as that function's arguments.
    #[error("the input must be a JSON array of the function's arguments: {0}")]
    Payload(String),
    /// The result cannot be shown as JSON.
    #[error(transparent)]
    Result(ValueError),
    /// There are too few or too many arguments.
    #[error("{error}; the function is {signature}")]
    Count {
        /// How many there are, and how many it takes.
        error: Box<ValueError>,
        /// The function as WIT declares it.
        signature: String,
    },
    /// The function has other types than those that it was called with.
    #[error("{reason}; the function is {signature}")]
    Type {
        /// What does not fit.
        reason: String,
        /// The function as WIT declares it.
        signature: String,
    },
    /// The module is a core module that imports preview 1; it has neither typed calls nor live instances.
    #[error("{0}")]
    Untyped(String),
    /// The calls of its group have used up what they may have together. A live instance is dead then.
    #[error(transparent)]
    Group(#[from] GroupError),
    /// The live instance runs another call, which has to end first.
    #[error("the instance runs another call: an instance has one at a time")]
    InstanceBusy,
    /// The live instance has ended, and why.
    #[error("the instance is dead: {0}; Instance::reset makes a new one in its place")]
    InstanceDead(String),
    /// The live instance has no synchronous calls, because its guest may have to wait in one.
    #[error(
        "the instance has no synchronous calls: it imports host functions that may wait, or its \
         dispatcher is simulated; use Func::call"
    )]
    MayWait,
    /// Too many callers wait.
    #[error("pool is full")]
    PoolFull,
    /// The entry has a call already that waits for this one, and its pool has room for no other.
    #[error(
        "it waits for itself: it was called by a call of its own, and {0} is all that its pool has room for at once"
    )]
    WaitsForItself(usize),
    /// Calls are nested too deep.
    #[error("{0}")]
    TooDeep(String),
    /// A variable of its guest cannot be read, or is not there though required.
    #[error(transparent)]
    Env(#[from] EnvError),
    /// A directory of its guest cannot be opened.
    #[error("wasi.mounts {guest}: {error}")]
    Mount {
        /// The guest's path.
        guest: String,
        /// Why.
        error: OpenDirError,
    },
    /// A mount names an entry that is not a filesystem.
    #[error("wasi.mounts {guest}: {fs} is no filesystem")]
    NoFilesystem {
        /// The guest's path.
        guest: String,
        /// The entry that it names.
        fs: String,
    },
    /// A file of `http.ca` cannot be used.
    #[error("http.ca: {0}")]
    Certificates(#[from] CertificateError),
    /// The guest ended itself with a status (a function: anything but exit(ok)).
    #[error(transparent)]
    Exit(Exit),
    /// The guest was ended because nobody reads the program's standard output any more.
    #[error("standard output: {0}")]
    Output(OutputLost),
    /// `limits.max_execution_ms`, or the caller's own deadline, passed before the call ended.
    #[error("context deadline exceeded")]
    DeadlineExceeded,
    /// The guest trapped.
    #[error("{0}")]
    Trap(Trap),
    /// The program's standard streams cannot be used.
    #[error("standard streams: {0}")]
    Stdio(wippy_dispatcher::Error),
    /// The dispatcher could not do the work.
    #[error(transparent)]
    Dispatcher(#[from] wippy_dispatcher::Error),
}

impl CallErrorKind {
    /// The name of the variant, such as `Trap`: what errors are counted by.
    pub fn name(&self) -> &'static str {
        match self {
            CallErrorKind::Lookup(_) => "Lookup",
            CallErrorKind::NotCallable(_) => "NotCallable",
            CallErrorKind::NotAProcess(_) => "NotAProcess",
            CallErrorKind::Module(_) => "Module",
            CallErrorKind::Value(_) => "Value",
            CallErrorKind::Payload(_) => "Payload",
            CallErrorKind::Result(_) => "Result",
            CallErrorKind::Count { .. } => "Count",
            CallErrorKind::Type { .. } => "Type",
            CallErrorKind::Untyped(_) => "Untyped",
            CallErrorKind::Group(_) => "Group",
            CallErrorKind::NoIncomingHandler => "NoIncomingHandler",
            CallErrorKind::InstanceBusy => "InstanceBusy",
            CallErrorKind::InstanceDead(_) => "InstanceDead",
            CallErrorKind::MayWait => "MayWait",
            CallErrorKind::PoolFull => "PoolFull",
            CallErrorKind::WaitsForItself(_) => "WaitsForItself",
            CallErrorKind::TooDeep(_) => "TooDeep",
            CallErrorKind::Env(_) => "Env",
            CallErrorKind::Mount { .. } => "Mount",
            CallErrorKind::NoFilesystem { .. } => "NoFilesystem",
            CallErrorKind::Certificates(_) => "Certificates",
            CallErrorKind::Exit(_) => "Exit",
            CallErrorKind::Output(_) => "Output",
            CallErrorKind::DeadlineExceeded => "DeadlineExceeded",
            CallErrorKind::Trap(_) => "Trap",
            CallErrorKind::Stdio(_) => "Stdio",
            CallErrorKind::Dispatcher(_) => "Dispatcher",
        }
    }

    /// The same with the entry that it happened in.
    pub(crate) fn of(self, entry: impl fmt::Display) -> CallError {
        CallError {
            entry: entry.to_string(),
            kind: self,
        }
    }
}

impl From<TypeMismatch> for CallErrorKind {
    fn from(TypeMismatch { reason, signature }: TypeMismatch) -> CallErrorKind {
        CallErrorKind::Type { reason, signature }
    }
}

impl From<AdmissionError> for CallErrorKind {
    fn from(error: AdmissionError) -> CallErrorKind {
        match error {
            AdmissionError::Full => CallErrorKind::PoolFull,
            AdmissionError::Dispatcher(error) => CallErrorKind::Dispatcher(error),
        }
    }
}

/// What a guest trapped with; shown with its functions that were running.
///
/// ```
/// use wippy::{Arguments, CallErrorKind, Entry, Program, Runtime};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let text = r#"(module (func $fails (export "fails") unreachable))"#;
/// let entry = Entry::function("file:guest").bytes(text);
/// let program = Program::builder().entry(entry).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// let call = runtime.call("file:guest", Arguments::Wave(""));
/// let error = dispatcher.block_on(call)?.unwrap_err();
/// let CallErrorKind::Trap(trap) = error.kind else {
///     panic!("{error}");
/// };
/// assert!(trap.message.contains("unreachable"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Trap {
    /// The cause.
    pub message: String,
    /// The functions that were running.
    pub backtrace: Backtrace,
}

impl Trap {
    /// From the runtime's error.
    pub(crate) fn new(error: &wasmtime::Error) -> Trap {
        let backtrace = error.downcast_ref::<WasmBacktrace>();
        Trap {
            message: error.root_cause().to_string(),
            backtrace: backtrace.map(Backtrace::new).unwrap_or_default(),
        }
    }
}

impl Trap {
    /// What to say of a bound of the engine's, whose own text does not say how much there is.
    fn bound(&self) -> Option<String> {
        if self.message.ends_with(LIFTED) {
            return Some(format!(
                "the values that a guest hands over at once may take {MAX_LIFTED_BYTES} bytes (a list \
                 takes {} an element)",
                size_of::<Val>()
            ));
        }
        self.message.ends_with(HANDLES).then(|| {
            "a call may hold twice as many handles as limits.max_resources says; those that are lent \
             count twice"
                .to_owned()
        })
    }
}

/// How the engine's errors end where a call reaches its bounds.
const LIFTED: &str = "fuel allocated for hostcalls has been exhausted";
const HANDLES: &str = "store handle limit exceeded";

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        if let Some(bound) = self.bound() {
            write!(f, "\n    {bound}")?;
        }
        write!(f, "{}", self.backtrace)
    }
}
