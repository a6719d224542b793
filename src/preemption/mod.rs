//! Preemption: a guest that only computes yields to the other tasks of its dispatcher.
//!
//! Compiled guests compare their engine's epoch with a deadline at every loop and function. A
//! [`GuestWatch`] says whether a dispatcher's thread is inside a guest, and since which poll; a
//! [`Ticker`] looks at all of them, and where one stays inside for longer than a tick it moves the
//! epoch on, so that the guest notices and yields.

mod guest_watch;
mod polls;
mod ticker;

pub(crate) use guest_watch::GuestWatch;
pub(crate) use ticker::Ticker;
