//! The system driver's sockets: every system call that sockets and name lookups make.

mod names;
mod options;
mod socket;
mod tcp;
mod udp;
mod unix;

pub(in crate::net) use names::look_up;
pub(in crate::net) use socket::Socket;
