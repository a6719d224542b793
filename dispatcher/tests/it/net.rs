//! Sockets and names, against the standard library's sockets on loopback.

// The peers are outside of any dispatcher.
#![allow(clippy::disallowed_methods)]

mod names;
mod slow_names;
mod tcp;
mod udp;

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use wippy_dispatcher::{Dispatcher, Error};

fn live() -> Dispatcher {
    Dispatcher::new().expect("dispatcher")
}

/// Any port of IPv4's loopback, and of IPv6's where the machine has one.
fn loopbacks() -> Vec<SocketAddr> {
    let any = [
        IpAddr::from(Ipv4Addr::LOCALHOST),
        IpAddr::from(Ipv6Addr::LOCALHOST),
    ];
    any.into_iter()
        .map(|address| SocketAddr::new(address, 0))
        .filter(|address| std::net::UdpSocket::bind(address).is_ok())
        .collect()
}

fn run<T>(
    dispatcher: &Dispatcher,
    future: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    dispatcher.block_on(future).expect("block_on")
}

#[test]
fn futures_of_sockets_may_be_sent() {
    fn is_send<T: Send>(_: T) {}
    let dispatcher = live();
    let handle = dispatcher.handle();
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    is_send(wippy_dispatcher::net::TcpStream::connect(&handle, address));
    is_send(wippy_dispatcher::net::resolve(&handle, "::1"));
}

#[test]
fn a_simulation_refuses_sockets_and_lookups_by_name() {
    use wippy_dispatcher::net::{Family, TcpSocket, UdpSocket, resolve};
    let dispatcher = Dispatcher::simulated(1).expect("dispatcher");
    let handle = dispatcher.handle();
    let refused = [
        TcpSocket::new(&handle, Family::V4).map(drop),
        UdpSocket::new(&handle, Family::V6).map(drop),
    ];
    for refused in refused {
        let text = refused.expect_err("no network").to_string();
        assert_eq!(text, "a socket is not available in a simulation");
    }
    let refused = dispatcher.block_on(resolve(&handle, "localhost"));
    let text = refused
        .expect("block_on")
        .expect_err("no names")
        .to_string();
    assert_eq!(text, "a name lookup is not available in a simulation");
    let numeric = dispatcher.block_on(resolve(&handle, "10.1.2.3"));
    let known = [IpAddr::from([10, 1, 2, 3])];
    assert_eq!(numeric.expect("block_on").expect("numeric"), known);
}
