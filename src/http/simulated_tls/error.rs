//! What can go wrong with simulated TLS.

use std::io;

use rustls::AlertDescription;

use super::certificate_name::CertificateName;
use crate::http::error::{ErrorCode, TlsAlert};

/// Why a session or its handshake failed. Of the codes of `wasi:http/types`, a guest that sends requests gets those
/// that real TLS gives it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The client connects to what is no name and no address. `HTTP-request-URI-invalid`.
    #[error("`{0}` is neither a name nor an address of a server")]
    InvalidServerName(String),
    /// What the peer sends is no simulated TLS, or breaks its rules. `TLS-protocol-error`.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// The server's certificate is not accepted. `TLS-certificate-error`.
    #[error("the server's certificate is not accepted: {0}")]
    Certificate(#[from] UntrustedCertificate),
    /// The client offers application protocols, and the server has none of them.
    #[error("client and server have no application protocol in common")]
    NoApplicationProtocol,
    /// The peer has ended the session with this alert, by its number in RFC 8446. `TLS-alert-received`.
    #[error("the peer has ended the session with the alert {0}{name}", name = alert_name(*.0))]
    AlertReceived(u8),
    /// The connection has ended without a `close_notify`: something may be missing. `connection-terminated`; in a
    /// response, `HTTP-response-incomplete` where the end of the connection is that of the body.
    #[error("the connection has ended before the session: what was received may be cut short")]
    Truncated,
    /// This side has ended the session and cannot write any more.
    #[error("this side has ended the session")]
    Closed,
    /// The TCP connection failed, or its dispatcher has ended. `connection-terminated`.
    #[error("the connection failed: {0}")]
    Io(io::ErrorKind),
}

/// How a peer breaks the rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The bytes are no record: plain HTTP, say, or real TLS.
    #[error("the peer does not speak simulated TLS")]
    NotSimulated,
    /// A record has more than 16 KiB of content.
    #[error("a record of the peer is longer than 16 KiB")]
    RecordTooLong,
    /// A record is not as it was sent.
    #[error("a record of the peer is damaged, or is not the one that comes next")]
    DamagedRecord,
    /// A record holds no message.
    #[error("a record of the peer holds no message")]
    MalformedMessage,
    /// A message that is not due.
    #[error("a message of the peer is not the one that is due")]
    UnexpectedMessage,
}

/// Why a client refuses a certificate.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UntrustedCertificate {
    /// Its time has not come.
    #[error("it is valid from {from} on and it is {now} (seconds since 1970)")]
    NotValidYet {
        /// When it becomes valid.
        from: u64,
        /// The client's wall clock.
        now: u64,
    },
    /// Its time is over.
    #[error("it was valid until {until} and it is {now} (seconds since 1970)")]
    Expired {
        /// When it was last valid.
        until: u64,
        /// The client's wall clock.
        now: u64,
    },
    /// The client does not trust its issuer.
    #[error("its issuer `{0}` is not trusted")]
    UnknownIssuer(String),
    /// It is for other names.
    #[error("it is not for `{expected}` but for {}", list(.presented))]
    NotValidForName {
        /// The name or address that the client connects to.
        expected: String,
        /// The certificate's.
        presented: Vec<CertificateName>,
    },
}

impl TlsError {
    /// The alert that tells the peer; none where there is nobody to tell.
    pub(super) fn alert(&self) -> Option<AlertDescription> {
        match self {
            TlsError::Protocol(error) => Some(match error {
                ProtocolError::NotSimulated | ProtocolError::MalformedMessage => {
                    AlertDescription::DecodeError
                }
                ProtocolError::RecordTooLong => AlertDescription::RecordOverflow,
                ProtocolError::DamagedRecord => AlertDescription::BadRecordMac,
                ProtocolError::UnexpectedMessage => AlertDescription::UnexpectedMessage,
            }),
            TlsError::Certificate(error) => Some(match error {
                UntrustedCertificate::NotValidYet { .. } | UntrustedCertificate::Expired { .. } => {
                    AlertDescription::CertificateExpired
                }
                UntrustedCertificate::UnknownIssuer(_) => AlertDescription::UnknownCA,
                UntrustedCertificate::NotValidForName { .. } => AlertDescription::BadCertificate,
            }),
            TlsError::NoApplicationProtocol => Some(AlertDescription::NoApplicationProtocol),
            TlsError::InvalidServerName(_)
            | TlsError::AlertReceived(_)
            | TlsError::Truncated
            | TlsError::Closed
            | TlsError::Io(_) => None,
        }
    }
}

impl From<wippy_dispatcher::Error> for TlsError {
    fn from(error: wippy_dispatcher::Error) -> TlsError {
        TlsError::Io(error.kind())
    }
}

impl From<TlsError> for ErrorCode {
    fn from(error: TlsError) -> ErrorCode {
        match error {
            TlsError::InvalidServerName(_) => ErrorCode::HttpRequestUriInvalid,
            TlsError::Protocol(_) | TlsError::NoApplicationProtocol => ErrorCode::TlsProtocolError,
            TlsError::Certificate(_) => ErrorCode::TlsCertificateError,
            TlsError::AlertReceived(alert) => ErrorCode::TlsAlertReceived(TlsAlert {
                id: Some(alert),
                message: AlertDescription::from(alert).as_str().map(str::to_owned),
            }),
            TlsError::Truncated | TlsError::Closed | TlsError::Io(_) => {
                ErrorCode::ConnectionTerminated
            }
        }
    }
}

fn alert_name(alert: u8) -> String {
    let name = AlertDescription::from(alert).as_str();
    name.map_or_else(String::new, |name| format!(" ({name})"))
}

fn list(names: &[CertificateName]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.is_empty() {
        true => "no name".to_owned(),
        false => names.join(", "),
    }
}
