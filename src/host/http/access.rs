//! The client, the trusted roots and the memory that a call's HTTP requests use.

use super::memory::CALL_MAX;
use crate::host::view::View;
use crate::http::{Client, Roots};
use crate::quota::Quota;

/// What is `wasi:http`'s own of a call.
#[derive(Clone, Debug)]
pub struct HttpAccess {
    /// The client that sends its requests, shared by all calls.
    pub client: Client,
    /// The certificate authorities that it trusts.
    pub roots: Roots,
    /// The memory of its HTTP resources, in bytes.
    pub(super) quota: Quota,
}

impl HttpAccess {
    /// The access of a new call, whose resources take nothing yet.
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
