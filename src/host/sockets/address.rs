//! Addresses between the WIT and the standard library, and which of them a function takes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use wippy_dispatcher::net::Family;

use super::error::ErrorCode;
use super::interfaces::network::{
    IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};

impl From<IpAddressFamily> for Family {
    fn from(family: IpAddressFamily) -> Family {
        match family {
            IpAddressFamily::Ipv4 => Family::V4,
            IpAddressFamily::Ipv6 => Family::V6,
        }
    }
}

impl From<Family> for IpAddressFamily {
    fn from(family: Family) -> IpAddressFamily {
        match family {
            Family::V4 => IpAddressFamily::Ipv4,
            Family::V6 => IpAddressFamily::Ipv6,
        }
    }
}

impl From<IpSocketAddress> for SocketAddr {
    fn from(address: IpSocketAddress) -> SocketAddr {
        match address {
            IpSocketAddress::Ipv4(v4) => {
                let (a, b, c, d) = v4.address;
                SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), v4.port).into()
            }
            IpSocketAddress::Ipv6(v6) => {
                let (a, b, c, d, e, f, g, h) = v6.address;
                let ip = Ipv6Addr::new(a, b, c, d, e, f, g, h);
                SocketAddrV6::new(ip, v6.port, v6.flow_info, v6.scope_id).into()
            }
        }
    }
}

impl From<SocketAddr> for IpSocketAddress {
    fn from(address: SocketAddr) -> IpSocketAddress {
        match address {
            SocketAddr::V4(v4) => IpSocketAddress::Ipv4(Ipv4SocketAddress {
                port: v4.port(),
                address: v4.ip().octets().into(),
            }),
            SocketAddr::V6(v6) => IpSocketAddress::Ipv6(Ipv6SocketAddress {
                port: v6.port(),
                flow_info: v6.flowinfo(),
                address: v6.ip().segments().into(),
                scope_id: v6.scope_id(),
            }),
        }
    }
}

impl From<IpAddr> for IpAddress {
    fn from(address: IpAddr) -> IpAddress {
        match address {
            IpAddr::V4(v4) => IpAddress::Ipv4(v4.octets().into()),
            IpAddr::V6(v6) => IpAddress::Ipv6(v6.segments().into()),
        }
    }
}

/// Whether an IPv6 address stands for an IPv4 address: a mapped one (`::ffff:1.2.3.4`), or a
/// deprecated compatible one (`::1.2.3.4`), which a tunnel may lead to that IPv4 address.
fn embeds_ipv4(ip: Ipv6Addr) -> bool {
    let compatible = matches!(ip.segments(), [0, 0, 0, 0, 0, 0, _, _])
        && !ip.is_unspecified()
        && !ip.is_loopback();
    compatible || ip.to_ipv4_mapped().is_some()
}

/// An address of the socket's family.
///
/// # Errors
/// `invalid-argument` for one of the other family, and for an IPv4 address that is written as IPv6.
pub(super) fn of_family(address: IpSocketAddress, family: Family) -> Result<SocketAddr, ErrorCode> {
    let address = SocketAddr::from(address);
    let embedded = matches!(address.ip(), IpAddr::V6(ip) if embeds_ipv4(ip));
    match Family::of(&address) == family && !embedded {
        true => Ok(address),
        false => Err(ErrorCode::InvalidArgument),
    }
}

/// An address that is neither multicast nor broadcast.
///
/// # Errors
/// `invalid-argument` for any other.
pub(super) fn unicast(address: SocketAddr) -> Result<SocketAddr, ErrorCode> {
    let many = match address.ip() {
        IpAddr::V4(ip) => ip.is_multicast() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_multicast(),
    };
    match many {
        true => Err(ErrorCode::InvalidArgument),
        false => Ok(address),
    }
}

/// An address that something can be sent to: neither unspecified nor with port 0.
///
/// # Errors
/// `invalid-argument` for any other.
pub(super) fn remote(address: SocketAddr) -> Result<SocketAddr, ErrorCode> {
    match address.ip().is_unspecified() || address.port() == 0 {
        true => Err(ErrorCode::InvalidArgument),
        false => Ok(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, family: Family) -> [bool; 3] {
        let address: SocketAddr = text.parse().expect("an address");
        let taken = of_family(address.into(), family);
        [
            taken.is_ok(),
            unicast(address).is_ok(),
            remote(address).is_ok(),
        ]
    }

    #[test]
    fn addresses_go_through_unchanged() {
        let v6 = SocketAddrV6::new(Ipv6Addr::new(1, 2, 3, 4, 5, 6, 7, 8), 9, 10, 11);
        for address in ["1.2.3.4:5".parse().expect("one"), SocketAddr::V6(v6)] {
            assert_eq!(SocketAddr::from(IpSocketAddress::from(address)), address);
        }
    }

    #[test]
    fn what_is_refused() {
        assert_eq!(check("127.0.0.1:1", Family::V4), [true, true, true]);
        assert_eq!(check("127.0.0.1:1", Family::V6), [false, true, true]);
        assert_eq!(check("[::1]:1", Family::V4), [false, true, true]);
        assert_eq!(check("[::ffff:1.2.3.4]:1", Family::V6), [false, true, true]);
        assert_eq!(check("[::1.2.3.4]:1", Family::V6), [false, true, true]);
        assert_eq!(check("[::2]:1", Family::V6), [false, true, true]);
        assert_eq!(check("[::1]:1", Family::V6), [true, true, true]);
        assert_eq!(check("0.0.0.0:1", Family::V4), [true, true, false]);
        assert_eq!(check("[::]:1", Family::V6), [true, true, false]);
        assert_eq!(check("1.2.3.4:0", Family::V4), [true, true, false]);
        assert_eq!(check("224.0.0.1:1", Family::V4), [true, false, true]);
        assert_eq!(check("255.255.255.255:1", Family::V4), [true, false, true]);
        assert_eq!(check("[ff02::1]:1", Family::V6), [true, false, true]);
    }
}
