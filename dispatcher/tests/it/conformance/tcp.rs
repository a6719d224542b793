//! TCP: connections that come about, and bytes that arrive.

use std::io::{self, IoSlice};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::time::Duration;

use rustix::io::Errno;
use wippy_dispatcher::net::{Family, TcpListener, TcpSocket, TcpStream, UdpSocket};
use wippy_dispatcher::{Dispatcher, Interest, WaitSet};

use super::{
    connected, listener, loopbacks, over_both_drivers, read_all, read_exactly, run, spawn,
};

over_both_drivers!(
    a_client_and_a_server_talk,
    much_goes_both_ways_at_once,
    back_pressure_is_felt,
    readiness_is_a_level,
    a_closed_port_refuses,
    a_connection_is_not_made_at_once,
    what_was_read_exactly_is_not_ready_before_more_comes,
    a_listener_is_ready_while_connections_wait,
    a_vector_holds_what_has_arrived,
    an_address_that_is_listened_on_is_in_use,
    addresses_of_others_are_refused,
    a_port_is_bound_again_while_connections_linger,
    an_unspecified_address_takes_connections,
    options_come_back,
    options_that_do_not_exist_are_refused,
    accepted_connections_inherit_options,
    many_connections_come_and_go,
    a_stream_may_be_dropped_on_another_thread,
);

fn a_client_and_a_server_talk(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    for any in loopbacks(&handle) {
        let (server, address) = listener(&handle, any);
        let peer = spawn(dispatcher, async move {
            let (stream, from) = server.accept().await.expect("accept");
            let received = read_all(&stream).await.expect("read");
            stream.write_all(b"good bye").await.expect("write");
            assert_eq!(stream.peer_addr().expect("peer"), from);
            assert_eq!(stream.local_addr().expect("own"), address);
            (received, from)
        });
        let stream = run(dispatcher, TcpStream::connect(&handle, address)).expect("connect");
        assert_eq!(stream.peer_addr().expect("peer"), address);
        let parts = [
            IoSlice::new(b"hel"),
            IoSlice::new(b""),
            IoSlice::new(b"lo "),
        ];
        let sent = stream.try_write_vectored(&parts).expect("room");
        assert!((1..=6).contains(&sent), "{sent}");
        run(dispatcher, stream.write_all(&b"hello there"[sent..])).expect("write");
        stream.shutdown(Shutdown::Write).expect("shutdown");
        let answer = run(dispatcher, read_all(&stream)).expect("read");
        assert_eq!(answer, b"good bye");
        let (received, from) = run(dispatcher, peer).expect("peer");
        assert_eq!(received, b"hello there");
        assert_eq!(from, stream.local_addr().expect("local"));
    }
}

/// A pattern in which bytes that are lost, doubled or exchanged show.
fn pattern(length: usize, factor: usize) -> Vec<u8> {
    (0..length).map(|at| (at * factor / 251) as u8).collect()
}

fn much_goes_both_ways_at_once(dispatcher: &Dispatcher) {
    let any = loopbacks(&dispatcher.handle())[0];
    let (client, server) = connected(dispatcher, any);
    let (there, back) = (pattern(1_000_003, 7), pattern(700_001, 13));
    let (client, server) = (std::rc::Rc::new(client), std::rc::Rc::new(server));
    let send = |stream: &std::rc::Rc<TcpStream>, bytes: &[u8]| {
        let (stream, bytes) = (stream.clone(), bytes.to_vec());
        spawn(dispatcher, async move {
            stream.write_all(&bytes).await.expect("write");
            stream.shutdown(Shutdown::Write).expect("shutdown");
        })
    };
    let (sends, answers) = (send(&client, &there), send(&server, &back));
    let receives = spawn(
        dispatcher,
        async move { read_all(&server).await.expect("read") },
    );
    let received_back = run(dispatcher, read_all(&client)).expect("read");
    assert!(received_back == back);
    assert!(run(dispatcher, receives).expect("task") == there);
    run(dispatcher, sends).expect("task");
    run(dispatcher, answers).expect("task");
}

