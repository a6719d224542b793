//! TCP over the simulated network.

use std::io::IoSlice;
use std::net::{Shutdown, SocketAddr};

use super::Socket;
use crate::Error;

impl Socket {
    #[cold]
    #[inline(never)]
    pub(in crate::net) fn start_connect(self, address: SocketAddr) -> Result<Socket, Error> {
        let socket = self.attached()?;
        socket.operate(|network, cx, key| network.connect(cx, key, address))?;
        Ok(socket)
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn finish_connect(&self) -> Result<(), Error> {
        self.operate(|network, cx, key| network.finish_connect(cx, key))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn listen(self, backlog: i32) -> Result<Socket, Error> {
        self.operate(|network, cx, key| network.listen(cx.now, key, backlog))?;
        self.attached()
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn set_backlog(&self, backlog: i32) -> Result<(), Error> {
        self.look(|network, key| network.set_backlog(key, backlog))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn accept(&self) -> Result<(Socket, SocketAddr), Error> {
        let (key, peer) = self.operate(|network, cx, key| network.accept(cx, key))?;
        Ok((Socket::of(self.handle(), key).attached()?, peer))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn recv(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.operate(|network, cx, key| network.receive(cx, key, buffer))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn recv_vec(&self, length: usize) -> Result<Vec<u8>, Error> {
        // What is there is known: no more is allocated than that.
        let unread = self.look(|network, key| network.unread(key))?;
        let mut bytes = vec![0; length.min(unread)];
        let read = match length {
            0 => 0,
            _ if bytes.is_empty() => self.recv(&mut [0])?,
            _ => self.recv(&mut bytes)?,
        };
        debug_assert!(read <= bytes.len(), "nothing was there to be read");
        bytes.truncate(read);
        Ok(bytes)
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn send(&self, bytes: &[u8]) -> Result<usize, Error> {
        self.operate(|network, cx, key| network.send(cx, key, std::iter::once(bytes)))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn send_vectored(&self, buffers: &[IoSlice<'_>]) -> Result<usize, Error> {
        let buffers = buffers.iter().map(|buffer| &**buffer);
        self.operate(|network, cx, key| network.send(cx, key, buffers))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn shutdown(&self, how: Shutdown) -> Result<(), Error> {
        self.operate(|network, cx, key| network.shut_down(cx, key, how))
    }

    #[cold]
    #[inline(never)]
    pub(in crate::net) fn reset_on_close(&self) -> Result<(), Error> {
        self.look(|network, key| network.reset_on_close(key))
    }
}
