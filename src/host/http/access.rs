//! What a call may reach over HTTP.

use std::sync::Arc;

use super::charge::Account;
use crate::http::{Client, Roots, Target};

/// The targets that an entry's `network.allow` permits.
pub trait Allow: Send + Sync {
    /// Whether a request may go there.
    fn http(&self, target: &Target) -> bool;
}

/// A call's way to the network.
#[derive(Clone)]
pub struct Access {
    /// Who sends.
    pub client: Client,
    /// Whom to trust.
    pub roots: Roots,
    /// Where requests may go; anywhere if there is no list.
    pub allow: Option<Arc<dyn Allow>>,
    /// What the call's resources take.
    pub(super) account: Account,
}

impl Access {
    /// The access of a new call.
    pub fn new(client: Client, roots: Roots, allow: Option<Arc<dyn Allow>>) -> Access {
        Access {
            client,
            roots,
            allow,
            account: Account::default(),
        }
    }
}
