//! Where a server listens.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

/// The permissions of a UNIX socket's path where none are said: its owner's and its group's.
const MODE: u32 = 0o660;

/// Where a server listens.
///
/// ```
/// use wippy::internals::http_server::ListenAddress;
///
/// for text in ["127.0.0.1:8080", "[::1]:0", "*:80", "unix:/run/wippy.sock", "unix:/run/a,mode=600", "systemd:web"] {
///     assert_eq!(text.parse::<ListenAddress>()?.to_string(), text);
/// }
/// assert_eq!(":80".parse::<ListenAddress>()?.to_string(), "*:80");
/// assert!("8080".parse::<ListenAddress>().is_err());
/// # Ok::<(), wippy::internals::http_server::InvalidAddress>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ListenAddress {
    /// `ADDRESS:PORT`: one address, of IPv4 or of IPv6. Port 0 is any free one.
    Internet(SocketAddr),
    /// `*:PORT` or `:PORT`: all addresses of IPv4 and, where the machine has it, of IPv6.
    Every(u16),
    /// `unix:/PATH` or `unix:/PATH,mode=OCTAL`: a UNIX socket. Whoever may write the path may connect.
    Unix {
        /// The path, which is absolute.
        path: PathBuf,
        /// Its permissions. Default 660.
        mode: u32,
    },
    /// `systemd` or `systemd:NAME`: the sockets that a service manager has passed on, or those of this name
    /// (`FileDescriptorName=`).
    Passed(Option<String>),
}

/// A text is no address to listen on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "expected ADDRESS:PORT, *:PORT, unix:/PATH, unix:/PATH,mode=660, systemd or systemd:NAME, found {0:?}"
)]
pub struct InvalidAddress(pub String);

impl From<SocketAddr> for ListenAddress {
    fn from(address: SocketAddr) -> ListenAddress {
        ListenAddress::Internet(address)
    }
}

impl FromStr for ListenAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<ListenAddress, InvalidAddress> {
        let invalid = || InvalidAddress(text.to_owned());
        if text == "systemd" {
            return Ok(ListenAddress::Passed(None));
        }
        if let Some(name) = text.strip_prefix("systemd:") {
            return match name {
                "" => Err(invalid()),
                name => Ok(ListenAddress::Passed(Some(name.to_owned()))),
            };
        }
        if let Some(rest) = text.strip_prefix("unix:") {
            let (path, mode) = match rest.rsplit_once(",mode=") {
                Some((path, mode)) => {
                    let mode = u32::from_str_radix(mode, 8).ok();
                    (
                        path,
                        mode.filter(|mode| *mode <= 0o777).ok_or_else(invalid)?,
                    )
                }
                None => (rest, MODE),
            };
            let path = PathBuf::from(path);
            return match path.is_absolute() {
                true => Ok(ListenAddress::Unix { path, mode }),
                false => Err(invalid()),
            };
        }
        let every = text.strip_prefix("*:").or_else(|| text.strip_prefix(':'));
        if let Some(port) = every {
            return Ok(ListenAddress::Every(port.parse().map_err(|_| invalid())?));
        }
        if let Some(port) = text.strip_prefix("localhost:") {
            let port = port.parse().map_err(|_| invalid())?;
            return Ok(ListenAddress::Internet((Ipv4Addr::LOCALHOST, port).into()));
        }
        let address = text.parse().map_err(|_| invalid())?;
        Ok(ListenAddress::Internet(address))
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenAddress::Internet(address) => address.fmt(f),
            ListenAddress::Every(port) => write!(f, "*:{port}"),
            ListenAddress::Unix { path, mode: MODE } => write!(f, "unix:{}", path.display()),
            ListenAddress::Unix { path, mode } => {
                write!(f, "unix:{},mode={mode:o}", path.display())
            }
            ListenAddress::Passed(None) => f.write_str("systemd"),
            ListenAddress::Passed(Some(name)) => write!(f, "systemd:{name}"),
        }
    }
}
