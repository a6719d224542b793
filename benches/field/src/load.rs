//! What an echo server is asked for.

/// What clients ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Load {
    pub connections: usize,
    /// Messages a second over all connections, at times that do not depend on answers; none: each connection sends its next
    /// message when the last one has come back.
    pub rate: Option<u64>,
}
