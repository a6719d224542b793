//! A client that speaks TLS over a socket of the dispatcher, and certificates for its server.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use tempfile::TempDir;
use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::{Error, Handle, Interest};

use super::*;
use crate::http::Roots;
use crate::http::error::ErrorCode;
use crate::http::tls::{Got, Session};

/// A directory with a certificate for `localhost` and its key, and the roots that trust it.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pub directory: TempDir,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate");
        let directory = tempfile::tempdir().expect("a directory");
        let authority = Authority { issuer, directory };
        authority.issue("localhost");
        authority
    }

    /// Writes another certificate, for this name.
    pub fn issue(&self, name: &str) {
        let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        std::fs::write(self.certificate(), certificate.pem()).expect("a file");
        std::fs::write(self.key(), key.serialize_pem()).expect("a file");
    }

    pub fn certificate(&self) -> PathBuf {
        self.directory.path().join("certificate.pem")
    }

    pub fn key(&self) -> PathBuf {
        self.directory.path().join("key.pem")
    }

    pub fn files(&self) -> TlsFiles {
        TlsFiles::read(self.certificate(), self.key()).expect("a certificate")
    }

    /// A client's session with a server of this name.
    pub fn session(&self, handle: &Handle, name: &str) -> Session {
        let roots = Roots::with_extra(&[self.issuer.pem().into_bytes()]).expect("a root");
        let config = roots.config(&RootCertStore::empty(), handle);
        Session::new(config.expect("a configuration"), name).expect("a session")
    }
}

/// A connection over TLS.
pub struct TlsClient {
    pub stream: TcpStream,
    pub session: Session,
}

struct Io<'a>(&'a TcpStream);

impl Read for Io<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer).map_err(of_kind)
    }
}

impl Write for Io<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes).map_err(of_kind)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn of_kind(error: Error) -> io::Error {
    error.kind().into()
}

impl TlsClient {
    pub async fn say(&mut self, bytes: &[u8]) -> Result<(), ErrorCode> {
        let mut left = bytes;
        loop {
            let taken = self.session.write(left);
            left = &left[taken..];
            let flushed = self.session.flush(&mut Io(&self.stream))?;
            if self.session.is_handshaking() {
                if !self.session.handshake(&mut Io(&self.stream))? {
                    self.stream.readable().await.expect("a dispatcher");
                }
            } else if !flushed {
                self.stream.writable().await.expect("a dispatcher");
            } else if left.is_empty() {
                return Ok(());
            }
        }
    }

    /// All that the server says, and how it ended.
    pub async fn rest(&mut self) -> Result<(Vec<u8>, Got), ErrorCode> {
        let (mut all, mut buffer) = (Vec::new(), vec![0; 65536]);
        loop {
            match self.session.read(&mut Io(&self.stream), &mut buffer)? {
                Got::Bytes(count) => all.extend_from_slice(&buffer[..count]),
                Got::Nothing if self.stream.is_ready(Interest::Readable) => {}
                Got::Nothing => self.stream.readable().await.expect("a dispatcher"),
                end => return Ok((all, end)),
            }
        }
    }
}
