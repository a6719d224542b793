//! The options that every driver's sockets have.

/// An option of a socket. Its value is a number, as it is for the system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SocketOption {
    /// `TCP_NODELAY`: 0 or 1.
    NoDelay,
    /// `SO_KEEPALIVE`: 0 or 1.
    KeepAlive,
    /// `TCP_KEEPIDLE`: seconds.
    KeepAliveIdle,
    /// `TCP_KEEPINTVL`: seconds.
    KeepAliveInterval,
    /// `TCP_KEEPCNT`: probes.
    KeepAliveCount,
    /// `IP_TTL` or `IPV6_UNICAST_HOPS`, as the family has it: hops.
    HopLimit,
    /// `SO_RCVBUF`: bytes. It reads twice what was set.
    ReceiveBuffer,
    /// `SO_SNDBUF`: bytes. It reads twice what was set.
    SendBuffer,
}
