//! A call's way to the servers.

use super::charge::Account;
use crate::http::{Client, Roots};

/// A call's way to the network.
#[derive(Clone)]
pub struct Access {
    /// Who sends.
    pub client: Client,
    /// Whom to trust.
    pub roots: Roots,
    /// What the call's resources take.
    pub(super) account: Account,
}

impl Access {
    /// The access of a new call.
    pub fn new(client: Client, roots: Roots) -> Access {
        Access {
            client,
            roots,
            account: Account::default(),
        }
    }
}
