//! Address families.

use std::net::SocketAddr;

/// The family of a socket's addresses. An IPv6 socket never takes IPv4 addresses, mapped or not.
///
/// ```
/// use wippy_dispatcher::net::Family;
///
/// let address = "[::1]:80".parse()?;
/// assert_eq!(Family::of(&address), Family::V6);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family of an address.
    pub fn of(address: &SocketAddr) -> Family {
        match address {
            SocketAddr::V4(_) => Family::V4,
            SocketAddr::V6(_) => Family::V6,
        }
    }
}
