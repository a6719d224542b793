//! UDP.

use std::io;
use std::net::{Ipv6Addr, SocketAddr};

use rustix::io::Errno;
use wippy_dispatcher::net::{Family, MAX_BATCH, UdpSocket};
use wippy_dispatcher::{Dispatcher, Error, Interest};

use super::{loopbacks, over_both_drivers, run};

over_both_drivers!(
    datagrams_go_both_ways,
    a_connected_socket_hears_its_peer_only,
    many_go_with_one_call,
    too_long_is_an_error_and_empty_is_a_datagram,
    what_does_not_fit_the_buffer_is_lost,
    nobody_there_is_reported_to_a_connected_socket,
    an_error_that_a_send_reported_is_gone,
    one_that_is_not_bound_is_when_it_sends,
    an_address_is_bound_once,
    what_has_no_destination_is_refused,
    a_full_receive_buffer_loses_what_comes,
    all_taken_is_not_ready,
);

fn errno(error: &Error) -> Option<Errno> {
    error.raw_os_error().map(Errno::from_raw_os_error)
}

fn bound(dispatcher: &Dispatcher, any: SocketAddr) -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bound(&dispatcher.handle(), any).expect("bind");
    let address = socket.local_addr().expect("address");
    (socket, address)
}

fn datagrams_go_both_ways(dispatcher: &Dispatcher) {
    for any in loopbacks(&dispatcher.handle()) {
        let ((one, its), (other, theirs)) = (bound(dispatcher, any), bound(dispatcher, any));
        let nothing = one.try_recv(&mut [0; 8]).expect_err("nothing");
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        run(dispatcher, other.send(b"abc", Some(its))).expect("send");
        let mut buffer = [0; 16];
        let received = run(dispatcher, one.recv(&mut buffer)).expect("recv");
        assert_eq!(received, (3, theirs));
        assert_eq!(&buffer[..3], b"abc");
        run(dispatcher, one.send(b"de", Some(theirs))).expect("send");
        assert_eq!(
            run(dispatcher, other.recv(&mut buffer)).expect("recv"),
            (2, its)
        );
    }
}

fn a_connected_socket_hears_its_peer_only(dispatcher: &Dispatcher) {
    let any = loopbacks(&dispatcher.handle())[0];
    let (socket, own) = bound(dispatcher, any);
    let ((peer, theirs), (other, others)) = (bound(dispatcher, any), bound(dispatcher, any));
    socket.disconnect().expect("nothing to undo");
    socket.connect(theirs).expect("connect");
    assert_eq!(socket.peer_addr().expect("peer"), theirs);
    run(dispatcher, other.send(b"not heard", Some(own))).expect("send");
    run(dispatcher, peer.send(b"heard", Some(own))).expect("send");
    let mut buffer = [0; 16];
    let received = run(dispatcher, socket.recv(&mut buffer)).expect("recv");
    assert_eq!(received, (5, theirs));
    run(dispatcher, socket.send(b"x", None)).expect("send");
    assert_eq!(
        run(dispatcher, peer.recv(&mut buffer)).expect("recv"),
        (1, own)
    );
    socket.disconnect().expect("disconnect");
    let nobody = socket.peer_addr().expect_err("not connected");
    assert_eq!(nobody.kind(), io::ErrorKind::NotConnected);
    assert_eq!(socket.local_addr().expect("address"), own);
    run(dispatcher, other.send(b"heard now", Some(own))).expect("send");
    let received = run(dispatcher, socket.recv(&mut buffer)).expect("recv");
    assert_eq!(received, (9, others));
}

