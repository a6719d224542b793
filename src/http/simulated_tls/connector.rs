//! The client's side of a connection.

use rustls::pki_types::ServerName;
use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::{Error, Handle};

use super::error::TlsError;
use super::session::Session;
use super::stream::TlsStream;
use super::trust_store::TrustStore;
use super::verifier::Verifier;
use crate::http::error::ErrorCode;

/// Makes sessions of connections of a native client, as [`TlsAcceptor`](super::TlsAcceptor) does for a server; there is
/// an example of both. It works in a simulation only.
#[derive(Clone, Debug)]
pub struct TlsConnector {
    handle: Handle,
    trust: TrustStore,
}

impl TlsConnector {
    /// A connector of a simulated host, by whose wall clock certificates are valid.
    ///
    /// # Errors
    /// `NotSimulated` on a dispatcher that is not a simulation, `WrongThread`, `Closed`.
    pub fn new(handle: &Handle, trust: TrustStore) -> Result<TlsConnector, Error> {
        match handle.is_simulated()? {
            true => Ok(TlsConnector {
                handle: handle.clone(),
                trust,
            }),
            false => Err(Error::NotSimulated("simulated TLS")),
        }
    }

    /// Agrees on a session with the server of this name or address.
    ///
    /// # Errors
    /// `InvalidServerName`; `Certificate` when the server's is not accepted; `Protocol`, `AlertReceived`, `Truncated`,
    /// `Io`.
    pub async fn connect(&self, name: &str, tcp: TcpStream) -> Result<TlsStream, TlsError> {
        let session = self.session(name, &[])?;
        TlsStream::agree(tcp, session).await
    }

    fn session(&self, name: &str, protocols: &'static [&'static str]) -> Result<Session, TlsError> {
        let server = ServerName::try_from(name.to_owned());
        let server = server.map_err(|_| TlsError::InvalidServerName(name.to_owned()))?;
        let verifier = Verifier {
            handle: self.handle.clone(),
            trust: self.trust.clone(),
            server,
        };
        Ok(Session::client(verifier, protocols))
    }

    /// The session of an HTTP client.
    ///
    /// # Errors
    /// `HTTP-request-URI-invalid` when the host cannot be a server's name.
    pub(crate) fn http(&self, host: &str) -> Result<Session, ErrorCode> {
        Ok(self.session(host, &["http/1.1"])?)
    }
}
