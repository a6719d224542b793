//! Sockets in states that last too short for the tests from outside.

use std::net::{Ipv4Addr, SocketAddr};

use wasmtime::component::Resource;
use wippy_dispatcher::Dispatcher;

use super::error::ErrorCode;
use super::interfaces::network::{
    IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use super::interfaces::tcp::HostTcpSocket;
use super::interfaces::udp::HostUdpSocket;
use super::interfaces::{instance_network, tcp_create_socket, udp_create_socket};
use super::{Network, SocketError, TcpSocket, UdpSocket};
use crate::host::state::tests::{sockets_view, state};

/// A listener with a full backlog drops the client's first packet: its connect stays under way.
#[test]
#[allow(clippy::disallowed_methods)]
fn finishing_what_is_under_way_would_block() {
    let server = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    rustix::net::listen(&server, 0).expect("a backlog");
    let at = server.local_addr().expect("an address");
    let _filling = std::net::TcpStream::connect(at).expect("room");
    let remote = IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: at.port(),
        address: (127, 0, 0, 1),
    });
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let mut state = state(&dispatcher);
    let mut call = sockets_view(&mut state);
    let network = instance_network::Host::instance_network(&mut call).expect("room");
    let finished = dispatcher.block_on(async {
        let socket = tcp_create_socket::Host::create_tcp_socket(&mut call, IpAddressFamily::Ipv4);
        let socket = socket.await.expect("a socket").rep();
        let own = || Resource::<TcpSocket>::new_borrow(socket);
        call.start_connect(own(), network, remote).expect("unbound");
        call.finish_connect(own()).await.map(|_| ())
    });
    let error = finished.expect("no deadlock").expect_err("it is under way");
    assert!(
        matches!(error, SocketError::Code(ErrorCode::WouldBlock)),
        "{error:?}"
    );
}

/// With a socket of IPv6 at the wildcard address, the same port of IPv4 is free.
#[test]
#[allow(clippy::disallowed_methods)]
fn sockets_of_ipv6_leave_the_ports_of_ipv4_alone() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        // This machine has no IPv6.
        return;
    }
    let any = IpSocketAddress::Ipv6(Ipv6SocketAddress {
        port: 0,
        flow_info: 0,
        address: (0, 0, 0, 0, 0, 0, 0, 0),
        scope_id: 0,
    });
    let same_of_ipv4 = |address: IpSocketAddress| match address {
        IpSocketAddress::Ipv6(address) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port)),
        IpSocketAddress::Ipv4(address) => panic!("{address:?}"),
    };
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let mut state = state(&dispatcher);
    let mut call = sockets_view(&mut state);
    let network = instance_network::Host::instance_network(&mut call).expect("room");
    let network = || Resource::<Network>::new_borrow(network.rep());
    let bound = dispatcher.block_on(async {
        let tcp = tcp_create_socket::Host::create_tcp_socket(&mut call, IpAddressFamily::Ipv6);
        let tcp = tcp.await.expect("a socket").rep();
        let own = || Resource::<TcpSocket>::new_borrow(tcp);
        HostTcpSocket::start_bind(&mut call, own(), network(), any).expect("a port");
        HostTcpSocket::finish_bind(&mut call, own()).expect("started");
        call.start_listen(own()).expect("bound");
        call.finish_listen(own()).expect("started");
        let tcp = HostTcpSocket::local_address(&mut call, own()).expect("bound");

        let udp = udp_create_socket::Host::create_udp_socket(&mut call, IpAddressFamily::Ipv6);
        let udp = udp.await.expect("a socket").rep();
        let own = || Resource::<UdpSocket>::new_borrow(udp);
        HostUdpSocket::start_bind(&mut call, own(), network(), any).expect("a port");
        HostUdpSocket::finish_bind(&mut call, own()).expect("started");
        let udp = HostUdpSocket::local_address(&mut call, own()).expect("bound");
        (tcp, udp)
    });
    let (tcp, udp) = bound.expect("no deadlock");
    std::net::TcpListener::bind(same_of_ipv4(tcp)).expect("a free port");
    std::net::UdpSocket::bind(same_of_ipv4(udp)).expect("a free port");
}
