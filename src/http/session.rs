//! A TLS session of a client or a server: a real one, or one of a simulation.

use std::io::{Read, Write};

use super::error::ErrorCode;
use super::simulated_tls;
use super::tls::{self, Got};

/// A session of either kind, which is chosen when its connection is made.
#[derive(Debug)]
pub enum Session {
    /// With a peer of the network.
    Real(Box<tls::Session>),
    /// With a simulated host.
    Simulated(Box<simulated_tls::Session>),
}

impl Session {
    /// Whether the two sides are still agreeing on the session.
    pub fn is_handshaking(&self) -> bool {
        match self {
            Session::Real(session) => session.is_handshaking(),
            Session::Simulated(session) => session.is_handshaking(),
        }
    }

    /// Takes what the peer has sent towards agreeing; whether there was something.
    ///
    /// # Errors
    /// The errors of TLS; `connection-terminated` when the reader has ended or fails.
    pub fn handshake(&mut self, io: &mut dyn Read) -> Result<bool, ErrorCode> {
        match self {
            Session::Real(session) => session.handshake(io),
            Session::Simulated(session) => Ok(session.handshake(io)?),
        }
    }

    /// Reads plaintext. There may be nothing yet although the reader has more.
    ///
    /// # Errors
    /// The errors of TLS, and of the reader.
    pub fn read(&mut self, io: &mut dyn Read, buffer: &mut [u8]) -> Result<Got, ErrorCode> {
        match self {
            Session::Real(session) => session.read(io, buffer),
            Session::Simulated(session) => Ok(session.read(io, buffer)?),
        }
    }

    /// Takes plaintext, as much as there is room for.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        match self {
            Session::Real(session) => session.write(bytes),
            Session::Simulated(session) => session.write(bytes),
        }
    }

    /// Writes what is kept, as far as the writer takes it; whether nothing is kept any more.
    ///
    /// # Errors
    /// `connection-terminated` when the writer fails.
    pub fn flush(&mut self, io: &mut dyn Write) -> Result<bool, ErrorCode> {
        match self {
            Session::Real(session) => session.flush(io),
            Session::Simulated(session) => Ok(session.flush(io)?),
        }
    }

    /// Says that nothing more will be written.
    pub fn close(&mut self) {
        match self {
            Session::Real(session) => session.close(),
            Session::Simulated(session) => session.close(),
        }
    }
}
