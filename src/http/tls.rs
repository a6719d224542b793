//! TLS without I/O: whom a client trusts, and one session over any reader and writer.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{
    ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection,
};
use sha2::{Digest, Sha256};
use wippy_dispatcher::Handle;

use super::distinguished_name::common_name;
use super::error::{ErrorCode, TlsAlert};

/// The most certificates that one set of extra roots holds.
const EXTRA_MAX: usize = 1024;
/// How much plaintext a session keeps that the socket has not taken, in bytes.
const KEPT_MAX: usize = 64 * 1024;
/// How often one read of plaintext reads from below. A record of the longest kind takes five.
const ROUNDS_MAX: u32 = 8;
/// How many servers' sessions are kept for resumption.
const SESSIONS: usize = 256;

/// Whom to trust: the system's roots, and perhaps others.
#[derive(Clone, Default, Debug)]
pub struct Roots(Option<Arc<Extra>>);

#[derive(Debug)]
struct Extra {
    certificates: Vec<CertificateDer<'static>>,
    digest: [u8; 32],
}

/// Why the certificates of `http.ca` cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file is not PEM, or holds no certificate.
    #[error("no certificate in PEM: {0}")]
    Pem(String),
    /// A certificate cannot be a root.
    #[error("not usable as a root certificate: {0}")]
    Unusable(String),
    /// There are too many.
    #[error("more than {EXTRA_MAX} root certificates")]
    TooMany,
}

impl Roots {
    /// The system's, and those in these PEM files.
    ///
    /// # Errors
    /// `Pem` when a file holds no certificate or is malformed, `Unusable` when a certificate cannot be a
    /// root, `TooMany` beyond 1,024 in all files together.
    pub fn with_extra(files: &[Vec<u8>]) -> Result<Roots, CertificateError> {
        let mut certificates = Vec::new();
        let mut store = RootCertStore::empty();
        let mut hash = Sha256::new();
        for file in files {
            let before = certificates.len();
            for certificate in CertificateDer::pem_slice_iter(file) {
                let certificate =
                    certificate.map_err(|error| CertificateError::Pem(error.to_string()))?;
                if certificates.len() >= EXTRA_MAX {
                    return Err(CertificateError::TooMany);
                }
                store
                    .add(certificate.clone())
                    .map_err(|error| CertificateError::Unusable(error.to_string()))?;
                hash.update(Sha256::digest(&certificate));
                certificates.push(certificate);
            }
            if certificates.len() == before {
                return Err(CertificateError::Pem("the file holds none".to_owned()));
            }
        }
        let digest = hash.finalize().into();
        Ok(Roots(Some(Arc::new(Extra {
            certificates,
            digest,
        }))))
    }

    /// A digest that identifies the set; all zeroes where nothing is added to the system's roots.
    pub fn digest(&self) -> [u8; 32] {
        self.0.as_ref().map_or([0; 32], |extra| extra.digest)
    }

    /// The common names of what is added to the system's roots: in a simulation, the names of issuers.
    pub fn common_names(&self) -> Vec<String> {
        let mut store = RootCertStore::empty();
        if let Some(extra) = &self.0 {
            store.add_parsable_certificates(extra.certificates.iter().cloned());
        }
        let subjects = store.roots.iter().map(|root| root.subject.as_ref());
        subjects.filter_map(common_name).collect()
    }

    /// A client's settings. Connections that share them resume each other's sessions.
    ///
    /// # Errors
    /// `configuration-error` when the cryptography is not available.
    pub fn config(
        &self,
        system: &RootCertStore,
        handle: &Handle,
    ) -> Result<Arc<ClientConfig>, ErrorCode> {
        let mut store = system.clone();
        if let Some(extra) = &self.0 {
            store.add_parsable_certificates(extra.certificates.iter().cloned());
        }
        let clock = Arc::new(WallClock(handle.clone()));
        let builder = ClientConfig::builder_with_details(Arc::new(default_provider()), clock)
            .with_safe_default_protocol_versions()
            .map_err(|_| ErrorCode::ConfigurationError)?;
        let mut config = builder.with_root_certificates(store).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        Ok(Arc::new(config))
    }
}

/// The system's roots, or Mozilla's where it has none. Reads files: not for the dispatcher's
/// thread.
pub fn system_roots() -> RootCertStore {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() {
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    store
}

/// The dispatcher's wall clock decides whether a certificate, or a session that is resumed, is valid.
pub(super) struct WallClock(pub(super) Handle);

impl fmt::Debug for WallClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the dispatcher's clock")
    }
}

