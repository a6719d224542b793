//! One thing that a task waits for.

use std::fmt;
use std::net::SocketAddr;

use crate::time::instant::Instant;

/// How many members of a wait set are listed.
pub(super) const LISTED_MEMBERS: usize = 4;

/// What a task of a simulation waits for. Displayed, it is the end of a line that begins with "waits for".
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum WaitFor {
    /// A deadline, in virtual time.
    Timer(Instant),
    /// The end of a yield.
    Yield(Instant),
    /// The end of a blocking job.
    Job(Instant),
    /// The answer to a name lookup.
    Lookup {
        /// The name.
        name: String,
        /// When it comes.
        at: Instant,
    },
    /// A connection to accept.
    Accept {
        /// Where the listener listens.
        local: SocketAddr,
    },
    /// Bytes of a TCP connection, or its end.
    Read {
        /// The end's own address.
        local: SocketAddr,
        /// Its peer's.
        peer: SocketAddr,
        /// How far the connection is.
        state: ConnectionState,
    },
    /// Room to write to a TCP connection; while it is connecting, how that ends.
    Write {
        /// The end's own address.
        local: SocketAddr,
        /// Its peer's.
        peer: SocketAddr,
        /// How far the connection is.
        state: ConnectionState,
    },
    /// A datagram.
    Receive {
        /// The socket's own address; none while it is not bound.
        local: Option<SocketAddr>,
    },
    /// Room to send a datagram.
    Send {
        /// The socket's own address; none while it is not bound.
        local: Option<SocketAddr>,
    },
    /// An [`Event`](crate::Event).
    Event,
    /// Any member of a [`WaitSet`](crate::WaitSet).
    AnyOf {
        /// How many members have not fired.
        members: usize,
        /// The first four of them.
        first: Vec<WaitFor>,
    },
    /// The end of the task of this number.
    Task(u64),
    /// That no other task can run ([`Handle::idle`](crate::Handle::idle)).
    Idle,
}

/// How far a simulated TCP connection is, seen from one of its ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ConnectionState {
    /// The handshake has not ended.
    Connecting,
    /// It is made.
    Open,
    /// This end has ended its stream.
    WriteShut,
    /// It has failed, or was reset.
    Closed,
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ConnectionState::Connecting => "connecting",
            ConnectionState::Open => "open",
            ConnectionState::WriteShut => "its own stream ended",
            ConnectionState::Closed => "closed",
        })
    }
}

impl fmt::Display for WaitFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WaitFor::Timer(at) => write!(f, "a timer at {at}"),
            WaitFor::Yield(at) => write!(f, "the end of a yield at {at}"),
            WaitFor::Job(at) => write!(f, "a blocking job that ends at {at}"),
            WaitFor::Lookup { name, at } => {
                write!(f, "the lookup of {name:?}, which ends at {at}")
            }
            WaitFor::Accept { local } => write!(f, "a connection to accept on {local}"),
            WaitFor::Read { local, peer, state } => {
                write!(f, "bytes from {peer} on {local} ({state})")
            }
            WaitFor::Write {
                local,
                peer,
                state: ConnectionState::Connecting,
            } => write!(f, "the connection from {local} to {peer}"),
            WaitFor::Write { local, peer, state } => {
                write!(f, "room to write to {peer} on {local} ({state})")
            }
            WaitFor::Receive { local } => {
                f.write_str("a datagram")?;
                on(f, *local)
            }
            WaitFor::Send { local } => {
                f.write_str("room to send a datagram")?;
                on(f, *local)
            }
            WaitFor::Event => f.write_str("an event"),
            WaitFor::AnyOf { members, first } => {
                write!(f, "any of {members} (")?;
                for (number, member) in first.iter().enumerate() {
                    let before = if number == 0 { "" } else { "; " };
                    write!(f, "{before}{member}")?;
                }
                match *members > first.len() {
                    true => f.write_str("; ...)"),
                    false => f.write_str(")"),
                }
            }
            WaitFor::Task(number) => write!(f, "task {number}"),
            WaitFor::Idle => f.write_str("nothing else to run"),
        }
    }
}

fn on(f: &mut fmt::Formatter<'_>, local: Option<SocketAddr>) -> fmt::Result {
    match local {
        Some(local) => write!(f, " on {local}"),
        None => f.write_str(" on a socket that is not bound"),
    }
}
