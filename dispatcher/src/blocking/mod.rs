//! Jobs that block: the threads that run them, and the bounds and turns of those who share threads.

pub(crate) mod deferred_close;
pub(crate) mod fair_queue;
pub(crate) mod flow;
pub(crate) mod flow_quota;
pub(crate) mod job;
pub(crate) mod job_counts;
pub(crate) mod lane;
pub(crate) mod pool;

pub(crate) mod semaphore;
pub(crate) mod workers;
