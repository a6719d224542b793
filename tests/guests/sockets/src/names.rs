//! Lookups, and what an entry may reach.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::ip_name_lookup::resolve_addresses;
use crate::wasi::sockets::network::{
    ErrorCode, IpAddress, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use crate::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::wasi::sockets::udp::OutgoingDatagram;
use crate::wasi::sockets::udp_create_socket::create_udp_socket;
use crate::{family, loopback_at, outcome, said};

fn resolve(name: &str) -> Result<(bool, Vec<IpAddress>), ErrorCode> {
    let lookup = resolve_addresses(&instance_network(), name)?;
    let (mut waited, mut addresses) = (false, Vec::new());
    loop {
        match lookup.resolve_next_address() {
            Ok(Some(address)) => addresses.push(address),
            Ok(None) => return Ok((waited, addresses)),
            Err(ErrorCode::WouldBlock) => {
                waited = true;
                lookup.subscribe().block();
            }
            Err(code) => return Err(code),
        }
    }
}

pub fn look_up(name: &str) -> Vec<String> {
    match resolve(name) {
        Err(code) => vec![said(code)],
        Ok((waited, addresses)) => {
            let mut lines = vec![match waited {
                true => "later".to_string(),
                false => "at once".to_string(),
            }];
            lines.extend(addresses.iter().map(|address| match address {
                IpAddress::Ipv4((a, b, c, d)) => format!("{a}.{b}.{c}.{d}"),
                IpAddress::Ipv6(parts) => {
                    let (a, b, c, d, e, f, g, h) = *parts;
                    let parts = [a, b, c, d, e, f, g, h].map(|part| format!("{part:x}"));
                    parts.join(":")
                }
            }));
            lines
        }
    }
}

pub fn look_up_and_connect(name: &str, port: u16) -> Vec<String> {
    let addresses = match resolve(name) {
        Ok((_, addresses)) => addresses,
        Err(code) => return vec![said(code)],
    };
    addresses
        .into_iter()
        .map(|address| {
            let address = match address {
                IpAddress::Ipv4(address) => IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address }),
                IpAddress::Ipv6(address) => IpSocketAddress::Ipv6(Ipv6SocketAddress {
                    port,
                    flow_info: 0,
                    address,
                    scope_id: 0,
                }),
            };
            outcome(crate::tcp::connect(address))
        })
        .collect()
}

pub fn may(what: &str, last: u8, port: u16) -> String {
    let (network, address) = (instance_network(), loopback_at(false, last, port));
    let tried = match what {
        "tcp" => create_tcp_socket(family(false))
            .and_then(|socket| socket.start_connect(&network, address)),
        "tcp-bind" => create_tcp_socket(family(false))
            .and_then(|socket| socket.start_bind(&network, address)),
        "udp-bind" => create_udp_socket(family(false))
            .and_then(|socket| socket.start_bind(&network, address)),
        "udp" => crate::udp::bound(loopback_at(false, 1, 0)).and_then(|socket| {
            let (_incoming, outgoing) = socket.stream(None)?;
            outgoing.check_send()?;
            let datagram = OutgoingDatagram {
                data: vec![1],
                remote_address: Some(address),
            };
            outgoing.send(&[datagram]).map(drop)
        }),
        "udp-connected" => crate::udp::bound(loopback_at(false, 1, 0))
            .and_then(|socket| socket.stream(Some(address)).map(drop)),
        _ => Err(ErrorCode::NotSupported),
    };
    outcome(tried)
}
