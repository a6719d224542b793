//! A UDP socket.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::sync::OnceLock;

use rustix::net::addr::SocketAddrArg;
use rustix::net::{
    MMsgHdr, RecvFlags, SendAncillaryBuffer, SendFlags, SocketAddrAny, SocketType, bind, connect,
    connect_unspec, recvfrom, send, sendmmsg, sendto,
};

use super::socket::{Endpoint, Socket, address_of, would_block};
use super::{Family, Options};
use crate::handle::Handle;
use crate::{Error, Interest, WaitSet};

/// The most datagrams that one system call sends.
pub const MAX_BATCH: usize = 64;

/// Sends and receives datagrams.
pub struct UdpSocket {
    socket: Socket,
    /// What it was bound to, with the port that it got.
    bound: OnceLock<SocketAddr>,
}

impl UdpSocket {
    /// A socket that is not bound; an IPv6 one takes IPv6 only.
    ///
    /// # Errors
    /// The system's, and `Simulated`, `TooManySources`, `WrongThread`, `Closed` of the dispatcher.
    pub fn new(handle: &Handle, family: Family) -> io::Result<UdpSocket> {
        let endpoint = Endpoint::open(handle, family, SocketType::DGRAM)?;
        let socket = endpoint.follow()?;
        Ok(UdpSocket {
            socket,
            bound: OnceLock::new(),
        })
    }

    /// A socket bound to an address. Port 0 is any free one.
    ///
    /// # Errors
    /// As [`UdpSocket::new`].
    pub fn bound(handle: &Handle, address: SocketAddr) -> io::Result<UdpSocket> {
        let socket = UdpSocket::new(handle, Family::of(&address))?;
        socket.bind(address)?;
        Ok(socket)
    }

    /// Binds it to a local address. Port 0 is any free one.
    ///
    /// # Errors
    /// The system's.
    pub fn bind(&self, address: SocketAddr) -> io::Result<()> {
        bind(self.socket.fd(), &address)?;
        let _ = self.bound.set(self.local_addr()?);
        Ok(())
    }

    /// From now on it exchanges datagrams with this address only.
    ///
    /// # Errors
    /// The system's.
    pub fn connect(&self, address: SocketAddr) -> io::Result<()> {
        Ok(connect(self.socket.fd(), &address)?)
    }

    /// Undoes [`connect`](UdpSocket::connect). What it is bound to stays.
    ///
    /// # Errors
    /// The system's.
    pub fn disconnect(&self) -> io::Result<()> {
        connect_unspec(self.socket.fd())?;
        // Linux gives up a port that it chose itself.
        match self.bound.get() {
            Some(bound) if self.local_addr()?.port() == 0 => Ok(bind(self.socket.fd(), bound)?),
            _ => Ok(()),
        }
    }

    /// Receives a datagram that is there, and who sent it. What does not fit the buffer is lost;
    /// no datagram is longer than 65,535 bytes.
    ///
    /// # Errors
    /// The system's; `WouldBlock` when there is none.
    pub fn try_recv(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (length, address) = self.socket.attempt(Interest::Readable, |fd| {
            recvfrom(fd, &mut *buffer, RecvFlags::empty())
                .map(|(length, _, address)| (length, address))
        })?;
        let address = match address {
            Some(address) => address_of(address)?,
            None => self.socket.peer_addr()?,
        };
        Ok((length, address))
    }

    /// Who sent the next datagram that is there, which stays.
    ///
    /// # Errors
    /// The system's; `WouldBlock` when there is none.
    pub fn try_peek(&self) -> io::Result<SocketAddr> {
        let address = self.socket.attempt(Interest::Readable, |fd| {
            recvfrom(fd, &mut [0u8; 0][..], RecvFlags::PEEK).map(|(_, _, address)| address)
        })?;
        match address {
            Some(address) => address_of(address),
            None => self.socket.peer_addr(),
        }
    }

