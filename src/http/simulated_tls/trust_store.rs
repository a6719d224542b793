//! Whom a client trusts.

use std::sync::Arc;

/// The issuer that signs all certificates which name no other, and that all clients trust which are not told whom.
pub const SIMULATED_ROOT: &str = "simulated root";

/// The issuers whose certificates a client accepts, by their names. The default is [`SIMULATED_ROOT`] alone.
///
/// ```
/// use wippy::sim::tls::TrustStore;
///
/// assert!(TrustStore::default().trusts("simulated root"));
/// assert!(!TrustStore::new(["another root"]).trusts("simulated root"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustStore(Arc<[String]>);

impl TrustStore {
    /// These issuers; none where there are none.
    pub fn new<I>(issuers: I) -> TrustStore
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        TrustStore(issuers.into_iter().map(Into::into).collect())
    }

    /// Whether it trusts an issuer.
    pub fn trusts(&self, issuer: &str) -> bool {
        self.0.iter().any(|trusted| trusted == issuer)
    }

    /// The same and others beside.
    pub(crate) fn with(&self, others: Vec<String>) -> TrustStore {
        match others.is_empty() {
            true => self.clone(),
            false => TrustStore(self.0.iter().cloned().chain(others).collect()),
        }
    }
}

impl Default for TrustStore {
    fn default() -> TrustStore {
        TrustStore::new([SIMULATED_ROOT])
    }
}
