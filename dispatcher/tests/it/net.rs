//! Sockets and names, against the standard library's sockets on loopback.

// The peers are outside of any dispatcher.
#![allow(clippy::disallowed_methods)]

mod names;
mod slow_names;
mod tcp;
mod udp;
mod unix;

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
