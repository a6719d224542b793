//! UDP over system calls.

use std::io::IoSlice;
use std::net::SocketAddr;

use rustix::net::addr::SocketAddrArg;
use rustix::net::{
    MMsgHdr, RecvFlags, SendAncillaryBuffer, SendFlags, SocketAddrAny, connect, connect_unspec,
    recvfrom, send, sendmmsg, sendto,
};

use super::socket::{Socket, internet_address};
use crate::{Error, Interest};

impl Socket {
    pub(in crate::net) fn set_peer(&self, peer: Option<SocketAddr>) -> Result<(), Error> {
        if let Some(peer) = peer {
            return Ok(connect(self.fd(), &peer)?);
        }
        connect_unspec(self.fd())?;
        // With the peer, Linux gives up a port that it chose itself: it is bound to the same again.
        match self {
            Socket::Udp { bound, .. } => match bound.get() {
                Some(bound) if self.local_addr()?.port() == 0 => {
                    Ok(rustix::net::bind(self.fd(), bound)?)
                }
                _ => Ok(()),
            },
            Socket::Idle { .. } | Socket::Stream(_) => Ok(()),
        }
    }

    pub(in crate::net) fn recv_from(
        &self,
        buffer: &mut [u8],
    ) -> Result<(usize, SocketAddr), Error> {
        let (length, sender) = self.attempt(Interest::Readable, |fd| {
            let (length, _, sender) = recvfrom(fd, &mut *buffer, RecvFlags::empty())?;
            Ok((length, internet_address(sender)?))
        })?;
        match sender {
            Some(sender) => Ok((length, sender)),
            None => Ok((length, self.peer_addr()?)),
        }
    }

    pub(in crate::net) fn peek_sender(&self) -> Result<SocketAddr, Error> {
        let sender = self.attempt(Interest::Readable, |fd| {
            let (_, _, sender) = recvfrom(fd, &mut [0u8; 0][..], RecvFlags::PEEK)?;
            internet_address(sender)
        })?;
        self.or_peer(sender)
    }

    pub(in crate::net) fn send_to(
        &self,
        bytes: &[u8],
        to: Option<SocketAddr>,
    ) -> Result<usize, Error> {
        self.attempt(Interest::Writable, |fd| match &to {
            Some(address) => sendto(fd, bytes, SendFlags::NOSIGNAL, address),
            None => send(fd, bytes, SendFlags::NOSIGNAL),
        })
    }

    pub(in crate::net) fn send_many(
        &self,
        datagrams: &[(&[u8], Option<SocketAddr>)],
    ) -> Result<usize, Error> {
        if let [(bytes, to)] = datagrams {
            return self.send_to(bytes, *to).map(|_| 1);
        }
        let addresses: Vec<Option<SocketAddrAny>> = datagrams
            .iter()
            .map(|(_, to)| to.as_ref().map(SocketAddrArg::as_any))
            .collect();
        let slices: Vec<[IoSlice<'_>; 1]> = datagrams
            .iter()
            .map(|(bytes, _)| [IoSlice::new(bytes)])
            .collect();
        self.attempt(Interest::Writable, |fd| {
            let mut no_control: Vec<SendAncillaryBuffer<'_, '_, '_>> = slices
                .iter()
                .map(|_| SendAncillaryBuffer::default())
                .collect();
            let mut messages: Vec<MMsgHdr<'_>> = slices
                .iter()
                .zip(&addresses)
                .zip(&mut no_control)
                .map(|((slice, address), no_control)| match address {
                    Some(address) => MMsgHdr::new_with_addr(address, slice, no_control),
                    None => MMsgHdr::new(slice, no_control),
                })
                .collect();
            sendmmsg(fd, &mut messages, SendFlags::NOSIGNAL)
        })
    }
}
