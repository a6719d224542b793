//! Name lookups by the system's resolver.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};

use crate::net::ResolveError;

/// Asks the system's resolver (`getaddrinfo`), which may block for many seconds.
///
/// # Errors
/// `NotFound`, `Temporary` and `Permanent`.
pub(in crate::net) fn look_up(name: &str) -> Result<Vec<IpAddr>, ResolveError> {
    match (name, 0).to_socket_addrs() {
        Ok(addresses) => Ok(addresses.map(|address| address.ip()).collect()),
        Err(error) => Err(resolve_error(name, &error)),
    }
}

/// The standard library gives `getaddrinfo`'s error code only as its text: these are the texts of
/// glibc and of musl.
fn resolve_error(name: &str, error: &io::Error) -> ResolveError {
    let text = error.to_string();
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    if has(&[
        "Name or service not known",
        "No address associated with hostname",
        "Address family for hostname not supported",
        "Name does not resolve",
        "Name has no usable address",
        "Unknown host",
    ]) {
        ResolveError::NotFound(name.to_owned())
    } else if has(&["Non-recoverable", "Unrecoverable"]) {
        ResolveError::Permanent(text)
    } else {
        // No free descriptor, no memory, or a server that does not answer.
        ResolveError::Temporary(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_the_resolver_have_their_errors() {
        let error = |text: &str| resolve_error("x", &io::Error::other(text.to_owned()));
        assert!(matches!(
            error("failed to lookup address information: Name or service not known"),
            ResolveError::NotFound(_)
        ));
        assert!(matches!(
            error("failed to lookup address information: Temporary failure in name resolution"),
            ResolveError::Temporary(_)
        ));
        assert!(matches!(
            error(
                "failed to lookup address information: Non-recoverable failure in name resolution"
            ),
            ResolveError::Permanent(_)
        ));
    }
}
