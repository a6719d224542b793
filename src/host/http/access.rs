//! A call's way to the servers.

use super::memory::CALL_MAX;
use crate::host::view::View;
use crate::http::{Client, Roots};
use crate::quota::Quota;

/// A call's way to the network.
#[derive(Clone, Debug)]
pub struct HttpAccess {
    /// Who sends.
    pub client: Client,
    /// Whom to trust.
    pub roots: Roots,
    /// What the call's resources take.
    pub(super) quota: Quota,
}

impl HttpAccess {
    /// The access of a new call.
    pub fn new(client: Client, roots: Roots) -> HttpAccess {
        HttpAccess {
            client,
            roots,
            quota: Quota::new(CALL_MAX),
        }
    }
}

/// What the functions of `wasi:http` work on.
pub type HttpView<'a> = View<'a, HttpAccess>;