fn many_go_with_one_call(dispatcher: &Dispatcher) {
    let any = loopbacks(&dispatcher.handle())[0];
    let ((socket, _), (peer, theirs)) = (bound(dispatcher, any), bound(dispatcher, any));
    let texts: Vec<String> = (0..MAX_BATCH + 1).map(|n| format!("number {n}")).collect();
    let to = Some(theirs);
    let datagrams: Vec<_> = texts.iter().map(|text| (text.as_bytes(), to)).collect();
    assert_eq!(socket.try_send_many(&datagrams).expect("room"), MAX_BATCH);
    let mut buffer = [0; 32];
    for text in texts.iter().take(MAX_BATCH) {
        let (length, _) = run(dispatcher, peer.recv(&mut buffer)).expect("recv");
        assert_eq!(&buffer[..length], text.as_bytes());
    }
    // What is sent before one that fails is counted.
    let long = vec![0; 65_508];
    let some = [(&b"a"[..], to), (&long[..], to), (&b"b"[..], to)];
    assert_eq!(socket.try_send_many(&some).expect("the first"), 1);
    let first = socket.try_send_many(&some[1..]).expect_err("too long");
    assert_eq!(errno(&first), Some(Errno::MSGSIZE));
}

fn too_long_is_an_error_and_empty_is_a_datagram(dispatcher: &Dispatcher) {
    for (any, most) in loopbacks(&dispatcher.handle())
        .into_iter()
        .zip([65_507, 65_527])
    {
        let (socket, own) = bound(dispatcher, any);
        let long = vec![3; most + 1];
        let refused = socket.try_send(&long, Some(own)).expect_err("too long");
        assert_eq!(errno(&refused), Some(Errno::MSGSIZE));
        socket.try_send(&long[1..], Some(own)).expect("the longest");
        socket.try_send(&[], Some(own)).expect("an empty one");
        let mut buffer = vec![1; 70_000];
        let first = run(dispatcher, socket.recv(&mut buffer)).expect("recv");
        assert_eq!(first, (most, own));
        assert_eq!(buffer[..most], long[1..]);
        let second = run(dispatcher, socket.recv(&mut buffer)).expect("recv");
        assert_eq!(second, (0, own));
        run(dispatcher, socket.writable()).expect("writable");
        assert!(socket.is_ready(Interest::Writable));
    }
}

fn what_does_not_fit_the_buffer_is_lost(dispatcher: &Dispatcher) {
    let (socket, own) = bound(dispatcher, loopbacks(&dispatcher.handle())[0]);
    for text in [&b"a long one"[..], b"next"] {
        run(dispatcher, socket.send(text, Some(own))).expect("send");
    }
    let mut buffer = [0; 6];
    assert_eq!(
        run(dispatcher, socket.recv(&mut buffer)).expect("recv"),
        (6, own)
    );
    assert_eq!(&buffer, b"a long");
    assert_eq!(
        run(dispatcher, socket.recv(&mut buffer)).expect("recv"),
        (4, own)
    );
}

/// A socket that is connected to an address where nobody is.
fn connected_to_nobody(dispatcher: &Dispatcher) -> UdpSocket {
    let any = loopbacks(&dispatcher.handle())[0];
    let (gone, address) = bound(dispatcher, any);
    drop(gone);
    let socket = UdpSocket::new(&dispatcher.handle(), Family::of(&any)).expect("socket");
    socket.connect(address).expect("connect");
    socket
}

fn nobody_there_is_reported_to_a_connected_socket(dispatcher: &Dispatcher) {
    let socket = connected_to_nobody(dispatcher);
    run(dispatcher, socket.send(b"x", None)).expect("send");
    let refused = run(dispatcher, socket.recv(&mut [0; 4])).expect_err("refused");
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    let nothing = socket
        .try_recv(&mut [0; 4])
        .expect_err("it is reported once");
    assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
}

fn an_error_that_a_send_reported_is_gone(dispatcher: &Dispatcher) {
    let socket = connected_to_nobody(dispatcher);
    socket.try_send(b"x", None).expect("room");
    while !socket.confirm_ready(Interest::Readable) {
        run(dispatcher, socket.readable()).expect("readable");
    }
    let refused = socket.try_send(b"x", None).expect_err("refused");
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    assert!(!socket.confirm_ready(Interest::Readable));
    assert!(socket.confirm_ready(Interest::Writable));
}

