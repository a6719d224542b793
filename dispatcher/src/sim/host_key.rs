//! Which simulated host a task or a socket belongs to.

/// A host, and which of its lives: a host that crashed and started again has the same number, and
/// what belonged to its earlier life belongs to nobody. On the system everything belongs to the
/// default host.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct HostKey {
    /// Its place among the hosts; 0 is the default host.
    pub(crate) number: u32,
    /// How often it has crashed.
    pub(crate) incarnation: u32,
}
