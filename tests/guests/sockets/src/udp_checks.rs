//! What a UDP socket refuses, and its options.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::udp::{bound, receive, send};
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::ip_name_lookup::resolve_addresses;
use crate::wasi::sockets::network::{IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress};
use crate::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::wasi::sockets::udp::{OutgoingDatagram, OutgoingDatagramStream};
use crate::wasi::sockets::udp_create_socket::create_udp_socket;
use crate::{Steps, family, loopback, outcome, port_of};

fn datagram(data: &[u8], remote_address: Option<IpSocketAddress>) -> OutgoingDatagram {
    OutgoingDatagram {
        data: data.to_vec(),
        remote_address,
    }
}

pub fn states(v6: bool) -> Vec<String> {
    let (mut steps, network) = (Steps::new(), instance_network());
    let socket = create_udp_socket(family(v6)).expect("a socket");
    steps.tried("unbound finish-bind", socket.finish_bind());
    steps.tried("unbound stream", socket.stream(None));
    steps.tried("unbound local-address", socket.local_address());
    steps.tried("unbound remote-address", socket.remote_address());
    steps.tried("bind other family", socket.start_bind(&network, loopback(!v6, 0)));
    steps.tried("start-bind", socket.start_bind(&network, loopback(v6, 0)));
    steps.tried("binding start-bind", socket.start_bind(&network, loopback(v6, 0)));
    steps.tried("binding local-address", socket.local_address());
    steps.tried("binding stream", socket.stream(None));
    steps.saw("ready", socket.subscribe().ready());
    steps.tried("finish-bind", socket.finish_bind());
    steps.tried("bound finish-bind", socket.finish_bind());
    steps.tried("bound start-bind", socket.start_bind(&network, loopback(v6, 0)));
    let own = socket.local_address().expect("bound");
    let again = create_udp_socket(family(v6)).expect("a socket");
    steps.tried("bind in use", again.start_bind(&network, own));
    steps.tried("remote-address", socket.remote_address());
    steps.tried("stream to port 0", socket.stream(Some(loopback(v6, 0))));
    steps.tried("stream to other family", socket.stream(Some(loopback(!v6, 9))));
    let first = socket.stream(None).expect("bound");
    steps.saw("receive", first.0.receive(9).map_or(99, |list| list.len()));
    steps.saw("readable", first.0.subscribe().ready());
    steps.saw("permitted", first.1.check_send().is_ok_and(|permit| permit > 0));
    // A new pair retires the old one.
    let second = socket.stream(Some(loopback(v6, 9))).expect("bound");
    steps.tried("old receive", first.0.receive(1));
    steps.tried("old check-send", first.1.check_send());
    steps.tried("old send", first.1.send(&[]));
    steps.saw("old ready", first.0.subscribe().ready() && first.1.subscribe().ready());
    steps.tried("connected remote-address", socket.remote_address());
    let third = socket.stream(None).expect("bound");
    steps.tried("disconnected remote-address", socket.remote_address());
    steps.saw(
        "same port",
        socket.local_address().is_ok_and(|address| crate::port_of(address) == crate::port_of(own)),
    );
    drop((first, second, third));
    steps.0
}

pub fn options(v6: bool) -> Vec<String> {
    let mut steps = Steps::new();
    let socket = create_udp_socket(family(v6)).expect("a socket");
    steps.saw("family", socket.address_family() == family(v6));
    steps.tried("hops 0", socket.set_unicast_hop_limit(0));
    steps.tried("hops 42", socket.set_unicast_hop_limit(42));
    steps.saw("hops", socket.unicast_hop_limit().unwrap_or(0));
    steps.tried("receive buffer 0", socket.set_receive_buffer_size(0));
    steps.tried("receive buffer", socket.set_receive_buffer_size(0x1_0000));
    steps.saw("receive buffer", socket.receive_buffer_size().unwrap_or(0));
    steps.tried("send buffer 0", socket.set_send_buffer_size(0));
    steps.tried("send buffer", socket.set_send_buffer_size(0x1_0000));
    steps.saw("send buffer", socket.send_buffer_size().unwrap_or(0));
    steps.0
}

