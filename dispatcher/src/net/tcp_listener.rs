//! A TCP socket that listens.

use std::io;
use std::net::SocketAddr;

use rustix::io::Errno;
use rustix::net::{SocketFlags, acceptfrom_with};

use super::socket::{Socket, address_of, would_block};
use super::{Family, Options, TcpSocket, TcpStream};
use crate::handle::Handle;
use crate::{Error, Interest, WaitSet};

/// How many connections may wait to be accepted, unless something else is asked for.
const BACKLOG: i32 = 1024;

/// Takes connections.
pub struct TcpListener {
    socket: Socket,
}

impl TcpListener {
    pub(super) fn of(socket: Socket) -> TcpListener {
        TcpListener { socket }
    }

    /// Listens on an address. Port 0 is any free one.
    ///
    /// # Errors
    /// The system's, and `Simulated`, `TooManySources`, `WrongThread`, `Closed` of the dispatcher.
    pub fn bind(handle: &Handle, address: SocketAddr) -> io::Result<TcpListener> {
        let socket = TcpSocket::new(handle, Family::of(&address))?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    }

    /// Takes a connection that waits.
    ///
    /// # Errors
    /// `WouldBlock` when none does; otherwise the system's. Without descriptors left (`EMFILE`) the
    /// connection waits on, and so the listener stays readable: whoever tries again should wait for
    /// something else first.
    pub fn try_accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let accepted = self.socket.attempt(Interest::Readable, |fd| {
            loop {
                match acceptfrom_with(fd, flags) {
                    // The peer was gone before we came, or left an error of the network behind. It
                    // is off the queue.
                    Err(errno) if is_the_peers(errno) => {}
                    other => return other,
                }
            }
        });
        let (fd, address) = accepted?;
        let socket = Socket::adopt(self.socket.handle(), fd)?;
        let address = match address {
            Some(address) => address_of(address)?,
            None => socket.peer_addr()?,
        };
        Ok((TcpStream::of(socket), address))
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// As [`TcpListener::try_accept`].
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        loop {
            let accepted = self.try_accept();
            if !would_block(&accepted) {
                return accepted;
            }
            self.acceptable().await?;
        }
    }

    /// Waits until a connection waits. It may be spurious.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub async fn acceptable(&self) -> io::Result<()> {
        self.socket.ready(Interest::Readable).await
    }

    /// Whether a connection waits, as far as the dispatcher has looked.
    pub fn is_ready(&self) -> bool {
        self.socket.is_ready(Interest::Readable)
    }

    /// The same, and asks the system where the last operation may have taken all there was; never
    /// waits. What it says of a direction that is ready holds until somebody uses it.
    pub fn confirm_ready(&self) -> bool {
        self.socket.confirm(Interest::Readable)
    }

    /// Adds the coming of a connection to a wait.
    ///
    /// # Errors
    /// `OtherDispatcher`, `WrongThread`, `Closed`.
    pub fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        self.socket.register(set, Interest::Readable, tag)
    }

    /// Changes how many connections may wait.
    ///
    /// # Errors
    /// The system's.
    pub fn set_backlog(&self, backlog: i32) -> io::Result<()> {
        Ok(rustix::net::listen(self.socket.fd(), backlog)?)
    }

    /// The address that it listens on.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Its options.
    pub fn options(&self) -> Options<'_> {
        self.socket.options()
    }
}

/// What accept(2) reports of a connection that it took off the queue.
fn is_the_peers(errno: Errno) -> bool {
    [
        Errno::CONNABORTED,
        Errno::NETDOWN,
        Errno::PROTO,
        Errno::NOPROTOOPT,
        Errno::HOSTDOWN,
        Errno::NONET,
        Errno::HOSTUNREACH,
        Errno::NETUNREACH,
    ]
    .contains(&errno)
}
