//! A connection's bytes: plain or over TLS.

use std::io;

use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::{Error, Interest, WaitSet};

use crate::http::error::ErrorCode;
use crate::http::session::Session;
use crate::http::socket::{Asking, Socket};
use crate::http::tls::Got;

/// A connection as a stream of bytes. Nothing here waits.
#[derive(Debug)]
pub struct Stream {
    tcp: TcpStream,
    session: Option<Session>,
}

impl Stream {
    /// Over TCP alone.
    pub fn plain(tcp: TcpStream) -> Stream {
        Stream { tcp, session: None }
    }

    /// Over TLS, whose handshake is done.
    pub fn secure(tcp: TcpStream, session: Session) -> Stream {
        Stream {
            tcp,
            session: Some(session),
        }
    }

    /// Reads what is there.
    ///
    /// # Errors
    /// `connection-terminated`, and the errors of TLS.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<Got, ErrorCode> {
        match &mut self.session {
            Some(session) => session.read(&mut Socket(&self.tcp), buffer),
            None if !self.tcp.is_ready(Interest::Readable) => Ok(Got::Nothing),
            None => plain(self.tcp.try_read(buffer).map_err(|error| error.kind())),
        }
    }

    /// Reads what is there, `most` bytes at most, into a vector of its own. Without TLS its memory is
    /// not cleared before.
    ///
    /// # Errors
    /// As [`Stream::read`].
    pub fn read_vec(&mut self, most: usize) -> Result<(Got, Vec<u8>), ErrorCode> {
        if self.session.is_none() {
            if !self.tcp.is_ready(Interest::Readable) {
                return Ok((Got::Nothing, Vec::new()));
            }
            let read = self.tcp.try_read_vec(most);
            let got = plain(read.as_ref().map(Vec::len).map_err(Error::kind))?;
            return Ok((got, read.unwrap_or_default()));
        }
        let mut bytes = vec![0; most];
        let got = self.read(&mut bytes)?;
        bytes.truncate(match got {
            Got::Bytes(count) => count,
            _ => 0,
        });
        Ok((got, bytes))
    }

    /// Whether the server has neither closed it nor sent anything, asked of the system itself.
    pub fn is_quiet(&mut self) -> bool {
        let mut byte = [0];
        let got = match &mut self.session {
            Some(session) => session.read(&mut Asking(&self.tcp), &mut byte),
            None => plain(self.tcp.try_read(&mut byte).map_err(|error| error.kind())),
        };
        got == Ok(Got::Nothing)
    }

    /// Takes bytes: 0 when there is no room.
    ///
    /// # Errors
    /// `connection-terminated`.
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorCode> {
        match &mut self.session {
            Some(session) => Ok(session.write(bytes)),
            None => match self.tcp.try_write(bytes) {
                Ok(count) => Ok(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
                Err(_) => Err(ErrorCode::ConnectionTerminated),
            },
        }
    }

    /// Hands what was taken to the system; whether all of it is.
    ///
    /// # Errors
    /// `connection-terminated`.
    pub fn flush(&mut self) -> Result<bool, ErrorCode> {
        match &mut self.session {
            Some(session) => session.flush(&mut Socket(&self.tcp)),
            None => Ok(true),
        }
    }

    /// Adds a direction to a wait.
    ///
    /// # Errors
    /// `TooManyMembers`, `OtherDispatcher`, `WrongThread`, `Closed` of the dispatcher.
    pub fn register(&self, set: &mut WaitSet, interest: Interest, tag: u32) -> Result<(), Error> {
        self.tcp.register(set, interest, tag)
    }
}

/// Sends the peer the session's `close_notify`, as far as the socket takes it now.
impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(session) = &mut self.session {
            session.close();
            let _ = session.flush(&mut Socket(&self.tcp));
        }
    }
}

fn plain(read: Result<usize, io::ErrorKind>) -> Result<Got, ErrorCode> {
    match read {
        Ok(0) => Ok(Got::Closed),
        Ok(count) => Ok(Got::Bytes(count)),
        Err(io::ErrorKind::WouldBlock) => Ok(Got::Nothing),
        Err(_) => Err(ErrorCode::ConnectionTerminated),
    }
}