fn one_that_is_not_bound_is_when_it_sends(dispatcher: &Dispatcher) {
    for any in loopbacks(&dispatcher.handle()) {
        let (peer, theirs) = bound(dispatcher, any);
        let socket = UdpSocket::new(&dispatcher.handle(), Family::of(&any)).expect("socket");
        assert_eq!(socket.local_addr().expect("address").port(), 0);
        run(dispatcher, socket.send(b"x", Some(theirs))).expect("send");
        let own = socket.local_addr().expect("address");
        assert!(own.ip().is_unspecified() && own.port() != 0);
        let (_, from) = run(dispatcher, peer.recv(&mut [0; 4])).expect("recv");
        assert_eq!(from, SocketAddr::new(any.ip(), own.port()));
        socket.connect(theirs).expect("connect");
        assert_eq!(socket.local_addr().expect("address"), from);
    }
}

fn an_address_is_bound_once(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    let (socket, own) = bound(dispatcher, loopbacks(&handle)[0]);
    let again = socket.bind(own).expect_err("bound already");
    assert_eq!(again.kind(), io::ErrorKind::InvalidInput);
    let refused = UdpSocket::bound(&handle, own).map(drop);
    assert_eq!(
        refused.expect_err("in use").kind(),
        io::ErrorKind::AddrInUse
    );
    drop(socket);
    UdpSocket::bound(&handle, own).expect("free again");
    let foreign = SocketAddr::from(([192, 0, 2, 1], 0));
    let refused = UdpSocket::bound(&handle, foreign).map(drop);
    let refused = refused.expect_err("not ours").kind();
    assert_eq!(refused, io::ErrorKind::AddrNotAvailable);
}

fn what_has_no_destination_is_refused(dispatcher: &Dispatcher) {
    let socket = UdpSocket::new(&dispatcher.handle(), Family::V4).expect("socket");
    let refused = socket.try_send(b"x", None).expect_err("nowhere");
    assert_eq!(errno(&refused), Some(Errno::DESTADDRREQ));
    let other_family = SocketAddr::from((Ipv6Addr::LOCALHOST, 1));
    let refused = socket
        .try_send(b"x", Some(other_family))
        .expect_err("family");
    assert_eq!(errno(&refused), Some(Errno::AFNOSUPPORT));
    let refused = socket.connect(other_family).expect_err("family");
    assert_eq!(errno(&refused), Some(Errno::AFNOSUPPORT));
    let no_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let refused = socket.try_send(b"x", Some(no_port)).expect_err("no port");
    assert_eq!(errno(&refused), Some(Errno::INVAL));
}

fn a_full_receive_buffer_loses_what_comes(dispatcher: &Dispatcher) {
    let (socket, own) = bound(dispatcher, loopbacks(&dispatcher.handle())[0]);
    socket.options().set_receive_buffer(8_192).expect("set");
    for _ in 0..200 {
        run(dispatcher, socket.send(&[1; 1_000], Some(own))).expect("send");
    }
    // All that can have come has come.
    let pause = dispatcher
        .handle()
        .sleep(std::time::Duration::from_millis(2));
    run(dispatcher, pause).expect("timer");
    let mut received = 0;
    while socket.try_recv(&mut [0; 2_000]).is_ok() {
        received += 1;
    }
    assert!((1..100).contains(&received), "{received}");
    run(dispatcher, socket.send(b"room again", Some(own))).expect("send");
    assert_eq!(
        run(dispatcher, socket.recv(&mut [0; 64])).expect("recv"),
        (10, own)
    );
}

fn all_taken_is_not_ready(dispatcher: &Dispatcher) {
    let any = loopbacks(&dispatcher.handle())[0];
    let ((socket, own), (peer, theirs)) = (bound(dispatcher, any), bound(dispatcher, any));
    for text in [b"one", b"two"] {
        run(dispatcher, peer.send(text, Some(own))).expect("send");
    }
    run(dispatcher, async {
        loop {
            match socket.try_peek() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    socket.readable().await?;
                }
                other => break other,
            }
        }
    })
    .map(|sender| assert_eq!(sender, theirs))
    .expect("one");
    run(dispatcher, socket.recv(&mut [0; 8])).expect("one");
    run(dispatcher, socket.recv(&mut [0; 8])).expect("two");
    assert!(!socket.confirm_ready(Interest::Readable));
    run(dispatcher, peer.send(b"three", Some(own))).expect("send");
    run(dispatcher, socket.recv(&mut [0; 8])).expect("three");
}
