//! Proxies that are believed about their clients.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::forwarded::ForwardedField;
use super::peer::Peer;
use crate::http::fields::Fields;

/// How many proxies are gone back over.
const HOPS_MAX: usize = 32;

/// Networks whose members are believed when they say for whom they forward a request, and the field in which they say
/// it. By default nobody is.
///
/// Only one field is read, because a proxy that sets one passes on the others as its client wrote them.
#[derive(Clone, Default, Debug)]
pub struct TrustedProxies {
    /// The proxies.
    pub members: Vec<TrustedProxy>,
    /// Where they say it.
    pub field: ForwardedField,
}

/// One proxy, or a network of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrustedProxy {
    /// Addresses that have so many bits in common with this one.
    Network(IpAddr, u8),
    /// Whoever connects by a UNIX socket.
    Unix,
}

/// A text names no proxy.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected an address, a network such as 10.0.0.0/8, or unix, found {0:?}")]
pub struct InvalidProxy(pub String);

/// Who has sent a request, as far as that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientInfo {
    /// The address: the peer's, or that of the client for whom trusted proxies have forwarded the request. `None` where
    /// nobody knows it, such as behind a UNIX socket.
    pub address: Option<IpAddr>,
    /// Whether the client speaks TLS, with this server or with the proxy that has forwarded its request.
    pub secure: bool,
}

impl TrustedProxies {
    /// Who has sent a request with these fields. Going back from the peer, it is the first who is no trusted proxy.
    pub(super) fn client(&self, peer: Peer, secure: bool, fields: &Fields) -> ClientInfo {
        let address = peer.ip();
        let direct = ClientInfo { address, secure };
        let is_trusted = match peer {
            Peer::Unix => self.members.contains(&TrustedProxy::Unix),
            Peer::Internet(_) => self.trusts(address),
        };
        match is_trusted {
            true => self.client_behind(direct, fields),
            false => direct,
        }
    }

    fn client_behind(&self, proxy: ClientInfo, fields: &Fields) -> ClientInfo {
        let mut client = proxy;
        for hop in self.field.hops(fields).into_iter().rev().take(HOPS_MAX) {
            client.secure = hop.secure.unwrap_or(client.secure);
            let Some(address) = hop.address else { break };
            client.address = Some(address);
            if !self.trusts(client.address) {
                break;
            }
        }
        client
    }

    /// Whether an address is a proxy's.
    pub(super) fn trusts(&self, address: Option<IpAddr>) -> bool {
        address.is_some_and(|address| self.members.iter().any(|member| member.holds(address)))
    }
}

impl TrustedProxy {
    fn holds(self, address: IpAddr) -> bool {
        let TrustedProxy::Network(network, prefix) = self else {
            return false;
        };
        let common = match (network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                (u32::from(network) ^ u32::from(address)).leading_zeros()
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                (u128::from(network) ^ u128::from(address)).leading_zeros()
            }
            _ => return false,
        };
        common >= u32::from(prefix)
    }
}

impl FromStr for TrustedProxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<TrustedProxy, InvalidProxy> {
        if text == "unix" {
            return Ok(TrustedProxy::Unix);
        }
        let invalid = || InvalidProxy(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => bits,
            Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => {
                prefix.parse().map_err(|_| invalid())?
            }
            Some(_) => return Err(invalid()),
        };
        match prefix <= bits {
            true => Ok(TrustedProxy::Network(address, prefix)),
            false => Err(invalid()),
        }
    }
}

impl fmt::Display for TrustedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrustedProxy::Network(address, prefix) => write!(f, "{address}/{prefix}"),
            TrustedProxy::Unix => f.write_str("unix"),
        }
    }
}
