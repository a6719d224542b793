//! A client's connection, of whatever family.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;

use wippy_dispatcher::net::{TcpStream, UnixStream};
use wippy_dispatcher::{Error, Handle, Interest, WaitSet};

use super::peer::Peer;

/// A connection without TLS. Nothing here waits.
#[derive(Debug)]
pub(super) enum Transport {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A connection that was accepted and belongs to no dispatcher yet.
pub(super) enum AcceptedFd {
    Tcp(OwnedFd),
    Unix(OwnedFd),
}

impl AcceptedFd {
    /// Makes it a connection of the dispatcher whose thread this is.
    ///
    /// # Errors
    /// `Io` where the client has gone; `TooManySources`, `WrongThread`, `Closed`.
    pub(super) fn open(self, handle: &Handle) -> Result<(Transport, Peer), Error> {
        match self {
            AcceptedFd::Tcp(fd) => {
                let stream = TcpStream::from_fd(handle, fd)?;
                let peer = Peer::Internet(stream.peer_addr()?);
                Ok((Transport::Tcp(stream), peer))
            }
            AcceptedFd::Unix(fd) => {
                let stream = UnixStream::from_fd(handle, fd)?;
                Ok((Transport::Unix(stream), Peer::Unix))
            }
        }
    }
}

impl Transport {
    pub(super) fn try_read(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        match self {
            Transport::Tcp(stream) => stream.try_read(buffer),
            Transport::Unix(stream) => stream.try_read(buffer),
        }
    }

    pub(super) fn try_write(&self, bytes: &[u8]) -> Result<usize, Error> {
        match self {
            Transport::Tcp(stream) => stream.try_write(bytes),
            Transport::Unix(stream) => stream.try_write(bytes),
        }
    }

    pub(super) fn is_ready(&self, interest: Interest) -> bool {
        match self {
            Transport::Tcp(stream) => stream.is_ready(interest),
            Transport::Unix(stream) => stream.is_ready(interest),
        }
    }

    pub(super) fn register(
        &self,
        set: &mut WaitSet,
        interest: Interest,
        tag: u32,
    ) -> Result<(), Error> {
        match self {
            Transport::Tcp(stream) => stream.register(set, interest, tag),
            Transport::Unix(stream) => stream.register(set, interest, tag),
        }
    }

    /// Small writes are sent at once.
    pub(super) fn set_nodelay(&self) {
        if let Transport::Tcp(stream) = self {
            // A connection that is gone already is noticed when it is read.
            let _ = stream.options().set_nodelay(true);
        }
    }

    /// Nothing more is written: the client sees the end behind what was.
    pub(super) fn finish(&self) {
        // It may have ended by itself.
        let _ = match self {
            Transport::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Transport::Unix(stream) => stream.shutdown(Shutdown::Write),
        };
    }

    /// Has the client see an error and not an end, where the family has such a thing.
    pub(super) fn reset(&self) {
        if let Transport::Tcp(stream) = self {
            let _ = stream.reset_on_close();
        }
    }
}

/// A connection as sessions of TLS read and write it. Without `asks` only what the dispatcher has seen arrive is read.
pub(super) struct SessionIo<'a> {
    transport: &'a Transport,
    asks: bool,
    /// How many bytes the system has taken.
    pub(super) written: usize,
}

impl<'a> SessionIo<'a> {
    pub(super) fn new(transport: &'a Transport, asks: bool) -> SessionIo<'a> {
        SessionIo {
            transport,
            asks,
            written: 0,
        }
    }
}

impl Read for SessionIo<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.asks || self.transport.is_ready(Interest::Readable) {
            true => self.transport.try_read(buffer).map_err(io_error),
            false => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for SessionIo<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.transport.try_write(bytes).map_err(io_error)?;
        self.written += count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A session only asks whether an error is `WouldBlock`; any other ends the connection.
fn io_error(error: Error) -> io::Error {
    error.kind().into()
}
