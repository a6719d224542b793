//! A UDP socket.

use std::io;
use std::net::SocketAddr;

use super::socket::{Protocol, Socket};
use super::{Family, Options};
use crate::handle::Handle;
use crate::{Error, Interest, WaitSet};

/// The most datagrams that [`UdpSocket::try_send_many`] sends at once.
pub const MAX_BATCH: usize = 64;

/// A UDP socket, which sends and receives datagrams. Dropping it closes it.
///
/// ```
/// use wippy_dispatcher::net::UdpSocket;
/// use wippy_dispatcher::{Dispatcher, Error};
///
/// let dispatcher = Dispatcher::new()?;
/// let handle = dispatcher.handle();
/// let one = UdpSocket::bound(&handle, ([127, 0, 0, 1], 0).into())?;
/// let other = UdpSocket::bound(&handle, ([127, 0, 0, 1], 0).into())?;
/// dispatcher.block_on(async {
///     one.send(b"ping", Some(other.local_addr()?)).await?;
///     let mut buffer = [0; 16];
///     let (length, sender) = other.recv(&mut buffer).await?;
///     assert_eq!((length, sender), (4, one.local_addr()?));
///     Ok::<(), Error>(())
/// })??;
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct UdpSocket {
    socket: Socket,
}

impl UdpSocket {
    /// A socket without a local address: set its options, then give it one with [`UdpSocket::bind`].
    /// One of IPv6 takes IPv6 only.
    ///
    /// # Errors
    /// `Io` when no descriptor is left (`EMFILE`, `ENFILE`) or the machine does not have the family
    /// (`EAFNOSUPPORT`), and in a simulation `NetworkDown` when the host has crashed; `TooManySources`,
    /// `WrongThread`, `Closed`.
    pub fn new(handle: &Handle, family: Family) -> Result<UdpSocket, Error> {
        let socket = Socket::open(handle, family, Protocol::Udp)?;
        Ok(UdpSocket { socket })
    }

    /// A new socket that is bound to a local address already: [`UdpSocket::new`] and
    /// [`UdpSocket::bind`] in one. Port 0 is any free one.
    ///
    /// # Errors
    /// As [`UdpSocket::new`] and [`UdpSocket::bind`].
    pub fn bound(handle: &Handle, address: SocketAddr) -> Result<UdpSocket, Error> {
        let socket = UdpSocket::new(handle, Family::of(&address))?;
        socket.bind(address)?;
        Ok(socket)
    }

    /// Gives an existing socket of [`UdpSocket::new`] its local address. Port 0 is any free one.
    ///
    /// # Errors
    /// `Io`: `AddrInUse`; `AddrNotAvailable` when no interface has the address; `PermissionDenied` for
    /// a privileged port; `InvalidInput` when it is bound already.
    pub fn bind(&self, address: SocketAddr) -> Result<(), Error> {
        self.socket.bind(address)
    }

    /// Connects it to one peer: from now on it receives from that address only, and sends to it where
    /// no other is named.
    ///
    /// # Errors
    /// `Io`: `NetworkUnreachable`, `AddrNotAvailable`, `PermissionDenied`, and `EAFNOSUPPORT` for an
    /// address of the other family.
    pub fn connect(&self, address: SocketAddr) -> Result<(), Error> {
        self.socket.set_peer(Some(address))
    }

    /// Undoes [`connect`](UdpSocket::connect). What it is bound to stays.
    ///
    /// # Errors
    /// `Io` with `AddrInUse` when its port was taken meanwhile: Linux gives up one that it chose itself,
    /// and it has to be bound again.
    pub fn disconnect(&self) -> Result<(), Error> {
        self.socket.set_peer(None)
    }

    /// Receives the next datagram: its length in bytes, and its sender. What does not fit the buffer is
    /// lost; no datagram is longer than 65,535 bytes.
    ///
    /// # Errors
    /// `Io`: `WouldBlock` when there is none; `ConnectionRefused` when nobody listens at the peer's
    /// address, of a connected socket.
    pub fn try_recv(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), Error> {
        self.socket.recv_from(buffer)
    }

