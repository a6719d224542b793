//! `HOST:PORT`, where the host is an address of IPv4 or a name.

use core::net::Ipv4Addr;

use crate::failure::Failure;
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::ip_name_lookup::resolve_addresses;
use crate::wasi::sockets::network::{ErrorCode, IpAddress, IpSocketAddress, Ipv4SocketAddress};

pub fn resolve(place: &str) -> Result<IpSocketAddress, Failure> {
    let (host, port) = place
        .rsplit_once(':')
        .ok_or_else(|| Failure::new("no port"))?;
    let port = port.parse().map_err(|_| Failure::new("no port"))?;
    let address = match host.parse::<Ipv4Addr>() {
        Ok(address) => address.octets().into(),
        Err(_) => look_up(host)?,
    };
    Ok(IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address }))
}

/// The first address of IPv4 that a name has.
fn look_up(name: &str) -> Result<(u8, u8, u8, u8), Failure> {
    let lookup = resolve_addresses(&instance_network(), name)?;
    loop {
        match lookup.resolve_next_address() {
            Ok(Some(IpAddress::Ipv4(address))) => return Ok(address),
            Ok(Some(IpAddress::Ipv6(_))) => {}
            Ok(None) => return Err(Failure::new("the name has no address of IPv4")),
            Err(ErrorCode::WouldBlock) => lookup.subscribe().block(),
            Err(code) => return Err(code.into()),
        }
    }
}
