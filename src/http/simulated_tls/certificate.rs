//! Certificates: the names of a server, and who says so until when.

use rustls::pki_types::ServerName;
use wippy_dispatcher::WallTime;

use super::certificate_name::CertificateName;
use super::error::UntrustedCertificate;
use super::trust_store::{SIMULATED_ROOT, TrustStore};

/// The most names of a certificate: with its longest names it still is one record.
const NAMES_MAX: usize = 50;
/// The most bytes of an issuer's name.
const ISSUER_MAX: usize = 255;

/// What a server shows to its clients: its names, its issuer, and from when until when it is valid by the client's wall
/// clock.
///
/// ```
/// use wippy::sim::tls::Certificate;
///
/// let certificate = Certificate::new(["example.com", "*.example.com", "192.0.2.1"])?;
/// let other = certificate.issuer("another root")?;
/// let refused = Certificate::new(["*.*.example.com"]).expect_err("not a name");
/// assert!(refused.to_string().contains("*.*.example.com"));
/// # Ok::<(), wippy::sim::tls::InvalidCertificate>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    pub(super) names: Vec<CertificateName>,
    pub(super) issuer: String,
    /// In seconds since 1970, and so is the end.
    pub(super) from: u64,
    pub(super) until: u64,
}

/// Why there is no such certificate.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCertificate {
    /// A name cannot be the name of a server.
    #[error("the certificate's name `{name}` is not valid: {reason}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It has too many names.
    #[error("a certificate has at most {NAMES_MAX} names")]
    TooManyNames,
    /// The issuer's name is empty or too long.
    #[error("the name of a certificate's issuer has 1 to {ISSUER_MAX} bytes")]
    Issuer,
}

impl Certificate {
    /// A certificate for servers of these names, of the issuer [`SIMULATED_ROOT`], valid from 1970 on without an end. A
    /// name is `example.com`, or `*.example.com` for any one label in the place of the star, or an address.
    ///
    /// # Errors
    /// `Name`, `TooManyNames` beyond 50.
    pub fn new<I>(names: I) -> Result<Certificate, InvalidCertificate>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut parsed = Vec::new();
        for name in names {
            let name = name.as_ref();
            if parsed.len() >= NAMES_MAX {
                return Err(InvalidCertificate::TooManyNames);
            }
            let invalid = |reason| InvalidCertificate::Name {
                name: name.to_owned(),
                reason,
            };
            parsed.push(CertificateName::parse(name).map_err(invalid)?);
        }
        Ok(Certificate {
            names: parsed,
            issuer: SIMULATED_ROOT.to_owned(),
            from: 0,
            until: u64::MAX,
        })
    }

    /// The same of another issuer.
    ///
    /// # Errors
    /// `Issuer` for a name that is empty or longer than 255 bytes.
    pub fn issuer(mut self, name: &str) -> Result<Certificate, InvalidCertificate> {
        if name.is_empty() || name.len() > ISSUER_MAX {
            return Err(InvalidCertificate::Issuer);
        }
        self.issuer = name.to_owned();
        Ok(self)
    }

    /// The same, valid from this second on.
    pub fn valid_from(mut self, from: WallTime) -> Certificate {
        self.from = from.seconds;
        self
    }

    /// The same, valid up to and with this second.
    pub fn valid_until(mut self, until: WallTime) -> Certificate {
        self.until = until.seconds;
        self
    }

    /// Whether a client accepts it: looked at are its time, its issuer and its names, in this order.
    ///
    /// # Errors
    /// The first of these that does not fit.
    pub(super) fn verify(
        &self,
        server: &ServerName<'_>,
        trust: &TrustStore,
        now: u64,
    ) -> Result<(), UntrustedCertificate> {
        let (from, until) = (self.from, self.until);
        if now < from {
            return Err(UntrustedCertificate::NotValidYet { from, now });
        }
        if now > until {
            return Err(UntrustedCertificate::Expired { until, now });
        }
        if !trust.trusts(&self.issuer) {
            return Err(UntrustedCertificate::UnknownIssuer(self.issuer.clone()));
        }
        match self.names.iter().any(|name| name.matches(server)) {
            true => Ok(()),
            false => Err(UntrustedCertificate::NotValidForName {
                expected: server.to_str().into_owned(),
                presented: self.names.clone(),
            }),
        }
    }
}
