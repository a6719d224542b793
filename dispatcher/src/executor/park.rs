//! The flag between a dispatcher that wants to park and the threads that want it awake.

use crate::sync::{AtomicU8, Ordering};

/// The dispatcher runs and will look at its channel before it parks.
const RUNNING: u8 = 0;
/// The dispatcher is parked, or is in the hands of a foreign event loop: it has to be woken.
const PARKED: u8 = 1;
/// Somebody has sent something since the dispatcher last looked.
const NOTIFIED: u8 = 2;

/// Decides who pays for a wake-up. A sender first puts its message into the channel and then
/// calls [`notify`](ParkFlag::notify); the owner calls [`look`](ParkFlag::look) *before* it drains
/// the channel and [`try_park`](ParkFlag::try_park) before it waits. A message is therefore either
/// drained, or keeps the owner from parking, or finds it parked and wakes it: never lost.
pub(crate) struct ParkFlag(AtomicU8);

impl ParkFlag {
    /// Parked: until its first turn the dispatcher is in foreign hands.
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
