//! What one call may use of the process.

use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use crate::call_group::CallGroup;
use crate::quota::{Quota, QuotaPermit};

/// The bounds of one call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallLimits {
    /// Memory in bytes, over all linear memories and tables of the instance and the heap of its
    /// garbage collector. Default 1 GiB.
    pub memory: usize,
    /// Live resources. Default 65,536. The handles that its components hold may be twice as many: a
    /// handle that is borrowed counts twice meanwhile.
    pub resources: usize,
    /// Descriptors of the process, never more than `resources`. Default: half of what the process
    /// may have when the default is made.
    pub descriptors: usize,
    /// Core instances. Default 10,000.
    pub instances: usize,
    /// How long it may execute, deliveries included. Default: as long as it takes.
    pub execution: Option<Duration>,
    /// How long the end of the call waits for what its guest has handed over. Default 10 s.
    pub delivery: Duration,
}

impl Default for CallLimits {
    fn default() -> CallLimits {
        CallLimits {
            memory: 1 << 30,
            resources: 1 << 16,
            descriptors: half_of_the_processs_descriptors(),
            instances: 10_000,
            execution: None,
            delivery: Duration::from_secs(10),
        }
    }
}

impl CallLimits {
    /// The call's quota of descriptors, which are its group's as well. Opened files and directories, lists of directories, streams
    /// of FIFOs and devices, and sockets count until they are closed. Mounts and connections of HTTP
    /// are the host's own and do not.
    pub(super) fn descriptor_quota(&self, group: Option<&CallGroup>) -> Quota {
        let own = self.descriptors.min(self.resources);
        match group {
            Some(group) => group.descriptor_quota(own),
            None => Quota::new(own),
        }
    }
}

/// Half of what the process may have (`RLIMIT_NOFILE`), so that a guest that hoards leaves something
/// for the others and for the host.
fn half_of_the_processs_descriptors() -> usize {
    match getrlimit(Resource::Nofile).current {
        Some(limit) => usize::try_from(limit / 2).unwrap_or(usize::MAX).max(1),
        None => usize::MAX,
    }
}

/// A permit for one more descriptor, acquired before it is opened.
///
/// # Errors
/// `EMFILE` at the quota's bound, as the system says at its own.
pub(crate) fn descriptor_permit(descriptors: &Quota) -> Result<QuotaPermit, Errno> {
    descriptors.try_acquire(1).ok_or(Errno::MFILE)
}
