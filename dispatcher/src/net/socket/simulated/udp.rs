//! UDP over the simulated network.

use std::net::SocketAddr;

use super::Socket;
use crate::Error;

impl Socket {
    #[cold]
    #[inline(never)]
    pub(in crate::net) fn set_peer(&self, peer: Option<SocketAddr>) -> Result<(), Error> {
        self.operate(|network, cx, key| network.set_peer(cx.now, key, peer))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn recv_from(
        &self,
        buffer: &mut [u8],
    ) -> Result<(usize, SocketAddr), Error> {
        self.operate(|network, cx, key| network.receive_from(cx, key, buffer))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn peek_sender(&self) -> Result<SocketAddr, Error> {
        self.operate(|network, cx, key| network.peek_sender(cx, key))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn send_to(
        &self,
        bytes: &[u8],
        to: Option<SocketAddr>,
    ) -> Result<usize, Error> {
        self.operate(|network, cx, key| network.send_to(cx, key, bytes, to))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn send_many(
        &self,
        datagrams: &[(&[u8], Option<SocketAddr>)],
    ) -> Result<usize, Error> {
        for (sent, (bytes, to)) in datagrams.iter().enumerate() {
            match self.send_to(bytes, *to) {
                Err(error) if sent == 0 => return Err(error),
                Err(_) => return Ok(sent),
                Ok(_) => {}
            }
        }
        Ok(datagrams.len())
    }
}
