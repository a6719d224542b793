//! One side of a session, without I/O: bytes of the connection are arguments.

use std::io::{self, Read, Write};

use rustls::AlertDescription;
use rustls::pki_types::ServerName;

use super::certificate::Certificate;
use super::error::{ProtocolError, TlsError};
use super::message::Message;
use super::record::ContentType;
use super::record_layer::RecordLayer;
use super::verifier::Verifier;
use crate::http::buffer::Buffer;
use crate::http::tls::Got;

/// How often one read of plaintext reads from below, as with real TLS.
const ROUNDS_MAX: u32 = 8;
/// The levels of alerts.
const WARNING: u8 = 1;
const FATAL: u8 = 2;

/// A client's or a server's session.
#[derive(Debug)]
pub struct Session {
    state: State,
    records: RecordLayer,
    /// What has arrived for the reader and was not read.
    plaintext: Buffer,
    /// The application protocol that both agreed on.
    protocol: Option<String>,
    /// The name that the client asks for; on both sides.
    name: Option<String>,
    /// The peer has sent its `close_notify`.
    peer_closed: bool,
    /// This side has ended the session, with a `close_notify` or another alert.
    closed: bool,
    /// Why nothing can be read any more.
    failed: Option<TlsError>,
}

/// What is waited for.
#[derive(Debug)]
enum State {
    /// A client waits for the server's hello, to which it has offered these protocols.
    ServerHello(Verifier, &'static [&'static str]),
    /// A client waits for the server's certificate.
    Certificate(Verifier),
    /// A server that speaks these protocols waits for the client's hello.
    ClientHello(Certificate, Vec<String>),
    /// The peer's word that it is done; a client says the same then.
    Finished { is_client: bool },
    /// The handshake is done.
    Open,
    /// Nothing: the handshake has failed.
    Failed,
}

impl Session {
    fn new(state: State) -> Session {
        Session {
            state,
            records: RecordLayer::default(),
            plaintext: Buffer::default(),
            protocol: None,
            name: None,
            peer_closed: false,
            closed: false,
            failed: None,
        }
    }