fn back_pressure_is_felt(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    let (stream, peer) = connected(dispatcher, loopbacks(&handle)[0]);
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
    let reading = spawn(dispatcher, async move {
        let received = read_exactly(&peer, sent).await.expect("read");
        assert_eq!(received.len(), sent);
        peer
    });
    let mut set = WaitSet::new(&handle).expect("set");
    loop {
        // It may be spurious.
        stream
            .register(&mut set, Interest::Writable, 5)
            .expect("register");
        run(dispatcher, set.wait()).expect("wait");
        let mut fired = Vec::new();
        set.take_fired(&mut fired).expect("fired");
        assert_eq!(fired, [5]);
        set.clear();
        if stream.try_write(b"more").is_ok() {
            break;
        }
    }
    drop(run(dispatcher, reading).expect("task"));
}

fn readiness_is_a_level(dispatcher: &Dispatcher) {
    let (stream, peer) = connected(dispatcher, loopbacks(&dispatcher.handle())[0]);
    assert!(!stream.confirm_ready(Interest::Readable));
    run(dispatcher, peer.write_all(b"xyz")).expect("write");
    // One byte at a time: what is left keeps it ready without a further event.
    for expected in b"xyz" {
        let byte = run(dispatcher, read_exactly(&stream, 1)).expect("there");
        assert_eq!(byte, [*expected]);
    }
    let refused = stream.try_read(&mut [0]).expect_err("nothing is left");
    assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
    assert!(!stream.is_ready(Interest::Readable));
    drop(peer);
    assert_eq!(run(dispatcher, stream.read(&mut [0; 9])).expect("end"), 0);
    run(dispatcher, stream.readable()).expect("the end is reported");
    assert_eq!(stream.try_read(&mut [0; 9]).expect("end"), 0);
    assert!(stream.is_ready(Interest::Readable), "the end stays");
}

fn a_closed_port_refuses(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    for any in loopbacks(&handle) {
        let (closed, address) = listener(&handle, any);
        drop(closed);
        let socket = TcpSocket::new(&handle, Family::of(&address)).expect("socket");
        let stream = socket.start_connect(address).expect("a beginning");
        let refused = run(dispatcher, stream.connected()).expect_err("closed");
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        // It is reported once.
        let again = stream.finish_connect().expect_err("not connected");
        assert_eq!(again.kind(), io::ErrorKind::WouldBlock);
        let written = stream.try_write(b"x").expect_err("not connected");
        assert_eq!(written.kind(), io::ErrorKind::BrokenPipe);
        let peer = stream.peer_addr().expect_err("not connected");
        assert_eq!(peer.kind(), io::ErrorKind::NotConnected);
    }
}

fn a_connection_is_not_made_at_once(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    let any = loopbacks(&handle)[0];
    let (server, address) = listener(&handle, any);
    let socket = TcpSocket::new(&handle, Family::of(&any)).expect("socket");
    let unbound = socket.local_addr().expect("address");
    assert!(unbound.ip().is_unspecified() && unbound.port() == 0);
    socket.bind(any).expect("bind");
    let bound = socket.local_addr().expect("address");
    let again = socket.bind(any).expect_err("bound already");
    assert_eq!(again.kind(), io::ErrorKind::InvalidInput);
    let stream = socket.start_connect(address).expect("a beginning");
    run(dispatcher, stream.connected()).expect("connected");
    run(dispatcher, stream.connected()).expect("it stays so");
    assert_eq!(stream.local_addr().expect("address"), bound);
    let (_, from) = run(dispatcher, server.accept()).expect("accept");
    assert_eq!(from, bound);
}

fn what_was_read_exactly_is_not_ready_before_more_comes(dispatcher: &Dispatcher) {
    for any in loopbacks(&dispatcher.handle()) {
        let (stream, peer) = connected(dispatcher, any);
        for _ in 0..2 {
            run(dispatcher, peer.write_all(b"frame")).expect("write");
            run(dispatcher, read_exactly(&stream, 5)).expect("read");
            assert!(!stream.confirm_ready(Interest::Readable));
        }
        run(dispatcher, peer.write_all(b"frames")).expect("write");
        run(dispatcher, read_exactly(&stream, 5)).expect("read");
        drop(peer);
        assert_eq!(run(dispatcher, read_exactly(&stream, 1)).expect("s"), b"s");
        assert_eq!(
            run(dispatcher, stream.read(&mut [0; 1])).expect("the end"),
            0
        );
        run(dispatcher, stream.readable()).expect("the end is reported");
        assert!(stream.confirm_ready(Interest::Readable), "it stays");
    }
}

