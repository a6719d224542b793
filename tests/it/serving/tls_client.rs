//! Certificates for a server that is another process, and a client that trusts them.

use std::io::Write;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;

use super::client::Answer;
use super::process::rest;

/// An authority, and a directory with a certificate and its key.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pub directory: TempDir,
}

impl Authority {
    /// With a certificate for `localhost`.
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = Authority {
            issuer: CertifiedIssuer::self_signed(params, key).expect("a certificate"),
            directory: tempfile::tempdir().expect("a directory"),
        };
        authority.issue("localhost");
        authority
    }

    /// Writes another certificate in place of the last, for this name.
    pub fn issue(&self, name: &str) {
        let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        std::fs::write(self.path("cert.pem"), certificate.pem()).expect("a file");
        std::fs::write(self.path("key.pem"), key.serialize_pem()).expect("a file");
    }

    /// `cert.pem` or `key.pem`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The answer of a server with this name to a request, or why there is none.
    pub fn ask(&self, authority: &str, name: &str, request: &str) -> Result<Answer, String> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let session = ClientConnection::new(Arc::new(config), name).expect("a session");
        let stream = TcpStream::connect(authority).expect("a server");
        let mut stream = StreamOwned::new(session, stream);
        let said = stream.write_all(request.as_bytes());
        said.map_err(|error| error.to_string())?;
        Ok(rest(stream))
    }
}
