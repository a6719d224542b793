//! Connections as output: peers that do not read hold up nobody but who writes to them.

use std::io::Read;
use std::net::TcpListener;
use std::time::Duration;

use wasmtime::component::Resource;
use wippy_dispatcher::Dispatcher;

use super::super::interfaces::poll::HostPollable;
use super::{Guest, PERMIT, StreamError, live, reading, state};
use crate::host::sockets::interfaces::network::{
    IpAddressFamily, IpSocketAddress, Ipv4SocketAddress,
};
use crate::host::sockets::interfaces::tcp::{HostTcpSocket, ShutdownType};
use crate::host::sockets::interfaces::{instance_network, tcp_create_socket};
use crate::host::sockets::{Network, TcpSocket};
use crate::host::state::tests::sockets_view;

/// A peer outside of the dispatcher.
#[allow(clippy::disallowed_methods)]
fn listener() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).expect("a port")
}

/// A connection to a listener of the test's.
fn connect<'a>(dispatcher: &'a Dispatcher, to: &TcpListener) -> (Guest<'a>, Resource<TcpSocket>) {
    let address = IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: to.local_addr().expect("an address").port(),
        address: (127, 0, 0, 1),
    });
    let mut state = state(dispatcher);
    let mut call = sockets_view(&mut state);
    let network = instance_network::Host::instance_network(&mut call).expect("room");
    let connected = dispatcher.block_on(async {
        let socket = tcp_create_socket::Host::create_tcp_socket(&mut call, IpAddressFamily::Ipv4);
        let socket = socket.await.expect("a socket").rep();
        let own = || Resource::<TcpSocket>::new_borrow(socket);
        let network = Resource::<Network>::new_borrow(network.rep());
        call.start_connect(own(), network, address)
            .expect("unbound");
        let connected = HostTcpSocket::subscribe(&mut call, own()).expect("room");
        HostPollable::block(call.call, connected)
            .await
            .expect("no deadlock");
        let (_, output) = call.finish_connect(own()).await.expect("it listens");
        (socket, output)
    });
    let (socket, output) = connected.expect("no deadlock");
    (
        Guest::with(dispatcher, state, output),
        Resource::new_borrow(socket),
    )
}

fn shut_down(guest: &mut Guest<'_>, socket: &Resource<TcpSocket>, how: ShutdownType) {
    let socket = Resource::new_borrow(socket.rep());
    let mut call = sockets_view(&mut guest.call);
    let shutting = call.shutdown(socket, how);
    let mut shutting = std::pin::pin!(shutting);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match shutting.as_mut().poll(&mut cx) {
        std::task::Poll::Ready(shut) => shut.expect("connected"),
        std::task::Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn a_permit_is_used_in_parts_with_a_connection() {
    let dispatcher = live();
    let listener = listener();
    let (mut guest, _) = connect(&dispatcher, &listener);
    let (peer, _) = listener.accept().expect("a client");
    let reader = reading(peer);
    guest.write_in_parts("connection", false, &mut Vec::new);
    let expected = guest.end();
    let bytes = reader.join().expect("a reader");
    assert!(bytes == expected, "{} bytes", bytes.len());
}

/// Writes until its connection keeps what the system does not take.
fn fill(guest: &mut Guest<'_>) {
    let pattern: Vec<u8> = (0..PERMIT).map(|at| (at % 251) as u8).collect();
    loop {
        let permit = usize::try_from(guest.permit().expect("open")).expect("little");
        if permit == 0 {
            return;
        }
        let (one, other) = pattern[..permit].split_at(permit / 3);
        guest.write(one).expect("permitted");
        guest.write(other).expect("permitted");
    }
}

#[test]
fn a_peer_that_does_not_read_holds_up_neither_shutdown_nor_drop() {
    let ways = [Some(ShutdownType::Send), Some(ShutdownType::Both), None];
    for way in ways {
        let dispatcher = live();
        let listener = listener();
        let (mut guest, socket) = connect(&dispatcher, &listener);
        fill(&mut guest);
        if let Some(how) = way {
            shut_down(&mut guest, &socket, how);
            let late = guest.write(b"").expect_err("closed");
            assert!(matches!(late, StreamError::Closed), "{late:?}");
        }
        guest.drop_stream();
        // What was accepted arrives all the same, and then the end.
        let (peer, _) = listener.accept().expect("a client");
        let reader = reading(peer);
        let expected = guest.end();
        let bytes = reader.join().expect("a reader");
        assert!(bytes == expected, "{} of {}", bytes.len(), expected.len());
    }
}

#[test]
fn a_connection_that_is_given_up_is_reset_and_counts_until_then() {
    let dispatcher = live();
    let listener = listener();
    let (mut guest, _) = connect(&dispatcher, &listener);
    let (mut peer, _) = listener.accept().expect("a client");
    fill(&mut guest);
    let (descriptors, all) = (guest.call.call.descriptors.clone(), guest.call.call.limits);
    let all = all.descriptors.min(all.resources);
    guest.call.call.limits.delivery = Duration::from_millis(20);
    // The call has dropped everything, and the connection is still there.
    let outstanding = guest.call.end().expect("something is kept");
    assert!(descriptors.try_acquire(all).is_none());
    guest.run(outstanding.delivered(None));
    while descriptors.try_acquire(all).is_none() {
        dispatcher.turn(Some(Duration::ZERO)).expect("a turn");
    }
    let mut buffer = vec![0; 1 << 16];
    let ended = loop {
        match peer.read(&mut buffer) {
            Ok(0) => panic!("an orderly end of what is not complete"),
            Ok(_) => {}
            Err(error) => break error.kind(),
        }
    };
    assert_eq!(ended, std::io::ErrorKind::ConnectionReset);
}
