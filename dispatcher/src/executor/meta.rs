//! What a task carries besides its future.

use crate::sim::host_key::HostKey;

pub(crate) struct Meta {
    /// Its number, in the order of spawning.
    pub(crate) id: u64,
    /// Its place among the tasks alive.
    pub(crate) key: usize,
    /// Where it runs in a simulation.
    pub(crate) host: HostKey,
}
