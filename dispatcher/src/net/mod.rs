//! TCP, UDP, UNIX sockets and name lookups.
//!
//! No operation blocks the thread. Operations whose names begin with `try_` return at once, and fail
//! with [`Error::Io`](crate::Error::Io) of the kind `WouldBlock` where they would have to wait. The
//! wait itself is a future ([`TcpStream::readable`]) or a member of a [`WaitSet`](crate::WaitSet)
//! ([`TcpStream::register`]).
//!
//! On a dispatcher of [`Builder::simulation`](crate::Builder::simulation) the same types reach a simulated
//! network, whose hosts, links and faults [`sim`](crate::sim) describes. They fail with the error
//! numbers that Linux has. UNIX sockets and descriptors are of the system alone.

mod family;
mod host_name;
mod lookups;
mod options;
mod resolve;
mod resolve_error;
mod resolver;
mod socket;
mod tcp_listener;
mod tcp_socket;
mod tcp_stream;
mod udp_socket;
mod unix_listener;
mod unix_stream;

pub(crate) use lookups::Lookups;
pub(crate) use resolver::Resolver;
pub(crate) use socket::SocketOption;

pub use family::Family;
pub use host_name::host_name;
pub use options::Options;
pub use resolve::{Resolve, resolve, resolve_for};
pub use resolve_error::ResolveError;
pub use tcp_listener::TcpListener;
pub use tcp_socket::TcpSocket;
pub use tcp_stream::TcpStream;
pub use udp_socket::{MAX_BATCH, UdpSocket};
pub use unix_listener::UnixListener;
pub use unix_stream::UnixStream;
