//! How many of the process's descriptors one call may hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

/// What one call may hold: half of what the process may have (`RLIMIT_NOFILE`), so that a guest that
/// hoards leaves something for the others and for the host.
pub fn share_of_process() -> usize {
    match getrlimit(Resource::Nofile).current {
        Some(limit) => usize::try_from(limit / 2).unwrap_or(usize::MAX).max(1),
        None => usize::MAX,
    }
}

/// The descriptors of one call: opened files and directories, lists of directories, streams of FIFOs
/// and devices, sockets. Mounts and connections of HTTP are the host's own and do not count. Clones
/// are the same count.
#[derive(Clone)]
pub(crate) struct Descriptors(Arc<Count>);

struct Count {
    held: AtomicUsize,
    bound: usize,
}

/// One descriptor, counted until it is closed, on whatever thread and however long after its call.
pub(crate) struct Held(Arc<Count>);

impl Descriptors {
    pub(crate) fn new(bound: usize) -> Descriptors {
        Descriptors(Arc::new(Count {
            held: AtomicUsize::new(0),
            bound,
        }))
    }

    /// Counts one more, before it is opened.
    ///
    /// # Errors
    /// `MFILE` at the bound, as the system says at its own.
    pub(crate) fn hold(&self) -> Result<Held, Errno> {
        // Only the call itself adds; others take away.
        if self.0.held.load(Ordering::Relaxed) >= self.0.bound {
            return Err(Errno::MFILE);
        }
        self.0.held.fetch_add(1, Ordering::Relaxed);
        Ok(Held(self.0.clone()))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_told_as_the_system_tells_its_own_and_given_back_ones_count_again() {
        let descriptors = Descriptors::new(2);
        let one = descriptors.hold().expect("room");
        let _two = descriptors.clone().hold().expect("room");
        assert_eq!(descriptors.hold().err(), Some(Errno::MFILE));
        drop(one);
        descriptors.hold().expect("room");
    }
}
