use std::future::Future;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use wippy_dispatcher::net::{Family, TcpListener, TcpSocket, TcpStream};
use wippy_dispatcher::{Interest, WaitSet};

use super::{live, loopbacks, run};

fn listener(address: SocketAddr) -> (std::net::TcpListener, SocketAddr) {
    let listener = std::net::TcpListener::bind(address).expect("bind");
    let address = listener.local_addr().expect("address");
    (listener, address)
}

#[test]
fn a_client_and_a_native_server_talk() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    for any in loopbacks() {
        let (server, address) = listener(any);
        let peer = thread::spawn(move || {
            let (mut stream, from) = server.accept().expect("accept");
            let mut received = Vec::new();
            stream.read_to_end(&mut received).expect("read");
            stream.write_all(b"good bye").expect("write");
            (received, from)
        });
        let stream = run(&dispatcher, TcpStream::connect(&handle, address)).expect("connect");
        assert_eq!(stream.peer_addr().expect("peer"), address);
        let sent = stream
            .try_write_vectored(&[IoSlice::new(b"hel"), IoSlice::new(b"lo ")])
            .expect("room");
        assert_eq!(sent, 6);
        run(&dispatcher, stream.write_all(b"there")).expect("write");
        stream.shutdown(Shutdown::Write).expect("shutdown");
        let mut buffer = [0; 64];
        let mut answer = Vec::new();
        loop {
            let read = run(&dispatcher, stream.read(&mut buffer)).expect("read");
            if read == 0 {
                break;
            }
            answer.extend_from_slice(&buffer[..read]);
        }
        assert_eq!(answer, b"good bye");
        let (received, from) = peer.join().expect("peer");
        assert_eq!(received, b"hello there");
        assert_eq!(from, stream.local_addr().expect("local"));
    }
}

#[test]
fn a_server_takes_native_clients() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    for any in loopbacks() {
        let server = TcpListener::bind(&handle, any).expect("bind");
        let address = server.local_addr().expect("address");
        assert_eq!(
            server.try_accept().map(drop).expect_err("nobody").kind(),
            io::ErrorKind::WouldBlock
        );
        let peer = thread::spawn(move || {
            let mut stream = std::net::TcpStream::connect(address).expect("connect");
            stream.write_all(b"ping").expect("write");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("read");
            answer
        });
        let (stream, from) = run(&dispatcher, server.accept()).expect("accept");
        assert_eq!(from, stream.peer_addr().expect("peer"));
        let mut buffer = [0; 4];
        let read = run(&dispatcher, stream.read(&mut buffer)).expect("read");
        run(&dispatcher, stream.write_all(&buffer[..read])).expect("write");
        drop(stream);
        assert_eq!(peer.join().expect("peer"), "ping");
    }
}

#[test]
fn readiness_is_a_level_and_back_pressure_is_felt() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    let (server, address) = listener(SocketAddr::from(([127, 0, 0, 1], 0)));
    let stream = run(&dispatcher, TcpStream::connect(&handle, address)).expect("connect");
    let (mut peer, _) = server.accept().expect("accept");
    assert!(!stream.is_ready(Interest::Readable));
    let chunk = vec![7; 1 << 16];
    let mut sent = 0;
    loop {
        match stream.try_write(&chunk) {
            Ok(written) => sent += written,
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                break;
            }
        }
    }
    assert!(!stream.is_ready(Interest::Writable));
    let reading = thread::spawn(move || {
        let mut received = vec![0; sent];
        peer.read_exact(&mut received).expect("read");
        peer.write_all(b"xyz").expect("write");
        peer
    });
    let mut set = WaitSet::new(&handle).expect("set");
    stream
        .register(&mut set, Interest::Writable, 5)
        .expect("register");
    dispatcher
        .block_on(set.wait())
        .expect("block_on")
        .expect("wait");
    let mut fired = Vec::new();
    set.take_fired(&mut fired).expect("fired");
    assert_eq!(fired, [5]);
    assert!(stream.is_ready(Interest::Writable));
    run(&dispatcher, stream.readable()).expect("readable");
    // One byte at a time: what is left keeps it ready without a further event.
    for expected in b"xyz" {
        assert!(stream.is_ready(Interest::Readable));
        let mut byte = [0];
        assert_eq!(stream.try_read(&mut byte).expect("there"), 1);
        assert_eq!(byte[0], *expected);
    }
    assert!(stream.try_read(&mut [0]).is_err());
    assert!(!stream.is_ready(Interest::Readable));
    drop(reading.join().expect("peer"));
    assert_eq!(run(&dispatcher, stream.read(&mut [0; 9])).expect("end"), 0);
    run(&dispatcher, stream.readable()).expect("the end is told");
    assert_eq!(stream.try_read(&mut [0; 9]).expect("end"), 0);
    assert!(stream.is_ready(Interest::Readable), "the end stays");
}

