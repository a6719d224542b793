//! An `fs.directory` entry, opened: a directory of the host and what may be done in it.

mod cache;
mod class;
mod open_error;
mod settings;
pub mod simulated;
mod status;

pub use cache::{OpenDirError, RootCache};
pub use class::{Class, Magic};
pub use open_error::OpenError;
pub use settings::{Mask, Settings};
pub use status::{FileTime, Status};
pub use wippy_dispatcher::DeferredClose;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cap_std::fs::Dir;
use rustix::process::{Resource, getrlimit};
use signal_hook::consts::SIGXFSZ;
use wippy_dispatcher::{Handle, Lane};

use self::open_error::open_reason;
use self::simulated::{HostDisk, OpenInode};
use crate::trust::{PathError, PathGuard};

/// An opened filesystem. All that its guests open, they open beneath this directory.
#[derive(Debug)]
pub struct Filesystem {
    /// Taken by the end only; none of a simulated one.
    root: Option<Arc<Dir>>,
    /// That of a simulated one.
    simulated: Option<Arc<OpenInode>>,
    class: Class,
    remembers: bool,
    mask: Mask,
    /// The largest size that the process may give a file (`RLIMIT_FSIZE`). Beyond it the kernel
    /// would end the process with a signal.
    size_limit: Option<u64>,
    lane: Lane,
    deferred_close: DeferredClose,
}

/// How many jobs of one filesystem block a thread at once. A call that is alone gets four of them.
const RUNNING: usize = 56;

/// How many jobs of one filesystem wait for a thread. A call that is alone gets 16,384 of them.
const WAITING: usize = 18 << 14;

impl Filesystem {
    /// Opens the directory, after creating it if it is to be. Blocks; `lane` and `deferred_close` are the
    /// filesystem's own.
    ///
    /// # Errors
    /// [`OpenError`], with what the system said.
    pub fn open(
        settings: &Settings,
        guard: &PathGuard,
        lane: Lane,
        deferred_close: DeferredClose,
    ) -> Result<Filesystem, OpenError> {
        let failed = |error: PathError| OpenError {
            directory: settings.directory.clone(),
            reason: match &error {
                PathError::System(error) => open_reason(error, settings.create.is_some()),
                other => other.to_string(),
            },
        };
        let root = guard.open_dir(&settings.directory, settings.create);
        let root = Dir::from_std_file(root.map_err(failed)?.into());
        let magic = Magic::of(&root);
        let size_limit = getrlimit(Resource::Fsize).current;
        if size_limit.is_some() {
            survive_the_limit().map_err(|error| failed(error.into()))?;
        }
        Ok(Filesystem {
            class: magic.map_or(Class::Unknown, Class::from),
            remembers: magic.is_some_and(Magic::remembers),
            root: Some(Arc::new(root)),
            simulated: None,
            mask: settings.mask,
            size_limit,
            lane,
            deferred_close,
        })
    }

    /// That of a simulated host, for its present life: what the directory held when it was read, and what was
    /// changed since. Blocks where it has to be read.
    ///
    /// # Errors
    /// [`OpenError`], also where there is more in it than a simulation reads.
    pub fn simulated(
        settings: &Settings,
        guard: &PathGuard,
        (disk, handle): (&HostDisk, Handle),
        lane: Lane,
    ) -> Result<Filesystem, OpenError> {
        let volume = disk.volume(settings, guard)?;
        Ok(Filesystem {
            root: None,
            simulated: Some(Arc::new(OpenInode::root(volume, handle))),
            class: Class::Unknown,
            remembers: false,
            mask: settings.mask,
            size_limit: None,
            lane,
            deferred_close: DeferredClose::inline(),
        })
    }

    /// Its root; none of a simulated one, and at its end.
    pub fn root(&self) -> Option<&Arc<Dir>> {
        self.root.as_ref()
    }

    /// The root of a simulated one.
    pub fn simulated_root(&self) -> Option<&Arc<OpenInode>> {
        self.simulated.as_ref()
    }

    /// What its operations since the last question take longer than others, in virtual time. None of a real
    /// one.
    pub fn take_delay(&self) -> Option<Duration> {
        let delay = self.simulated.as_ref()?.take_delay();
        (!delay.is_zero()).then_some(delay)
    }

    /// How its root may be used.
    pub fn class(&self) -> Class {
        self.class
    }

    /// Whether what it knows of its root it tells without waiting; see [`Magic::remembers`].
    pub fn remembers(&self) -> bool {
        self.remembers
    }

    /// What may be done in it.
    pub fn mask(&self) -> Mask {
        self.mask
    }

    /// The largest size that a file may be given, in bytes.
    pub fn size_limit(&self) -> Option<u64> {
        self.size_limit
    }

    /// Where its blocking jobs run.
    pub fn lane(&self) -> &Lane {
        &self.lane
    }

    /// Who closes what is on a filesystem where that may wait.
    pub fn deferred_close(&self) -> &DeferredClose {
        &self.deferred_close
    }
}

impl Drop for Filesystem {
    fn drop(&mut self) {
        let root = self.root.take().and_then(Arc::into_inner);
        if let Some(root) = root.filter(|_| !self.class.is_known()) {
            self.deferred_close.close(root);
        }
    }
}

/// Has the kernel answer a write beyond the limit with an error and not with the end of the process.
/// Writes are checked before, but others may append to the same file, or lower the limit, meanwhile.
pub(crate) fn survive_the_limit() -> io::Result<()> {
    static DONE: Mutex<bool> = Mutex::new(false);
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    if !*done {
        signal_hook::flag::register(SIGXFSZ, Arc::default())?;
        *done = true;
    }
    Ok(())
}

/// A lane for the blocking jobs of one filesystem.
pub fn lane(handle: &Handle) -> Lane {
    handle.lane(RUNNING, WAITING)
}
