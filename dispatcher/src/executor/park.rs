//! The flag by which other threads know whether they have to wake the dispatcher.

use crate::sync::{AtomicU8, Ordering};

/// The dispatcher runs and will look at its channel before it parks.
const RUNNING: u8 = 0;
/// The dispatcher is parked, or its owner waits for its descriptor: it has to be woken.
const PARKED: u8 = 1;
/// A thread has sent something since the dispatcher last looked.
const NOTIFIED: u8 = 2;

/// Decides which thread makes the system call that wakes the dispatcher, if any.
///
/// A sender first puts its message into the channel and then calls [`notify`](ParkFlag::notify); the
/// owner calls [`look`](ParkFlag::look) *before* it drains the channel and
/// [`try_park`](ParkFlag::try_park) before it waits. A message is therefore either drained, or keeps
/// the owner from parking, or its sender finds the owner parked and wakes it: it is never lost.
pub(crate) struct ParkFlag(AtomicU8);

impl ParkFlag {
    /// Parked: until its first turn its owner may wait for the dispatcher's descriptor.
    pub(crate) fn new() -> ParkFlag {
        ParkFlag(AtomicU8::new(PARKED))
    }

    /// For senders, after sending. True: the owner is parked and this caller has to wake it.
    pub(crate) fn notify(&self) -> bool {
        self.0.swap(NOTIFIED, Ordering::AcqRel) == PARKED
    }

    /// For the owner, before it drains the channel. True: something was sent since the last look.
    pub(crate) fn look(&self) -> bool {
        self.0.swap(RUNNING, Ordering::AcqRel) == NOTIFIED
    }

    /// For the owner: whether something was sent since the last look.
    pub(crate) fn is_notified(&self) -> bool {
        self.0.load(Ordering::Acquire) == NOTIFIED
    }

    /// For the owner, before it waits. False: something was sent since the last look.
    pub(crate) fn try_park(&self) -> bool {
        self.0
            .compare_exchange(RUNNING, PARKED, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}
