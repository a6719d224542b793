//! The clock, its timers, and the future that completes at a deadline.

pub(crate) mod clock;
pub(crate) mod instant;
pub(crate) mod lead;
pub(crate) mod sleep;
pub(crate) mod timer_heap;
pub(crate) mod virtual_clock;
