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

/// Says that a guest is entered and left, so often. For the benchmarks.
#[doc(hidden)]
pub fn enter_guests(times: u32) {
    let ticker = Ticker::new(std::time::Duration::from_millis(1), || {});
    let watch = GuestWatch::new(ticker);
    for _ in 0..times {
        std::hint::black_box(watch.enter());
    }
}
