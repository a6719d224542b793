//! A TCP socket before it is connected or listens.

use std::io;
use std::net::SocketAddr;

use rustix::io::Errno;
use rustix::net::{SocketType, bind, connect, listen, sockopt};

use super::socket::{Endpoint, local_addr};
use super::{Family, Options, TcpListener, TcpStream};
use crate::handle::Handle;

/// Becomes a [`TcpStream`] or a [`TcpListener`]. For what none of the two needs to be told before,
/// [`TcpStream::connect`] and [`TcpListener::bind`] do it in one step.
pub struct TcpSocket {
    endpoint: Endpoint,
}

impl TcpSocket {
    /// A socket; an IPv6 one takes IPv6 only.
    ///
    /// # Errors
    /// The system's (no descriptors left), and `Simulated`, `WrongThread`, `Closed` of the
    /// dispatcher.
    pub fn new(handle: &Handle, family: Family) -> io::Result<TcpSocket> {
        let endpoint = Endpoint::open(handle, family, SocketType::STREAM)?;
        Ok(TcpSocket { endpoint })
    }

    /// Binds it to a local address. Port 0 is any free one. An address whose connections linger
    /// (`TIME_WAIT`) is free; one that somebody listens on is not.
    ///
    /// # Errors
    /// The system's.
    pub fn bind(&self, address: SocketAddr) -> io::Result<()> {
        // For servers that start again. On Linux it gives no address away that is listened on. A
        // port that the system chooses must be free of what lingers, too; but its own connections
        // must not keep it afterwards, and those inherit what is set by then.
        sockopt::set_socket_reuseaddr(self.endpoint.fd(), address.port() != 0)?;
        bind(self.endpoint.fd(), &address)?;
        Ok(sockopt::set_socket_reuseaddr(self.endpoint.fd(), true)?)
    }

    /// Starts to connect. See [`TcpStream::finish_connect`].
    ///
    /// # Errors
    /// What the system knows at once. The socket is closed then.
    pub fn start_connect(self, address: SocketAddr) -> io::Result<TcpStream> {
        match connect(self.endpoint.fd(), &address) {
            Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        Ok(TcpStream::of(self.endpoint.follow()?))
    }

    /// Listens, with room for `backlog` connections that nobody has accepted (the system bounds
    /// it further).
    ///
    /// # Errors
    /// The system's. The socket is closed then.
    pub fn listen(self, backlog: i32) -> io::Result<TcpListener> {
        listen(self.endpoint.fd(), backlog)?;
        Ok(TcpListener::of(self.endpoint.follow()?))
    }

    /// The address that it is bound to.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        local_addr(self.endpoint.fd())
    }

    /// Its options.
    pub fn options(&self) -> Options<'_> {
        self.endpoint.options()
    }
}
