//! A connection over simulated TLS, for native tasks.

use std::cell::RefCell;
use std::net::Shutdown;

use wippy_dispatcher::net::TcpStream;

use super::error::TlsError;
use super::session::Session;
use crate::http::socket::Socket;
use crate::http::tls::Got;

/// A connection between two simulated hosts whose handshake is done: [`TlsAcceptor::accept`](super::TlsAcceptor::accept)
/// and [`TlsConnector::connect`](super::TlsConnector::connect) make it.
///
/// It is used as a [`TcpStream`] is, from one thread; one task may read while another writes. Dropping it
/// closes the connection without ending the session, which its peer sees as a truncation
/// ([`TlsError::Truncated`], `HTTP-response-incomplete`): what is to end well is ended with [`TlsStream::close`].
#[derive(Debug)]
pub struct TlsStream {
    tcp: TcpStream,
    session: RefCell<Session>,
}

impl TlsStream {
    /// Agrees with the peer.
    pub(super) async fn agree(tcp: TcpStream, session: Session) -> Result<TlsStream, TlsError> {
        let stream = TlsStream {
            tcp,
            session: RefCell::new(session),
        };
        loop {
            let flushed = stream.flush()?;
            if !stream.session.borrow().is_handshaking() {
                break;
            }
            let advanced = stream
                .session
                .borrow_mut()
                .handshake(&mut Socket(&stream.tcp));
            if advanced.is_err() {
                stream.give_up();
            }
            match advanced? {
                true => {}
                false if flushed => stream.tcp.readable().await?,
                false => stream.tcp.writable().await?,
            }
        }
        // A server's last flight is out, a client's perhaps not.
        stream.flush_all().await?;
        Ok(stream)
    }

    /// The name that the client asks for; `None` where it connects to an address.
    pub fn server_name(&self) -> Option<String> {
        self.session.borrow().server_name().map(str::to_owned)
    }

    /// The application protocol that both sides agreed on, such as `http/1.1`.
    pub fn application_protocol(&self) -> Option<String> {
        self.session.borrow().protocol().map(str::to_owned)
    }

    /// The connection below: its addresses and its options.
    pub fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// Reads what has arrived, as much as the buffer holds, waiting until something has: 0 at the end of the session.
    ///
    /// # Errors
    /// `Truncated` where the connection ends and the session does not, `Protocol`, `AlertReceived`, `Io`.
    pub async fn read(&self, buffer: &mut [u8]) -> Result<usize, TlsError> {
        loop {
            let got = self
                .session
                .borrow_mut()
                .read(&mut Socket(&self.tcp), buffer);
            if got.is_err() {
                self.give_up();
            }
            match got? {
                Got::Bytes(count) => return Ok(count),
                Got::Closed => return Ok(0),
                Got::Cut => return Err(TlsError::Truncated),
                Got::Nothing => self.tcp.readable().await?,
            }
        }
    }

    /// Writes all of it, waiting for room.
    ///
    /// # Errors
    /// `Io`; `Closed` after [`TlsStream::close`], and after a read that failed. A prefix may be written then.
    pub async fn write_all(&self, mut bytes: &[u8]) -> Result<(), TlsError> {
        while !bytes.is_empty() {
            if self.session.borrow().is_closed() {
                return Err(TlsError::Closed);
            }
            let taken = self.session.borrow_mut().write(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            self.flush_all().await?;
        }
        Ok(())
    }

    /// Ends this side of the session and of the connection: a `close_notify`, and TCP's end behind it. The peer may go
    /// on writing.
    ///
    /// # Errors
    /// `Io`.
    pub async fn close(&self) -> Result<(), TlsError> {
        self.session.borrow_mut().close();
        self.flush_all().await?;
        Ok(self.tcp.shutdown(Shutdown::Write)?)
    }

    /// Ends the session with an alert of RFC 8446 (80 is `internal_error`), as far as the socket takes it now. The
    /// peer's reads fail with it, a guest's request with `TLS-alert-received`.
    pub fn abort(self, alert: u8) {
        self.session.borrow_mut().abort(alert);
        self.give_up();
    }

    fn flush(&self) -> Result<bool, TlsError> {
        self.session.borrow_mut().flush(&mut Socket(&self.tcp))
    }

    async fn flush_all(&self) -> Result<(), TlsError> {
        while !self.flush()? {
            self.tcp.writable().await?;
        }
        Ok(())
    }

    /// Sends the alert of a session that has failed, as far as the socket takes it now.
    fn give_up(&self) {
        let _ = self.flush();
    }
}