    /// The sender of the next datagram, which stays to be received.
    ///
    /// # Errors
    /// As [`UdpSocket::try_recv`].
    pub fn try_peek(&self) -> Result<SocketAddr, Error> {
        self.socket.peek_sender()
    }

    /// Sends a datagram, `None` to the address that it is connected to.
    ///
    /// # Errors
    /// `Io`: `WouldBlock` when there is no room; `EMSGSIZE` when it is too long; `EDESTADDRREQ` when it
    /// has no address; `PermissionDenied`, `NetworkUnreachable`; and `ConnectionRefused` of an earlier
    /// one, of a connected socket.
    pub fn try_send(&self, bytes: &[u8], to: Option<SocketAddr>) -> Result<usize, Error> {
        self.socket.send_to(bytes, to)
    }

    /// Sends several datagrams in order, [`MAX_BATCH`] at most, and says how many were sent.
    ///
    /// # Errors
    /// As [`UdpSocket::try_send`] of the first datagram.
    pub fn try_send_many(&self, datagrams: &[(&[u8], Option<SocketAddr>)]) -> Result<usize, Error> {
        let batch = datagrams.get(..MAX_BATCH).unwrap_or(datagrams);
        self.socket.send_many(batch)
    }

    /// Receives a datagram as [`try_recv`](UdpSocket::try_recv), waiting for one.
    ///
    /// # Errors
    /// As [`UdpSocket::try_recv`], `WouldBlock` excepted; `WrongThread` and `Closed`.
    pub async fn recv(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), Error> {
        loop {
            match self.try_recv(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                received => return received,
            }
            self.readable().await?;
        }
    }

    /// Sends a datagram as [`try_send`](UdpSocket::try_send), waiting for room.
    ///
    /// # Errors
    /// As [`UdpSocket::try_send`], `WouldBlock` excepted; `WrongThread` and `Closed`.
    pub async fn send(&self, bytes: &[u8], to: Option<SocketAddr>) -> Result<usize, Error> {
        loop {
            match self.try_send(bytes, to) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => return sent,
            }
            self.writable().await?;
        }
    }

    /// Completes when there is a datagram or an error to receive. It may be spurious.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub async fn readable(&self) -> Result<(), Error> {
        self.socket.ready(Interest::Readable).await
    }

    /// Completes when there is room for a datagram. It may be spurious.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub async fn writable(&self) -> Result<(), Error> {
        self.socket.ready(Interest::Writable).await
    }

    /// Whether a direction is ready, as of the dispatcher's last look at I/O. It may be spurious.
    pub fn is_ready(&self, interest: Interest) -> bool {
        self.socket.is_ready(interest)
    }

    /// The same without false alarms: where the last operation may have taken all there was, the system
    /// is asked, which does not wait.
    pub fn confirm_ready(&self, interest: Interest) -> bool {
        self.socket.confirm_ready(interest)
    }

    /// Adds the readiness of a direction to a wait, under `tag`.
    ///
    /// # Errors
    /// `TooManyMembers`, `OtherDispatcher`, `WrongThread`, `Closed`.
    pub fn register(&self, set: &mut WaitSet, interest: Interest, tag: u32) -> Result<(), Error> {
        self.socket.register(set, interest, tag)
    }

    /// Its own address; unspecified, with port 0, where it is not bound.
    ///
    /// # Errors
    /// `Io` when the system is short of memory (`ENOBUFS`).
    pub fn local_addr(&self) -> Result<SocketAddr, Error> {
        self.socket.local_addr()
    }

    /// The address that it is connected to.
    ///
    /// # Errors
    /// `Io` with `NotConnected` when there is none.
    pub fn peer_addr(&self) -> Result<SocketAddr, Error> {
        self.socket.peer_addr()
    }

    /// Its options.
    pub fn options(&self) -> Options<'_> {
        Options::of(&self.socket)
    }
}