    /// Sends a datagram, `None` to the address that it is connected to.
    ///
    /// # Errors
    /// The system's; `WouldBlock` when there is no room.
    pub fn try_send(&self, bytes: &[u8], to: Option<SocketAddr>) -> io::Result<usize> {
        self.socket.attempt(Interest::Writable, |fd| match &to {
            Some(address) => sendto(fd, bytes, SendFlags::NOSIGNAL, address),
            None => send(fd, bytes, SendFlags::NOSIGNAL),
        })
    }

    /// Sends several datagrams with one system call, [`MAX_BATCH`] at most, and says how many
    /// were sent.
    ///
    /// # Errors
    /// Those of the first datagram.
    pub fn try_send_many(&self, datagrams: &[(&[u8], Option<SocketAddr>)]) -> io::Result<usize> {
        let datagrams = datagrams.get(..MAX_BATCH).unwrap_or(datagrams);
        if let [(bytes, to)] = datagrams {
            return self.try_send(bytes, *to).map(|_| 1);
        }
        let addresses: Vec<Option<SocketAddrAny>> = datagrams
            .iter()
            .map(|(_, to)| to.as_ref().map(SocketAddrArg::as_any))
            .collect();
        let slices: Vec<[IoSlice<'_>; 1]> = datagrams
            .iter()
            .map(|(bytes, _)| [IoSlice::new(bytes)])
            .collect();
        self.socket.attempt(Interest::Writable, |fd| {
            let mut nothing: Vec<SendAncillaryBuffer<'_, '_, '_>> = slices
                .iter()
                .map(|_| SendAncillaryBuffer::default())
                .collect();
            let mut messages: Vec<MMsgHdr<'_>> = slices
                .iter()
                .zip(&addresses)
                .zip(&mut nothing)
                .map(|((slice, address), nothing)| match address {
                    Some(address) => MMsgHdr::new_with_addr(address, slice, nothing),
                    None => MMsgHdr::new(slice, nothing),
                })
                .collect();
            sendmmsg(fd, &mut messages, SendFlags::NOSIGNAL)
        })
    }

    /// Receives a datagram, waiting for one.
    ///
    /// # Errors
    /// The system's.
    pub async fn recv(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        loop {
            let received = self.try_recv(buffer);
            if !would_block(&received) {
                return received;
            }
            self.readable().await?;
        }
    }

    /// Sends a datagram, waiting for room.
    ///
    /// # Errors
    /// The system's.
    pub async fn send(&self, bytes: &[u8], to: Option<SocketAddr>) -> io::Result<usize> {
        loop {
            let sent = self.try_send(bytes, to);
            if !would_block(&sent) {
                return sent;
            }
            self.writable().await?;
        }
    }

    /// Waits until there is a datagram, or an error. It may be spurious.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub async fn readable(&self) -> io::Result<()> {
        self.socket.ready(Interest::Readable).await
    }

    /// Waits until there is room for a datagram. It may be spurious.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub async fn writable(&self) -> io::Result<()> {
        self.socket.ready(Interest::Writable).await
    }

    /// Whether a direction is ready, as far as the dispatcher has looked.
    pub fn is_ready(&self, interest: Interest) -> bool {
        self.socket.is_ready(interest)
    }

    /// The same, and asks the system where the last operation may have taken all there was; never
    /// waits. What it says of a direction that is ready holds until somebody uses it.
    pub fn confirm_ready(&self, interest: Interest) -> bool {
        self.socket.confirm(interest)
    }

    /// Adds a direction to a wait.
    ///
    /// # Errors
    /// `OtherDispatcher`, `WrongThread`, `Closed`.
    pub fn register(&self, set: &mut WaitSet, interest: Interest, tag: u32) -> Result<(), Error> {
        self.socket.register(set, interest, tag)
    }

    /// Its own address.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The address that it is connected to.
    ///
    /// # Errors
    /// The system's: `NotConnected`.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }

    /// Its options.
    pub fn options(&self) -> Options<'_> {
        self.socket.options()
    }
}