fn a_listener_is_ready_while_connections_wait(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    for any in loopbacks(&handle) {
        let (server, address) = listener(&handle, any);
        let nobody = server.try_accept().map(drop).expect_err("nobody");
        assert_eq!(nobody.kind(), io::ErrorKind::WouldBlock);
        assert!(!server.confirm_ready());
        let connect = || run(dispatcher, TcpStream::connect(&handle, address)).expect("connect");
        let _clients = [connect(), connect()];
        run(dispatcher, server.accept()).expect("the first");
        run(dispatcher, server.accept()).expect("the second");
        assert!(!server.confirm_ready());
        let _client = connect();
        run(dispatcher, server.accept()).expect("the third");
        assert!(!server.confirm_ready());
    }
}

fn a_vector_holds_what_has_arrived(dispatcher: &Dispatcher) {
    let (stream, peer) = connected(dispatcher, loopbacks(&dispatcher.handle())[0]);
    let nothing = stream.try_read_vec(9).expect_err("nothing");
    assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
    run(dispatcher, peer.write_all(b"some bytes")).expect("write");
    drop(peer);
    let mut all = Vec::new();
    loop {
        match stream.try_read_vec(4) {
            Ok(part) if part.is_empty() => break,
            Ok(part) => all.extend(part),
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                run(dispatcher, stream.readable()).expect("readable");
            }
        }
    }
    assert_eq!(all, b"some bytes");
}

fn an_address_that_is_listened_on_is_in_use(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    for any in loopbacks(&handle) {
        let (held, address) = listener(&handle, any);
        let refused = TcpListener::bind(&handle, address).map(drop);
        let refused = refused.expect_err("in use");
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
        // Two may be bound, but only one listens.
        drop(held);
        let bound = || {
            let socket = TcpSocket::new(&handle, Family::of(&any)).expect("socket");
            socket.bind(address).expect("free");
            socket
        };
        let (one, other) = (bound(), bound());
        let listens = one.listen(1).expect("the first");
        listens.set_backlog(3).expect("backlog");
        let refused = other.listen(1).map(drop).expect_err("the second");
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
    }
}

fn addresses_of_others_are_refused(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    // For documentation: nobody has it.
    let foreign = SocketAddr::from(([192, 0, 2, 1], 0));
    let socket = TcpSocket::new(&handle, Family::V4).expect("socket");
    let refused = socket.bind(foreign).expect_err("not ours");
    assert_eq!(refused.kind(), io::ErrorKind::AddrNotAvailable);
    let other_family = SocketAddr::from((Ipv6Addr::LOCALHOST, 1));
    let refused = socket.bind(other_family).expect_err("the other family");
    let refused = refused.raw_os_error().map(Errno::from_raw_os_error);
    assert_eq!(refused, Some(Errno::AFNOSUPPORT));
    let refused = socket.start_connect(other_family).map(drop);
    let refused = refused.expect_err("the other family").raw_os_error();
    assert_eq!(refused, Some(Errno::AFNOSUPPORT.raw_os_error()));
}

fn a_port_is_bound_again_while_connections_linger(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    for any in loopbacks(&handle) {
        let (server, address) = listener(&handle, any);
        let client = run(dispatcher, TcpStream::connect(&handle, address)).expect("connect");
        // Who ends first lingers.
        drop(run(dispatcher, server.accept()).expect("accept"));
        assert_eq!(
            run(dispatcher, client.read(&mut [0; 1])).expect("the end"),
            0
        );
        drop(client);
        drop(server);
        TcpListener::bind(&handle, address).expect("bind again");
    }
}