#[test]
fn a_short_read_and_the_end_together_are_both_seen() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    let (server, address) = listener(SocketAddr::from(([127, 0, 0, 1], 0)));
    for _ in 0..50 {
        let stream = run(&dispatcher, TcpStream::connect(&handle, address)).expect("connect");
        let (mut peer, _) = server.accept().expect("accept");
        let closing = thread::spawn(move || peer.write_all(b"last words"));
        let mut received = 0;
        loop {
            match run(&dispatcher, stream.read(&mut [0; 64])).expect("read") {
                0 => break,
                read => received += read,
            }
        }
        closing.join().expect("peer").expect("write");
        assert_eq!(received, 10);
    }
}

#[test]
fn a_closed_port_refuses() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    for any in loopbacks() {
        let (closed, address) = listener(any);
        drop(closed);
        let refused = run(&dispatcher, TcpStream::connect(&handle, address)).map(drop);
        assert_eq!(
            refused.expect_err("closed").kind(),
            io::ErrorKind::ConnectionRefused
        );
    }
}

#[test]
fn a_reset_is_an_error() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    let (server, address) = listener(SocketAddr::from(([127, 0, 0, 1], 0)));
    let stream = run(&dispatcher, TcpStream::connect(&handle, address)).expect("connect");
    let (peer, _) = server.accept().expect("accept");
    rustix::net::sockopt::set_socket_linger(&peer, Some(Duration::ZERO)).expect("linger");
    drop(peer);
    let read = run(&dispatcher, stream.read(&mut [0; 9]));
    assert_eq!(
        read.expect_err("reset").kind(),
        io::ErrorKind::ConnectionReset
    );
    let written = run(&dispatcher, stream.write_all(b"x"));
    assert_eq!(written.expect_err("gone").kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn one_that_is_to_be_reset_has_no_orderly_end() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    let (server, address) = listener(SocketAddr::from(([127, 0, 0, 1], 0)));
    let stream = run(&dispatcher, TcpStream::connect(&handle, address)).expect("connect");
    let (mut peer, _) = server.accept().expect("accept");
    stream.reset_on_close().expect("an option");
    drop(stream);
    let read = peer.read(&mut [0; 9]);
    assert_eq!(
        read.expect_err("reset").kind(),
        io::ErrorKind::ConnectionReset
    );
}

#[test]
fn options_reach_the_system_and_come_back() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    for family in [Family::V4, Family::V6] {
        let Ok(socket) = TcpSocket::new(&handle, family) else {
            continue;
        };
        let options = socket.options();
        assert_eq!(options.family().expect("family"), family);
        options.set_nodelay(true).expect("set");
        assert!(options.nodelay().expect("get"));
        options.set_keep_alive(true).expect("set");
        assert!(options.keep_alive().expect("get"));
        options
            .set_keep_alive_idle(Duration::from_secs(11))
            .expect("set");
        assert_eq!(
            options.keep_alive_idle().expect("get"),
            Duration::from_secs(11)
        );
        options
            .set_keep_alive_interval(Duration::from_secs(12))
            .expect("set");
        assert_eq!(
            options.keep_alive_interval().expect("get"),
            Duration::from_secs(12)
        );
        options.set_keep_alive_count(13).expect("set");
        assert_eq!(options.keep_alive_count().expect("get"), 13);
        options.set_hop_limit(14).expect("set");
        assert_eq!(options.hop_limit().expect("get"), 14);
        options.set_receive_buffer(1 << 15).expect("set");
        assert!(options.receive_buffer().expect("get") >= 1 << 15);
        options.set_send_buffer(1 << 15).expect("set");
        assert!(options.send_buffer().expect("get") >= 1 << 15);
    }
}

#[test]
fn an_address_that_is_listened_on_is_in_use() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    let (held, address) = listener(SocketAddr::from(([127, 0, 0, 1], 0)));
    let refused = TcpListener::bind(&handle, address).map(drop);
    assert_eq!(
        refused.expect_err("in use").kind(),
        io::ErrorKind::AddrInUse
    );
    drop(held);
    let server = TcpListener::bind(&handle, address).expect("free again");
    server.set_backlog(3).expect("backlog");
    // An IPv6 socket of the same port is another one: none takes IPv4 addresses.
    if let Ok(socket) = TcpSocket::new(&handle, Family::V6) {
        let both = SocketAddr::from((std::net::Ipv6Addr::UNSPECIFIED, address.port()));
        match socket.bind(both) {
            Ok(()) => drop(socket.listen(1).expect("listens beside it")),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable),
        }
    }
}

