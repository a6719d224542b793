//! Which servers a client accepts.

use rustls::pki_types::ServerName;
use wippy_dispatcher::Handle;

use super::certificate::Certificate;
use super::error::TlsError;
use super::trust_store::TrustStore;

/// The server that a client connects to, and whom it believes that it is that.
#[derive(Debug)]
pub(super) struct Verifier {
    /// Its wall clock decides whether a certificate is valid.
    pub(super) handle: Handle,
    pub(super) trust: TrustStore,
    pub(super) server: ServerName<'static>,
}

impl Verifier {
    /// Whether the client accepts the server that shows this certificate.
    ///
    /// # Errors
    /// `Certificate`; `Io` when the dispatcher has ended.
    pub(super) fn verify(&self, certificate: &Certificate) -> Result<(), TlsError> {
        let now = self.handle.wall_time()?.seconds;
        Ok(certificate.verify(&self.server, &self.trust, now)?)
    }
}