    /// A client's session, whose hello is to be flushed.
    pub(super) fn client(verifier: Verifier, protocols: &'static [&'static str]) -> Session {
        let name = match &verifier.server {
            ServerName::DnsName(name) => {
                let name = name.as_ref();
                Some(name.strip_suffix('.').unwrap_or(name).to_owned())
            }
            // Addresses are not sent.
            _ => None,
        };
        let hello = Message::ClientHello {
            name: name.clone(),
            protocols: protocols.iter().map(ToString::to_string).collect(),
        };
        let mut session = Session::new(State::ServerHello(verifier, protocols));
        session.name = name;
        session.send(&hello);
        session
    }

    /// A server's session, which waits for a client's hello.
    pub(in crate::http) fn server(certificate: Certificate, protocols: Vec<String>) -> Session {
        Session::new(State::ClientHello(certificate, protocols))
    }

    /// Whether the two sides are still agreeing on the session.
    pub fn is_handshaking(&self) -> bool {
        !matches!(self.state, State::Open)
    }

    /// The application protocol that both agreed on.
    pub(super) fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// The name that the client asks for; none where it is an address.
    pub(super) fn server_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Takes what the peer has sent towards agreeing; whether there was something. After an error an alert is to be
    /// flushed.
    ///
    /// # Errors
    /// `Protocol`, `Certificate`, `NoApplicationProtocol`, `AlertReceived`: the same again from then on. `Truncated`
    /// when the reader has ended, `Io` when it fails.
    pub fn handshake(&mut self, io: &mut dyn Read) -> Result<bool, TlsError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        match self.records.fill(io) {
            Ok(0) => return Err(TlsError::Truncated),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(TlsError::Io(error.kind())),
        }
        while self.is_handshaking() && self.advance()? {}
        match self.is_handshaking() && self.peer_closed {
            true => Err(TlsError::Truncated),
            false => Ok(true),
        }
    }

    /// Reads plaintext. What the peer sends and is no plaintext is read from a little at a time: then there is nothing
    /// yet although the reader has more. After an error an alert is to be flushed.
    ///
    /// # Errors
    /// `Protocol`, `AlertReceived`, `Io`: the same again from then on.
    pub fn read(&mut self, io: &mut dyn Read, buffer: &mut [u8]) -> Result<Got, TlsError> {
        let mut rounds = 0;
        loop {
            if !self.plaintext.is_empty() {
                let count = self.plaintext.len().min(buffer.len());
                let bytes = self.plaintext.as_slice().get(..count).unwrap_or_default();
                if let Some(buffer) = buffer.get_mut(..count) {
                    buffer.copy_from_slice(bytes);
                }
                self.plaintext.consume(count);
                return Ok(Got::Bytes(count));
            }
            if self.peer_closed {
                return Ok(Got::Closed);
            }
            if self.advance()? {
                continue;
            }
            if rounds == ROUNDS_MAX {
                return Ok(Got::Nothing);
            }
            rounds += 1;
            match self.records.fill(io) {
                Ok(0) => return Ok(Got::Cut),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Got::Nothing),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.fail(TlsError::Io(error.kind()))),
            }
        }
    }

    /// Takes plaintext, as much as there is room for; none while the handshake is not done, and behind the end.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        match self.is_handshaking() || self.closed {
            true => 0,
            false => self.records.write_data(bytes),
        }
    }

    /// Whether this side has ended the session.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes what is kept, as far as the writer takes it; whether nothing is kept any more.
    ///
    /// # Errors
    /// `Io`.
    pub fn flush(&mut self, io: &mut dyn Write) -> Result<bool, TlsError> {
        self.records.flush(io)
    }

    /// Says that nothing more will be written.
    pub fn close(&mut self) {
        self.alert(WARNING, AlertDescription::CloseNotify);
    }

    /// Ends the session with an alert.
    pub(super) fn abort(&mut self, alert: u8) {
        self.alert(FATAL, AlertDescription::from(alert));
    }

    fn alert(&mut self, level: u8, alert: AlertDescription) {
        if !self.closed {
            self.closed = true;
            self.records
                .write(ContentType::Alert, &[level, u8::from(alert)]);
        }
    }

    fn send(&mut self, message: &Message) {
        self.records
            .write(ContentType::Handshake, &message.encode());
    }

    /// Takes one record that has arrived; whether there was one.
    fn advance(&mut self) -> Result<bool, TlsError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let next = self.records.next().map_err(TlsError::from);
        let taken = next.and_then(|record| match record {
            Some((kind, content)) => self.take(kind, &content).map(|()| true),
            None => Ok(false),
        });
        taken.map_err(|error| self.fail(error))
    }

    /// Remembers why the session failed, and tells the peer.
    fn fail(&mut self, error: TlsError) -> TlsError {
        if let Some(alert) = error.alert() {
            self.alert(FATAL, alert);
        }
        self.closed = true;
        self.failed = Some(error.clone());
        error
    }

    fn take(&mut self, kind: ContentType, content: &[u8]) -> Result<(), TlsError> {
        // Nothing counts behind the peer's end.
        if self.peer_closed {
            return Ok(());
        }
        match kind {
            ContentType::Alert => match content {
                [WARNING | FATAL, 0] => self.peer_closed = true,
                [WARNING | FATAL, alert] => return Err(TlsError::AlertReceived(*alert)),
                _ => return Err(ProtocolError::MalformedMessage.into()),
            },
            ContentType::ApplicationData if !self.is_handshaking() => {
                self.plaintext.extend(content);
            }
            ContentType::ApplicationData => return Err(ProtocolError::UnexpectedMessage.into()),
            ContentType::Handshake => {
                let message = Message::decode(content).ok_or(ProtocolError::MalformedMessage)?;
                return self.agree(message);
            }
        }
        Ok(())
    }

    /// Takes one message of the handshake.
    fn agree(&mut self, message: Message) -> Result<(), TlsError> {
        let state = std::mem::replace(&mut self.state, State::Failed);
        self.state = match (state, message) {
            (State::ServerHello(verifier, offered), Message::ServerHello { protocol }) => {
                if protocol
                    .as_ref()
                    .is_some_and(|chosen| !offered.contains(&chosen.as_str()))
                {
                    return Err(ProtocolError::UnexpectedMessage.into());
                }
                self.protocol = protocol;
                State::Certificate(verifier)
            }
            (State::Certificate(verifier), Message::Certificate(certificate)) => {
                verifier.verify(&certificate)?;
                State::Finished { is_client: true }
            }
            (State::ClientHello(certificate, spoken), Message::ClientHello { name, protocols }) => {
                let chosen = spoken.iter().find(|own| protocols.contains(own));
                if chosen.is_none() && !spoken.is_empty() && !protocols.is_empty() {
                    return Err(TlsError::NoApplicationProtocol);
                }
                (self.name, self.protocol) = (name, chosen.cloned());
                let protocol = self.protocol.clone();
                self.send(&Message::ServerHello { protocol });
                self.send(&Message::Certificate(certificate));
                self.send(&Message::Finished);
                State::Finished { is_client: false }
            }
            (State::Finished { is_client }, Message::Finished) => {
                if is_client {
                    self.send(&Message::Finished);
                }
                State::Open
            }
            _ => return Err(ProtocolError::UnexpectedMessage.into()),
        };
        Ok(())
    }
}
