//! The names of a certificate, and which server each is for.

use std::fmt;
use std::net::IpAddr;

use rustls::pki_types::{DnsName, ServerName};

/// A name that a certificate is for. Names are compared as real clients do: without regard to case, an address only
/// with itself, `*.` with exactly one label.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CertificateName {
    /// A name, in lower case.
    Dns(String),
    /// What stands behind `*.`, in lower case.
    Wildcard(String),
    /// An address.
    Address(IpAddr),
}

impl CertificateName {
    /// From `example.com`, `*.example.com`, or an address without brackets.
    ///
    /// # Errors
    /// Why no server can have that name.
    pub(super) fn parse(text: &str) -> Result<CertificateName, &'static str> {
        if let Ok(address) = text.parse() {
            return Ok(CertificateName::Address(address));
        }
        let (is_wildcard, name) = match text.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, text),
        };
        // The last label tells names from addresses.
        let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
        let ends_in_number = name.rsplit('.').next().is_none_or(is_number);
        if DnsName::try_from(name).is_err() || name.ends_with('.') || ends_in_number {
            return Err("it is neither a name nor an address");
        }
        if is_wildcard && !name.contains('.') {
            return Err("`*.` needs two labels behind it: clients refuse it before one");
        }
        let name = name.to_ascii_lowercase();
        Ok(match is_wildcard {
            true => CertificateName::Wildcard(name),
            false => CertificateName::Dns(name),
        })
    }

    /// Whether a client may take a server of this name for the one that it wants to reach.
    pub(super) fn matches(&self, server: &ServerName<'_>) -> bool {
        let reference = match server {
            ServerName::DnsName(name) => name.as_ref().to_ascii_lowercase(),
            ServerName::IpAddress(address) => {
                return matches!(self, CertificateName::Address(own) if *own == IpAddr::from(*address));
            }
            _ => return false,
        };
        let reference = reference.strip_suffix('.').unwrap_or(&reference);
        match self {
            CertificateName::Dns(own) => own == reference,
            CertificateName::Wildcard(own) => reference
                .split_once('.')
                .is_some_and(|(_, rest)| own == rest),
            CertificateName::Address(_) => false,
        }
    }
}

impl fmt::Display for CertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CertificateName::Dns(name) => f.write_str(name),
            CertificateName::Wildcard(name) => write!(f, "*.{name}"),
            CertificateName::Address(address) => write!(f, "{address}"),
        }
    }
}
