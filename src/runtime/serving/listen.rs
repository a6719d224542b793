//! The sockets that a service listens on.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use rustix::io::Errno;
use wippy_dispatcher::net::{TcpListener, resolve};
use wippy_dispatcher::{Error, Handle};

/// Listens on `host:port`: on each address of the host, and on all of the machine's where it is empty. Port 0 is any
/// free one, the same for all addresses.
///
/// # Errors
/// Why an address cannot be listened on.
pub(super) async fn listen(handle: &Handle, address: &str) -> Result<Vec<TcpListener>, String> {
    let not_an_address = || format!("{address:?} is no host:port");
    let (host, port) = address.rsplit_once(':').ok_or_else(not_an_address)?;
    let mut port: u16 = port.parse().map_err(|_| not_an_address())?;
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let is_every = host.is_empty();
    let addresses: Vec<IpAddr> = match is_every {
        true => vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
        false => {
            let found = resolve(handle, bare.unwrap_or(host)).await;
            found.map_err(|error| format!("{host}: {error}"))?
        }
    };
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut failure = format!("{host} has no address");
    for ip in addresses {
        let address = SocketAddr::new(ip, port);
        match TcpListener::bind(handle, address) {
            Ok(listener) => {
                let bound = listener.local_addr().map_err(|error| error.to_string())?;
                port = bound.port();
                listeners.push(listener);
            }
            // A machine without IPv6, or a name with an address that this machine has not.
            Err(error) => {
                failure = format!("cannot listen on {address}: {error}");
                if !is_not_here(&error) {
                    return Err(failure);
                }
            }
        }
    }
    match listeners.is_empty() {
        true => Err(failure),
        false => Ok(listeners),
    }
}

fn is_not_here(error: &Error) -> bool {
    let Error::Io(system) = error else {
        return false;
    };
    // EAFNOSUPPORT has no kind of its own.
    let no_family = Errno::AFNOSUPPORT.raw_os_error();
    error.kind() == ErrorKind::AddrNotAvailable || system.raw_os_error() == Some(no_family)
}
