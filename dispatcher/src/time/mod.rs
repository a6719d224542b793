//! The clock, its timers, and the future that completes at a deadline.

pub(crate) mod clock;
pub(crate) mod sleep;
pub(crate) mod timer_heap;
