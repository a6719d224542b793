//! TLS between the hosts of a simulation: the messages, round trips and sizes of TLS 1.3, and its rules for names,
//! issuers and validity, without cryptography.
//!
//! The library that does real TLS takes randomness from the kernel, so that a run with it could not be repeated. What
//! is here draws nothing. A handshake takes one round trip behind TCP's: the client's hello, the server's hello with
//! its certificate, and the client's finish, together with which it may send. Both sides then send records of up to
//! 16 KiB, each 22 bytes longer than what it carries, and end with a `close_notify`, without which the
//! end of the connection is a truncation.
//!
//! Records have types that TLS does not know, so that neither takes the other for its own. They are readable by
//! anybody and are not protected: this is refused on a dispatcher that is not a simulation.

mod acceptor;
mod certificate;
mod certificate_name;
mod connector;
mod error;
mod message;
mod record;
mod record_layer;
mod session;
mod stream;
#[cfg(test)]
mod tests;
mod trust_store;
mod verifier;

pub use acceptor::TlsAcceptor;
pub use certificate::{Certificate, InvalidCertificate};
pub use certificate_name::CertificateName;
pub use connector::TlsConnector;
pub use error::{ProtocolError, TlsError, UntrustedCertificate};
pub use session::Session;
pub use stream::TlsStream;
pub use trust_store::{SIMULATED_ROOT, TrustStore};
