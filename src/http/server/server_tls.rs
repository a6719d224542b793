//! The certificate of a server, and what its sessions of TLS are made with.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::ring::{Ticketer, default_provider, sign::any_supported_type};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ProducesTickets, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use wippy_dispatcher::{Error, Handle};

use crate::http::session::Session;
use crate::http::simulated_tls::{self, Certificate};
use crate::http::tls::{self, WallClock};

/// What a server speaks inside of TLS. A client that offers other protocols only is refused.
const PROTOCOL: &str = "http/1.1";
/// The size of a file of certificates or of a key that is read, in bytes.
pub(crate) const FILE_MAX: u64 = 1024 * 1024;

/// A certificate chain and its key in PEM files. Clones are the same, and so any thread may have its servers use what
/// [`TlsFiles::reload`] has read.
#[derive(Clone)]
pub struct TlsFiles(Arc<Files>);

struct Files {
    certificates: PathBuf,
    key: PathBuf,
    read: Box<ReadFile>,
    current: RwLock<Arc<CertifiedKey>>,
    /// One for all threads, so that a session that began on one is resumed on another.
    tickets: Arc<dyn ProducesTickets>,
}

/// Reads a file as a whole, or says why it cannot be read.
type ReadFile = dyn Fn(&Path) -> Result<Vec<u8>, String> + Send + Sync;

/// Why the files of a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsFilesError {
    /// A file cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There was no thread to read the files.
    #[error("cannot read the certificate: {0}")]
    NotRead(#[source] Error),
    /// The first file holds no certificate in PEM.
    #[error("{} holds no certificate in PEM (\"BEGIN CERTIFICATE\")", .0.display())]
    NoCertificate(PathBuf),
    /// The second file holds no private key in PEM.
    #[error("{} holds no private key in PEM (\"BEGIN PRIVATE KEY\", not encrypted)", .0.display())]
    NoKey(PathBuf),
    /// The two do not belong together, or the key is of a kind that is not supported.
    #[error("{} and {} cannot be used together: {reason}", certificates.display(), key.display())]
    Unusable {
        /// The certificates' file.
        certificates: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        reason: String,
    },
}

impl TlsFiles {
    /// Reads the chain, the server's own certificate first, and its key. This blocks the thread for as long as the
    /// files do.
    ///
    /// # Errors
    /// [`TlsFilesError`].
    pub fn read(
        certificates: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Result<TlsFiles, TlsFilesError> {
        TlsFiles::read_with(certificates, key, read_file)
    }

    /// The same, with files that `read` reads, now and at each [`TlsFiles::reload`]; it may block.
    ///
    /// # Errors
    /// [`TlsFilesError`]; `Read` with what `read` says.
    pub fn read_with(
        certificates: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
        read: impl Fn(&Path) -> Result<Vec<u8>, String> + Send + Sync + 'static,
    ) -> Result<TlsFiles, TlsFilesError> {
        let (certificates, key) = (certificates.into(), key.into());
        let current = read_pair(&certificates, &key, &read)?;
        let tickets = Ticketer::new().map_err(|error| TlsFilesError::Unusable {
            certificates: certificates.clone(),
            key: key.clone(),
            reason: error.to_string(),
        })?;
        Ok(TlsFiles(Arc::new(Files {
            certificates,
            key,
            read: Box::new(read),
            current: RwLock::new(Arc::new(current)),
            tickets,
        })))
    }

    /// Reads the files again. Sessions from now on have the new certificate; those that there are go on. This blocks
    /// the thread for as long as the files do: call it in [`Handle::unblock`].
    ///
    /// # Errors
    /// [`TlsFilesError`]; what was used before is used on then.
    pub fn reload(&self) -> Result<(), TlsFilesError> {
        let new = read_pair(&self.0.certificates, &self.0.key, &*self.0.read)?;
        let mut current = self
            .0
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(new);
        Ok(())
    }

    fn config(&self, handle: &Handle) -> Result<Arc<ServerConfig>, rustls::Error> {
        let clock = Arc::new(WallClock(handle.clone()));
        let builder = ServerConfig::builder_with_details(Arc::new(default_provider()), clock)
            .with_safe_default_protocol_versions()?;
        let mut config = builder
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(self.clone()));
        config.alpn_protocols = vec![PROTOCOL.as_bytes().to_vec()];
        config.ticketer = self.0.tickets.clone();
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for TlsFiles {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self
            .0
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        Some(current.clone())
    }
}

impl fmt::Debug for TlsFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsFiles")
            .field("certificates", &self.0.certificates)
            .field("key", &self.0.key)
            .finish_non_exhaustive()
    }
}

fn read_pair(
    certificates: &Path,
    key: &Path,
    read: &ReadFile,
) -> Result<CertifiedKey, TlsFilesError> {
    let read_file = |path: &Path| {
        read(path).map_err(|reason| TlsFilesError::Read {
            path: path.to_owned(),
            reason,
        })
    };
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(&read_file(certificates)?).collect();
    let chain = match chain {
        Ok(chain) if !chain.is_empty() => chain,
        _ => return Err(TlsFilesError::NoCertificate(certificates.to_owned())),
    };
    let private = PrivateKeyDer::from_pem_slice(&read_file(key)?)
        .map_err(|_| TlsFilesError::NoKey(key.to_owned()))?;
    let unusable = |error: rustls::Error| TlsFilesError::Unusable {
        certificates: certificates.to_owned(),
        key: key.to_owned(),
        reason: error.to_string(),
    };
    let signing = any_supported_type(&private).map_err(unusable)?;
    let pair = CertifiedKey::new(chain, signing);
    match pair.keys_match() {
        // Some keys do not say what their public half is.
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
            Ok(pair)
        }
        Err(error) => Err(unusable(error)),
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let read = file.take(FILE_MAX + 1).read_to_end(&mut bytes);
    match read.map_err(|error| error.to_string())? as u64 {
        0..=FILE_MAX => Ok(bytes),
        _ => Err(format!("larger than {FILE_MAX} bytes")),
    }
}

/// The TLS of a server.
#[derive(Clone, Debug)]
pub enum ServerTls {
    /// With a certificate of files.
    Files(TlsFiles),
    /// Between the hosts of a simulation.
    Simulated(Certificate),
}

/// What one thread makes sessions with.
pub(super) enum Sessions {
    Real(Arc<ServerConfig>),
    Simulated(Certificate),
}

impl Sessions {
    pub(super) fn new(tls: &ServerTls, handle: &Handle) -> Result<Sessions, Error> {
        match tls {
            ServerTls::Files(files) => match files.config(handle) {
                Ok(config) => Ok(Sessions::Real(config)),
                Err(error) => Err(Error::Io(std::io::Error::other(error))),
            },
            ServerTls::Simulated(certificate) => match handle.is_simulated()? {
                true => Ok(Sessions::Simulated(certificate.clone())),
                false => Err(Error::NotSimulated("simulated TLS")),
            },
        }
    }

    /// A session for a connection; `None` where the library has none.
    pub(super) fn session(&self) -> Option<Session> {
        match self {
            Sessions::Real(config) => {
                let session = tls::Session::server(config.clone()).ok()?;
                Some(Session::Real(Box::new(session)))
            }
            Sessions::Simulated(certificate) => {
                let protocols = vec![PROTOCOL.to_owned()];
                let session = simulated_tls::Session::server(certificate.clone(), protocols);
                Some(Session::Simulated(Box::new(session)))
            }
        }
    }
}
