//! Sockets and name lookups of the simulated network.

mod lookup;
mod socket;
mod tcp;
mod udp;

pub(in crate::net) use lookup::Lookup;
pub(in crate::net) use socket::Socket;
