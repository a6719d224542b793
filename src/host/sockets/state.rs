//! What the sockets of a call share.

use crate::host::view::View;
use crate::network::LookedUp;
use crate::quota::Quota;

/// How many bytes that its connections have accepted one call may keep, until the system takes them.
const SOCKET_BYTES: usize = 256 << 20;

/// How many names one call may have looked up at once: the resolver's places are everybody's.
pub(super) const LOOKUPS: usize = 64;

/// What is `wasi:sockets`' own of a call.
#[derive(Debug)]
pub struct SocketsState {
    /// The bytes that connections have accepted and the system has not taken.
    pub(crate) bytes: Quota,
    /// The names that are looked up at once.
    pub(crate) lookups: Quota,
    /// What its lookups returned, for the rules that name a host.
    pub(crate) looked_up: LookedUp,
    /// Where a datagram arrives; made at the first.
    pub(crate) datagram: Vec<u8>,
}

impl Default for SocketsState {
    fn default() -> SocketsState {
        SocketsState {
            bytes: Quota::new(SOCKET_BYTES),
            lookups: Quota::new(LOOKUPS),
            looked_up: LookedUp::default(),
            datagram: Vec::new(),
        }
    }
}

/// What the functions of `wasi:sockets` work on.
pub type SocketsView<'a> = View<'a, SocketsState>;