pub fn mistakes() -> Vec<String> {
    let mut steps = Steps::new();
    let one = bound(loopback(false, 0)).expect("a port");
    let other = bound(loopback(false, 0)).expect("a port");
    let here = one.local_address().expect("bound");
    let there = other.local_address().expect("bound");
    let (incoming, outgoing) = one.stream(None).expect("bound");
    let mut attempt = |what: &str, datagrams: &[OutgoingDatagram]| {
        let permit = outgoing.check_send().unwrap_or(0);
        assert!(permit as usize >= datagrams.len());
        match outgoing.send(datagrams) {
            Ok(sent) => steps.saw(what, format!("{sent} sent")),
            Err(code) => steps.saw(what, code.name()),
        }
    };
    attempt("none", &[]);
    attempt("no remote", &[datagram(b"x", None)]);
    attempt("port 0", &[datagram(b"x", Some(loopback(false, 0)))]);
    attempt("other family", &[datagram(b"x", Some(loopback(true, 9)))]);
    let wildcard = IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: 9,
        address: (0, 0, 0, 0),
    });
    attempt("wildcard", &[datagram(b"x", Some(wildcard))]);
    let broadcast = IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: 9,
        address: (255, 255, 255, 255),
    });
    attempt("broadcast", &[datagram(b"x", Some(broadcast))]);
    attempt("too long", &[datagram(&vec![0; 65_508], Some(there))]);
    attempt(
        "two good ones and a bad one",
        &[datagram(b"a", Some(here)), datagram(b"b", Some(here)), datagram(b"c", None)],
    );
    attempt(
        "a good one and one that is too long",
        &[datagram(b"d", Some(here)), datagram(&vec![0; 65_508], Some(here))],
    );
    let texts: Vec<String> = receive(&incoming)
        .unwrap_or_default()
        .iter()
        .map(|datagram| String::from_utf8_lossy(&datagram.data).into_owned())
        .collect();
    steps.saw("received", texts.concat());
    steps.saw("receive of 0", incoming.receive(0).map_or(99, |list| list.len()));
    // Connected: only to and from its peer.
    let before = other.stream(None).expect("bound");
    send(&before.1, &[datagram(b"early", Some(there))]).expect("room");
    let connected = other.stream(Some(here)).expect("bound");
    connected.1.check_send().expect("open");
    steps.tried("connected to another", connected.1.send(&[datagram(b"x", Some(there))]));
    steps.tried("connected to its peer", connected.1.send(&[datagram(b"y", Some(here))]));
    steps.saw(
        "from before it was connected",
        connected.0.receive(9).map_or(99, |list| list.len()),
    );
    let mapped = IpSocketAddress::Ipv6(Ipv6SocketAddress {
        port: 9,
        flow_info: 0,
        address: (0, 0, 0, 0, 0, 0xffff, 0x7f00, 1),
        scope_id: 0,
    });
    if let Ok(v6) = bound(loopback(true, 0)) {
        steps.tried("mapped", v6.stream(Some(mapped)));
    }
    drop((before, connected, incoming, outgoing));
    steps.0
}

/// Sends one and says how that went.
fn send_one(outgoing: &OutgoingDatagramStream, one: OutgoingDatagram) -> String {
    let permit = outgoing.check_send();
    outcome(permit.and_then(|_| outgoing.send(&[one])))
}

