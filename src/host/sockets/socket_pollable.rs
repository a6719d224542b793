//! The pollables of sockets and of datagram streams.

/// What a pollable waits for, with its parent's index in the resource table.
#[derive(Clone, Copy, Debug)]
pub enum SocketPollable {
    /// A TCP socket: ready when a connect has ended or a connection can be accepted, and always while
    /// it neither connects nor listens.
    Tcp(u32),
    /// A stream of incoming datagrams: ready when there is a datagram.
    Incoming(u32),
    /// A stream of outgoing datagrams: ready when a datagram can be sent.
    Outgoing(u32),
}
