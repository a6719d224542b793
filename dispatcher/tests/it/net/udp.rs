use std::io;
use std::net::SocketAddr;

use wippy_dispatcher::Interest;
use wippy_dispatcher::net::{Family, MAX_BATCH, UdpSocket};

use super::{live, loopbacks, run};

#[test]
fn datagrams_go_both_ways() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    for any in loopbacks() {
        let socket = UdpSocket::bound(&handle, any).expect("bind");
        let own = socket.local_addr().expect("address");
        let peer = std::net::UdpSocket::bind(any).expect("bind");
        let theirs = peer.local_addr().expect("address");
        assert_eq!(
            socket.try_recv(&mut [0; 8]).expect_err("nothing").kind(),
            io::ErrorKind::WouldBlock
        );
        peer.send_to(b"abc", own).expect("send");
        let mut buffer = [0; 16];
        let received = run(&dispatcher, socket.recv(&mut buffer)).expect("recv");
        assert_eq!(received, (3, theirs));
        assert_eq!(&buffer[..3], b"abc");
        run(&dispatcher, socket.send(b"de", Some(theirs))).expect("send");
        assert_eq!(peer.recv_from(&mut buffer).expect("recv"), (2, own));
    }
}

#[test]
fn a_connected_socket_hears_its_peer_only_until_it_is_disconnected() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let socket = UdpSocket::bound(&handle, any).expect("bind");
    let own = socket.local_addr().expect("address");
    let (peer, other) = (
        std::net::UdpSocket::bind(any).expect("bind"),
        std::net::UdpSocket::bind(any).expect("bind"),
    );
    let theirs = peer.local_addr().expect("address");
    socket.disconnect().expect("nothing to undo");
    socket.connect(theirs).expect("connect");
    assert_eq!(socket.peer_addr().expect("peer"), theirs);
    other.send_to(b"not heard", own).expect("send");
    peer.send_to(b"heard", own).expect("send");
    let mut buffer = [0; 16];
    let received = run(&dispatcher, socket.recv(&mut buffer)).expect("recv");
    assert_eq!(received, (5, theirs));
    run(&dispatcher, socket.send(b"x", None)).expect("send");
    assert_eq!(peer.recv(&mut buffer).expect("recv"), 1);
    socket.disconnect().expect("disconnect");
    assert!(socket.peer_addr().is_err());
    assert_eq!(socket.local_addr().expect("address"), own);
    other.send_to(b"heard now", own).expect("send");
    let (length, from) = run(&dispatcher, socket.recv(&mut buffer)).expect("recv");
    assert_eq!((length, from), (9, other.local_addr().expect("address")));
}

#[test]
fn many_go_with_one_call() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let socket = UdpSocket::bound(&handle, any).expect("bind");
    let peer = std::net::UdpSocket::bind(any).expect("bind");
    let theirs = peer.local_addr().expect("address");
    let to = Some(theirs);
    let texts: Vec<String> = (0..MAX_BATCH + 1).map(|n| format!("number {n}")).collect();
    let datagrams: Vec<_> = texts.iter().map(|text| (text.as_bytes(), to)).collect();
    assert_eq!(socket.try_send_many(&datagrams).expect("room"), MAX_BATCH);
    assert_eq!(socket.try_send_many(&datagrams[..1]).expect("room"), 1);
    let mut buffer = [0; 32];
    for text in texts.iter().take(MAX_BATCH).chain(texts.first()) {
        let length = peer.recv(&mut buffer).expect("recv");
        assert_eq!(&buffer[..length], text.as_bytes());
    }
    socket.connect(theirs).expect("connect");
    let connected = [(&b"a"[..], None), (&b"b"[..], None)];
    assert_eq!(socket.try_send_many(&connected).expect("room"), 2);
    assert_eq!(peer.recv(&mut buffer).expect("recv"), 1);
    assert_eq!(peer.recv(&mut buffer).expect("recv"), 1);
}

#[test]
fn too_long_is_an_error_and_empty_is_a_datagram() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let socket = UdpSocket::bound(&handle, any).expect("bind");
    let own = socket.local_addr().expect("address");
    let long = vec![0; 65_508];
    let refused = socket.try_send(&long, Some(own)).expect_err("too long");
    assert_eq!(
        refused.raw_os_error(),
        Some(rustix::io::Errno::MSGSIZE.raw_os_error())
    );
    socket.try_send(&long[1..], Some(own)).expect("the longest");
    socket.try_send(&[], Some(own)).expect("an empty one");
    let mut buffer = vec![1; 70_000];
    let first = run(&dispatcher, socket.recv(&mut buffer)).expect("recv");
    assert_eq!(first, (65_507, own));
    let second = run(&dispatcher, socket.recv(&mut buffer)).expect("recv");
    assert_eq!(second, (0, own));
    run(&dispatcher, socket.writable()).expect("writable");
    assert!(socket.is_ready(Interest::Writable));
}

#[test]
fn nobody_there_is_told_to_a_connected_socket() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let gone = std::net::UdpSocket::bind(any).expect("bind");
    let address = gone.local_addr().expect("address");
    drop(gone);
    let socket = UdpSocket::new(&handle, Family::V4).expect("socket");
    socket.connect(address).expect("connect");
    run(&dispatcher, socket.send(b"x", None)).expect("send");
    let refused = run(&dispatcher, socket.recv(&mut [0; 4])).expect_err("refused");
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_socket_whose_datagrams_were_all_taken_is_not_ready() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let socket = UdpSocket::bound(&handle, any).expect("bind");
    let own = socket.local_addr().expect("address");
    let peer = std::net::UdpSocket::bind(any).expect("bind");
    for text in [b"one", b"two"] {
        peer.send_to(text, own).expect("send");
    }
    run(&dispatcher, socket.readable()).expect("readable");
    assert_eq!(
        socket.try_peek().expect("one"),
        peer.local_addr().expect("address")
    );
    socket.try_recv(&mut [0; 8]).expect("one");
    assert!(socket.confirm_ready(Interest::Readable));
    socket.try_recv(&mut [0; 8]).expect("two");
    assert!(!socket.confirm_ready(Interest::Readable));
    peer.send_to(b"three", own).expect("send");
    run(&dispatcher, socket.readable()).expect("readable");
    assert!(socket.confirm_ready(Interest::Readable));
}

#[test]
fn an_error_that_a_send_was_told_is_not_there_to_be_received() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let gone = std::net::UdpSocket::bind(any).expect("bind");
    let address = gone.local_addr().expect("address");
    drop(gone);
    let socket = UdpSocket::new(&handle, Family::V4).expect("socket");
    socket.connect(address).expect("connect");
    socket.try_send(b"x", None).expect("room");
    run(&dispatcher, socket.readable()).expect("readable");
    assert!(socket.confirm_ready(Interest::Readable));
    let refused = socket.try_send(b"x", None).expect_err("refused");
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    assert!(!socket.confirm_ready(Interest::Readable));
    assert!(socket.confirm_ready(Interest::Writable));
}
