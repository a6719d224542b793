//! Who answers name lookups.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use super::ResolveError;
use super::socket::look_up_with_system;

/// A function from a name to its addresses, which may block. It runs on the threads of lookups.
#[derive(Clone)]
pub(crate) struct Resolver(Arc<Function>);

type Function = dyn Fn(&str) -> Result<Vec<IpAddr>, ResolveError> + Send + Sync;

impl Resolver {
    pub(crate) fn new(
        resolve: impl Fn(&str) -> Result<Vec<IpAddr>, ResolveError> + Send + Sync + 'static,
    ) -> Resolver {
        Resolver(Arc::new(resolve))
    }

    /// A name's addresses in the function's order, each once, and at least one.
    pub(super) fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in (self.0)(name)? {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        match addresses.is_empty() {
            true => Err(ResolveError::NotFound(name.to_owned())),
            false => Ok(addresses),
        }
    }
}

impl Default for Resolver {
    /// The system's resolver.
    fn default() -> Resolver {
        Resolver::new(look_up_with_system)
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}
