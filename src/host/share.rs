//! What one call may hold of what the process has for all: descriptors, memory for its streams, places
//! at the resolver.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

/// How many bytes on their way from or to files the streams of one call may keep.
pub(crate) const FILE_BYTES: usize = 64 << 20;

/// How many bytes that its connections have accepted one call may keep, until the system takes them.
pub(crate) const SOCKET_BYTES: usize = 256 << 20;

/// How many names one call may have looked up at once: the resolver's places are everybody's.
pub(crate) const LOOKUPS: usize = 64;

/// How many descriptors one call may hold: half of what the process may have (`RLIMIT_NOFILE`), so
/// that a guest that hoards leaves something for the others and for the host.
pub fn share_of_process() -> usize {
    match getrlimit(Resource::Nofile).current {
        Some(limit) => usize::try_from(limit / 2).unwrap_or(usize::MAX).max(1),
        None => usize::MAX,
    }
}

/// A bounded amount of something, of which a call takes parts. Clones are the same share.
#[derive(Clone)]
pub(crate) struct Share(Arc<Amount>);

struct Amount {
    taken: AtomicUsize,
    bound: usize,
}

impl Amount {
    fn take(&self, size: usize) -> bool {
        // Only the call itself takes; others give back.
        let taken = self.taken.load(Ordering::Relaxed).checked_add(size);
        let fits = taken.is_some_and(|taken| taken <= self.bound);
        if fits {
            self.taken.fetch_add(size, Ordering::Relaxed);
        }
        fits
    }
}

/// A part of a share; given back when dropped, on whatever thread and however long after its call.
pub(crate) struct Part {
    of: Arc<Amount>,
    size: usize,
}

/// One descriptor. Opened files and directories, lists of directories, streams of FIFOs and devices,
/// and sockets count until they are closed. Mounts and connections of HTTP are the host's own and do
/// not.
pub(crate) type Held = Part;

impl Share {
    pub(crate) fn new(bound: usize) -> Share {
        Share(Arc::new(Amount {
            taken: AtomicUsize::new(0),
            bound,
        }))
    }

    /// A part of this size, if that much is left.
    pub(crate) fn take(&self, size: usize) -> Option<Part> {
        self.0.take(size).then(|| Part {
            of: self.0.clone(),
            size,
        })
    }

    /// One more descriptor, before it is opened.
    ///
    /// # Errors
    /// `MFILE` at the bound, as the system says at its own.
    pub(crate) fn hold(&self) -> Result<Held, Errno> {
        self.take(1).ok_or(Errno::MFILE)
    }
}

impl Part {
    /// Takes so much more, if it is left; the part is as before otherwise.
    pub(crate) fn grow(&mut self, size: usize) -> bool {
        let grown = self.of.take(size);
        if grown {
            self.size += size;
        }
        grown
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.of.taken.fetch_sub(self.size, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_given_back_can_be_taken_again() {
        let share = Share::new(10);
        let mut six = share.take(4).expect("room");
        assert!(six.grow(2));
        assert!(!six.grow(5) && !six.grow(usize::MAX));
        assert!(share.clone().take(5).is_none());
        assert!(share.take(usize::MAX).is_none());
        let four = share.take(4).expect("room");
        assert_eq!(share.hold().err(), Some(Errno::MFILE));
        drop(four);
        share.hold().expect("room");
        drop(six);
        share.take(10).expect("room");
    }
}
