//! Why a simulation cannot be run.

use crate::fs::OpenError;
use crate::module::ModuleError;
use crate::runtime::CallError;

/// Why a simulation cannot be run: something that it is put together from is not there. What goes wrong
/// in a run is the run's [`Outcome`](crate::sim::Outcome).
///
/// ```
/// use wippy::sim::{Call, Simulation, SimulationError};
/// use wippy::{Entry, Program};
///
/// let entry = Entry::function("app:one").bytes(r#"(module (func (export "one")))"#);
/// let program = Program::builder().entry(entry).build()?;
/// let simulation = Simulation::builder(program).host("a", []).run("b", Call::new("app:one"));
/// let error = simulation.build().unwrap_err();
/// assert_eq!(error.to_string(), r#"there is no host "b" (did you mean "a"?)"#);
/// # Ok::<(), wippy::EntryError>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// A call or a native task is placed on a host that there is not.
    #[error("there is no host {host:?}{hint}")]
    UnknownHost {
        /// The host as it was named.
        host: String,
        /// The host that was probably meant, in brackets; or nothing.
        hint: String,
    },
    /// A host serves two entries on one port.
    #[error("the host {host:?} has two servers on port {port}; give one of them another port")]
    PortInUse {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// What goes wrong with the files of an entry is said, which is no `fs.directory` or is not there.
    #[error("there is no filesystem {filesystem:?}: {reason}")]
    NoFilesystem {
        /// The entry as it was named.
        filesystem: String,
        /// What is there instead.
        reason: String,
    },
    /// A directory that a call mounts cannot be read.
    #[error(transparent)]
    Files(#[from] OpenError),
    /// An entry that is called or served is not there, or its module is none for that.
    #[error("{0}")]
    Call(Box<CallError>),
    /// The machine cannot run the engine.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// A run that cannot be shrunk.
    #[error(transparent)]
    Shrink(#[from] wippy_dispatcher::sim::ShrinkError),
    /// Hosts, links or faults that contradict each other; what the setup failed with.
    #[error(transparent)]
    Dispatcher(#[from] wippy_dispatcher::Error),
}

impl From<CallError> for SimulationError {
    fn from(error: CallError) -> SimulationError {
        SimulationError::Call(Box::new(error))
    }
}