pub fn edges(v6: bool) -> Vec<String> {
    let mut steps = Steps::new();
    let one = bound(loopback(v6, 0)).expect("a port");
    let two = bound(loopback(v6, 0)).expect("a port");
    let (here, there) = (one.local_address().expect("bound"), two.local_address().expect("bound"));
    let gone = bound(loopback(v6, 0)).expect("a port");
    let closed = gone.local_address().expect("bound");
    drop(gone);
    // Nobody is there, and the network says so: once for each datagram.
    let (incoming, outgoing) = one.stream(Some(closed)).expect("bound");
    steps.saw("to nobody", send_one(&outgoing, datagram(b"x", None)));
    incoming.subscribe().block();
    steps.tried("receive", incoming.receive(9));
    steps.saw("receive again", incoming.receive(9).map_or(99, |list| list.len()));
    steps.saw("to nobody", send_one(&outgoing, datagram(b"x", None)));
    steps.saw("and again", send_one(&outgoing, datagram(b"x", None)));
    steps.saw("and again", send_one(&outgoing, datagram(b"x", None)));
    let _ = incoming.receive(9);
    // Connected to one and then to another.
    let (_two_in, two_out) = two.stream(None).expect("bound");
    drop((incoming, outgoing));
    let (incoming, outgoing) = one.stream(Some(there)).expect("bound");
    steps.saw("connected anew", one.remote_address().is_ok_and(|at| port_of(at) == port_of(there)));
    steps.saw("its peer sends", send_one(&two_out, datagram(b"y", Some(here))));
    steps.saw("received", receive(&incoming).map_or(99, |list| list.len()));
    steps.saw("to its peer", send_one(&outgoing, datagram(b"", None)));
    drop((incoming, outgoing));
    // To and from anybody again.
    let (incoming, outgoing) = one.stream(None).expect("bound");
    steps.saw("without a remote", send_one(&outgoing, datagram(b"z", None)));
    steps.saw("to itself", send_one(&outgoing, datagram(b"", Some(here))));
    let lengths: Vec<usize> =
        receive(&incoming).unwrap_or_default().iter().map(|one| one.data.len()).collect();
    steps.saw("an empty one came", lengths.iter().eq([&0]));
    // As long as a datagram can be, and longer.
    let longest = if v6 { 65_527 } else { 65_507 };
    let long = |length| datagram(&vec![1; length], Some(here));
    steps.saw("the longest", send_one(&outgoing, long(longest)));
    let lengths: Vec<usize> =
        receive(&incoming).unwrap_or_default().iter().map(|one| one.data.len()).collect();
    steps.saw("it came", lengths.iter().eq([&longest]));
    steps.saw("one byte more", send_one(&outgoing, long(longest + 1)));
    // Just what is permitted.
    let permit = outgoing.check_send().unwrap_or(0);
    let batch: Vec<OutgoingDatagram> = (0..permit).map(|_| datagram(b"b", Some(here))).collect();
    steps.saw("all that is permitted", outgoing.send(&batch).is_ok_and(|sent| sent == permit));
    let mut came = 0;
    while came < batch.len() {
        came += receive(&incoming).map_or(99, |list| list.len());
    }
    steps.saw("all came", came == batch.len());
    // Bound to all addresses, connected and back: neither port nor address is lost.
    let wildcard = match loopback(v6, 0) {
        IpSocketAddress::Ipv4(at) => IpSocketAddress::Ipv4(Ipv4SocketAddress {
            address: (0, 0, 0, 0),
            ..at
        }),
        IpSocketAddress::Ipv6(at) => IpSocketAddress::Ipv6(Ipv6SocketAddress {
            address: (0, 0, 0, 0, 0, 0, 0, 0),
            ..at
        }),
    };
    let all = bound(wildcard).expect("a port");
    let before = all.local_address().expect("bound");
    drop(all.stream(Some(there)).expect("bound"));
    drop(all.stream(None).expect("bound"));
    let after = all.local_address().expect("bound");
    steps.saw("bound as before", format!("{before:?}").bytes().eq(format!("{after:?}").bytes()));
    steps.0
}

pub fn over_permit() {
    let socket = bound(loopback(false, 0)).expect("a port");
    let (_incoming, outgoing) = socket.stream(None).expect("bound");
    let permit = outgoing.check_send().expect("open") as usize;
    let many: Vec<OutgoingDatagram> = (0..=permit)
        .map(|_| datagram(b"x", Some(loopback(false, 9))))
        .collect();
    let _ = outgoing.send(&many);
}

pub fn drop_parent(which: &str) {
    let network = instance_network();
    match which {
        "tcp-pollable" => {
            let socket = create_tcp_socket(family(false)).expect("a socket");
            let child = socket.subscribe();
            drop(socket);
            drop(child);
        }
        "tcp-stream" => {
            let server = crate::tcp::listen(loopback(false, 0), None).expect("a port");
            let client = crate::tcp::connect(server.local_address().expect("bound"));
            let crate::tcp::Connection { input, output, socket } = client.expect("it listens");
            drop(output);
            drop(socket);
            drop(input);
        }
        "udp-stream" => {
            let socket = bound(loopback(false, 0)).expect("a port");
            let (incoming, outgoing) = socket.stream(None).expect("bound");
            drop(incoming);
            drop(socket);
            drop(outgoing);
        }
        "udp-pollable" => {
            let socket = bound(loopback(false, 0)).expect("a port");
            let (incoming, _outgoing) = socket.stream(None).expect("bound");
            let child = incoming.subscribe();
            drop(incoming);
            drop(child);
        }
        "lookup-pollable" => {
            let lookup = resolve_addresses(&network, "127.0.0.1").expect("an address");
            let child = lookup.subscribe();
            drop(lookup);
            drop(child);
        }
        _ => {}
    }
}