#[test]
fn connections_that_come_and_go_leave_nothing_behind() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    let server = TcpListener::bind(&handle, SocketAddr::from(([127, 0, 0, 1], 0))).expect("bind");
    let address = server.local_addr().expect("address");
    let descriptors = || std::fs::read_dir("/proc/self/fd").expect("fds").count();
    let mut counts = Vec::new();
    for _ in 0..3 {
        for _ in 0..100 {
            let client = run(&dispatcher, TcpStream::connect(&handle, address)).expect("connect");
            let (stream, _) = run(&dispatcher, server.accept()).expect("accept");
            run(&dispatcher, client.write_all(b"x")).expect("write");
            assert_eq!(run(&dispatcher, stream.read(&mut [0; 4])).expect("read"), 1);
        }
        counts.push(descriptors());
    }
    // Other tests of this process open and close descriptors of their own meanwhile.
    let (least, most) = (counts.iter().min(), counts.iter().max());
    assert!(
        most.zip(least)
            .is_some_and(|(most, least)| most - least < 90),
        "{counts:?}"
    );
}

/// The system ends a read at the place of an urgent byte although there is more behind it: a short
/// read does not mean that nothing is left then.
#[test]
fn an_urgent_byte_hides_nothing_behind_it() {
    use rustix::net::{SendFlags, send};
    let dispatcher = live();
    let handle = dispatcher.handle();
    for any in loopbacks() {
        let (server, address) = listener(any);
        let stream = run(&dispatcher, TcpStream::connect(&handle, address)).expect("connect");
        let (mut peer, _) = server.accept().expect("accept");
        for round in 0..3 {
            peer.write_all(b"ab").expect("write");
            send(&peer, b"!", SendFlags::OOB).expect("an urgent byte");
            peer.write_all(b"cd").expect("write");
            let mut all = std::pin::pin!(async {
                let (mut received, mut buffer) = (Vec::new(), [0; 64]);
                while received.len() < 4 {
                    // As one who reads only what readiness announces.
                    stream.readable().await.expect("a dispatcher");
                    match stream.try_read(&mut buffer) {
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        read => received.extend_from_slice(&buffer[..read.expect("open")]),
                    }
                }
                received
            });
            // Where bytes are forgotten it would wait for ever.
            let mut late = std::pin::pin!(handle.sleep(Duration::from_secs(5)));
            let received = std::future::poll_fn(|cx| match all.as_mut().poll(cx) {
                Poll::Ready(received) => Poll::Ready(Some(received)),
                Poll::Pending => late.as_mut().poll(cx).map(|_| None),
            });
            let received = dispatcher.block_on(received).expect("run");
            assert_eq!(received.as_deref(), Some(&b"abcd"[..]), "round {round}");
        }
    }
}

#[test]
fn what_was_read_exactly_is_not_ready_before_more_comes() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    for any in loopbacks() {
        let (server, address) = listener(any);
        let stream = run(&dispatcher, TcpStream::connect(&handle, address)).expect("connect");
        let (mut peer, _) = server.accept().expect("accept");
        for _ in 0..2 {
            peer.write_all(b"frame").expect("write");
            run(&dispatcher, stream.readable()).expect("readable");
            assert_eq!(stream.try_read(&mut [0; 5]).expect("read"), 5);
            assert!(!stream.confirm_ready(Interest::Readable));
        }
        peer.write_all(b"frames").expect("write");
        run(&dispatcher, stream.readable()).expect("readable");
        assert_eq!(stream.try_read(&mut [0; 5]).expect("read"), 5);
        assert!(stream.confirm_ready(Interest::Readable), "one byte is left");
        drop(peer);
        assert_eq!(stream.try_read(&mut [0; 1]).expect("read"), 1);
        run(&dispatcher, stream.readable()).expect("readable");
        assert!(stream.confirm_ready(Interest::Readable), "the end");
        assert_eq!(stream.try_read(&mut [0; 1]).expect("the end"), 0);
        assert!(stream.confirm_ready(Interest::Readable), "it stays");
    }
}

#[test]
fn a_listener_whose_last_connection_was_accepted_is_not_ready() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    for any in loopbacks() {
        let server = TcpListener::bind(&handle, any).expect("bind");
        let address = server.local_addr().expect("address");
        let connect = || std::net::TcpStream::connect(address).expect("connect");
        let _clients = [connect(), connect()];
        run(&dispatcher, server.acceptable()).expect("acceptable");
        server.try_accept().expect("the first");
        assert!(server.confirm_ready());
        server.try_accept().expect("the second");
        assert!(!server.confirm_ready());
        let _client = connect();
        run(&dispatcher, server.acceptable()).expect("acceptable");
        assert!(server.confirm_ready());
    }
}

#[test]
fn a_port_that_the_system_chose_is_bound_again_while_connections_linger() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    for any in loopbacks() {
        let server = TcpListener::bind(&handle, any).expect("bind");
        let address = server.local_addr().expect("address");
        let mut client = std::net::TcpStream::connect(address).expect("connect");
        // Who ends first lingers.
        drop(run(&dispatcher, server.accept()).expect("accept"));
        assert_eq!(client.read(&mut [0; 1]).expect("the end"), 0);
        drop(client);
        drop(server);
        TcpListener::bind(&handle, address).expect("bind again");
    }
}