impl TimeProvider for WallClock {
    fn current_time(&self) -> Option<UnixTime> {
        let now = self.0.wall_time().ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(now.seconds)))
    }
}

/// What reading gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Got {
    /// This many bytes.
    Bytes(usize),
    /// Nothing yet.
    Nothing,
    /// The end.
    Closed,
    /// The end of the connection without the end of the session: something may be missing.
    Cut,
}

/// A TLS session of a client or a server.
#[derive(Debug)]
pub struct Session(Connection);

impl Session {
    /// A session with a server of this name or address.
    ///
    /// # Errors
    /// `HTTP-request-URI-invalid` when that is no name, and the errors of TLS.
    pub fn new(config: Arc<ClientConfig>, host: &str) -> Result<Session, ErrorCode> {
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
        let mut connection = ClientConnection::new(config, name).map_err(code)?;
        connection.set_buffer_limit(Some(KEPT_MAX));
        Ok(Session(connection.into()))
    }

    /// A server's session with whoever has connected.
    ///
    /// # Errors
    /// The errors of TLS.
    pub fn server(config: Arc<ServerConfig>) -> Result<Session, ErrorCode> {
        let mut connection = ServerConnection::new(config).map_err(code)?;
        connection.set_buffer_limit(Some(KEPT_MAX));
        Ok(Session(connection.into()))
    }

    /// Whether the two sides are still agreeing on the session.
    pub fn is_handshaking(&self) -> bool {
        self.0.is_handshaking()
    }

    /// Takes what the peer has sent towards agreeing; whether there was something.
    ///
    /// # Errors
    /// The errors of TLS; `connection-terminated` when the reader has ended or fails.
    pub fn handshake(&mut self, io: &mut dyn Read) -> Result<bool, ErrorCode> {
        match self.0.read_tls(io) {
            Ok(0) => Err(ErrorCode::ConnectionTerminated),
            Ok(_) => {
                self.0.process_new_packets().map_err(code)?;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(_) => Err(ErrorCode::ConnectionTerminated),
        }
    }

    /// Reads plaintext. The handshake goes on by itself meanwhile, as far as `flush` is called.
    /// A peer that sends much and no plaintext is read from a little at a time: then there is
    /// nothing yet although the reader has more.
    ///
    /// # Errors
    /// The errors of TLS, and of the reader.
    pub fn read(&mut self, io: &mut dyn Read, buffer: &mut [u8]) -> Result<Got, ErrorCode> {
        let mut rounds = 0;
        loop {
            match self.0.reader().read(buffer) {
                Ok(0) => return Ok(Got::Closed),
                Ok(count) => return Ok(Got::Bytes(count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Got::Cut),
                Err(error) => return Err(ErrorCode::internal(error)),
            }
            if rounds == ROUNDS_MAX {
                return Ok(Got::Nothing);
            }
            rounds += 1;
            match self.0.read_tls(io) {
                Ok(_) => {
                    self.0.process_new_packets().map_err(code)?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Got::Nothing);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(ErrorCode::ConnectionTerminated),
            }
        }
    }

    /// Takes plaintext, as much as there is room for.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        // Writing to memory does not fail; what does not fit is not taken.
        self.0.writer().write(bytes).unwrap_or(0)
    }

    /// Writes what is kept, as far as the writer takes it; whether nothing is kept any more.
    ///
    /// # Errors
    /// `connection-terminated` when the writer fails.
    pub fn flush(&mut self, io: &mut dyn Write) -> Result<bool, ErrorCode> {
        while self.0.wants_write() {
            match self.0.write_tls(io) {
                Ok(0) => return Err(ErrorCode::ConnectionTerminated),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(ErrorCode::ConnectionTerminated),
            }
        }
        Ok(true)
    }

    /// Says that nothing more will be written.
    pub fn close(&mut self) {
        self.0.send_close_notify();
    }
}

fn code(error: rustls::Error) -> ErrorCode {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            ErrorCode::TlsCertificateError
        }
        rustls::Error::AlertReceived(alert) => ErrorCode::TlsAlertReceived(TlsAlert {
            id: Some(u8::from(alert)),
            message: alert.as_str().map(str::to_owned),
        }),
        _ => ErrorCode::TlsProtocolError,
    }
}