fn an_unspecified_address_takes_connections(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    for loopback in loopbacks(&handle) {
        let any: IpAddr = match loopback.ip() {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let (server, bound) = listener(&handle, SocketAddr::new(any, 0));
        assert_eq!(bound.ip(), any);
        for to in [loopback.ip(), any] {
            let to = SocketAddr::new(to, bound.port());
            let client = run(dispatcher, TcpStream::connect(&handle, to)).expect("connect");
            let (accepted, from) = run(dispatcher, server.accept()).expect("accept");
            assert!(from.ip().is_loopback());
            assert_eq!(client.local_addr().expect("own"), from);
            assert_eq!(accepted.local_addr().expect("own").ip(), loopback.ip());
        }
    }
}

fn options_come_back(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    for any in loopbacks(&handle) {
        let socket = TcpSocket::new(&handle, Family::of(&any)).expect("socket");
        let options = socket.options();
        assert_eq!(options.family().expect("family"), Family::of(&any));
        for on in [true, false] {
            options.set_nodelay(on).expect("set");
            assert_eq!(options.nodelay().expect("get"), on);
            options.set_keep_alive(on).expect("set");
            assert_eq!(options.keep_alive().expect("get"), on);
        }
        let seconds = Duration::from_secs;
        options
            .set_keep_alive_idle(Duration::from_millis(10_500))
            .expect("set");
        assert_eq!(options.keep_alive_idle().expect("get"), seconds(11));
        options.set_keep_alive_interval(seconds(12)).expect("set");
        assert_eq!(options.keep_alive_interval().expect("get"), seconds(12));
        options.set_keep_alive_count(13).expect("set");
        assert_eq!(options.keep_alive_count().expect("get"), 13);
        options.set_hop_limit(14).expect("set");
        assert_eq!(options.hop_limit().expect("get"), 14);
        options.set_receive_buffer(1 << 15).expect("set");
        assert_eq!(options.receive_buffer().expect("get"), 1 << 16);
        options.set_send_buffer(1 << 15).expect("set");
        assert_eq!(options.send_buffer().expect("get"), 1 << 16);
        options.set_receive_buffer(1).expect("set");
        assert_eq!(options.receive_buffer().expect("get"), 2_304);
        options.set_send_buffer(1).expect("set");
        assert_eq!(options.send_buffer().expect("get"), 4_608);
    }
}

fn options_that_do_not_exist_are_refused(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    let socket = TcpSocket::new(&handle, Family::V4).expect("socket");
    let options = socket.options();
    let refused = [
        options.set_keep_alive_idle(Duration::ZERO),
        options.set_keep_alive_idle(Duration::from_secs(32_768)),
        options.set_keep_alive_interval(Duration::MAX),
        options.set_keep_alive_count(0),
        options.set_keep_alive_count(128),
        options.set_hop_limit(0),
    ];
    for refused in refused {
        let kind = refused.expect_err("no such value").kind();
        assert_eq!(kind, io::ErrorKind::InvalidInput);
    }
    let udp = UdpSocket::new(&handle, Family::V4).expect("socket");
    let number =
        |error: wippy_dispatcher::Error| error.raw_os_error().map(Errno::from_raw_os_error);
    let refused = number(udp.options().set_nodelay(true).expect_err("of TCP"));
    assert!(matches!(
        refused,
        Some(Errno::NOPROTOOPT | Errno::OPNOTSUPP)
    ));
    let refused = number(udp.options().nodelay().expect_err("of TCP"));
    assert!(matches!(
        refused,
        Some(Errno::NOPROTOOPT | Errno::OPNOTSUPP)
    ));
}

fn accepted_connections_inherit_options(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    let (server, address) = listener(&handle, loopbacks(&handle)[0]);
    server.options().set_keep_alive_count(5).expect("set");
    server.options().set_receive_buffer(4_096).expect("set");
    let _client = run(dispatcher, TcpStream::connect(&handle, address)).expect("connect");
    let (accepted, _) = run(dispatcher, server.accept()).expect("accept");
    assert_eq!(accepted.options().keep_alive_count().expect("get"), 5);
    assert_eq!(accepted.options().receive_buffer().expect("get"), 8_192);
}

fn many_connections_come_and_go(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    let (server, address) = listener(&handle, loopbacks(&handle)[0]);
    let before = handle.stats().expect("stats").sources;
    for _ in 0..100 {
        let client = run(dispatcher, TcpStream::connect(&handle, address)).expect("connect");
        let (stream, _) = run(dispatcher, server.accept()).expect("accept");
        run(dispatcher, client.write_all(b"x")).expect("write");
        assert_eq!(run(dispatcher, stream.read(&mut [0; 4])).expect("read"), 1);
    }
    assert_eq!(handle.stats().expect("stats").sources, before);
}

fn a_stream_may_be_dropped_on_another_thread(dispatcher: &Dispatcher) {
    let (stream, peer) = connected(dispatcher, loopbacks(&dispatcher.handle())[0]);
    run(dispatcher, stream.write_all(b"last words")).expect("write");
    std::thread::spawn(move || {
        assert!(!stream.is_ready(Interest::Writable));
        drop(stream);
    })
    .join()
    .expect("no panic");
    assert_eq!(
        run(dispatcher, read_all(&peer)).expect("read"),
        b"last words"
    );
}
