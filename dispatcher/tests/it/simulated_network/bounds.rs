//! Everything of a simulated network that can grow has a bound.

use std::time::Duration;

use rustix::io::Errno;
use wippy_dispatcher::net::{Family, TcpListener, TcpSocket, TcpStream, UdpSocket};
use wippy_dispatcher::sim::Link;
use wippy_dispatcher::{Dispatcher, Error, Simulation};

use super::{address, any, build, connect, host, plain, run, sleep};

fn errno<T>(result: Result<T, Error>) -> Option<Errno> {
    let error = result.map(drop).expect_err("beyond a bound");
    error.raw_os_error().map(Errno::from_raw_os_error)
}

#[test]
fn a_host_has_so_many_sockets() {
    let dispatcher = build(plain(1).max_sockets(3));
    let (client, server) = (host(&dispatcher, "client"), host(&dispatcher, "server"));
    let held: Vec<_> = (0..3)
        .map(|_| TcpSocket::new(&client.handle(), Family::V4).expect("room"))
        .collect();
    let one_more = TcpSocket::new(&client.handle(), Family::V4);
    assert_eq!(errno(one_more), Some(Errno::MFILE));
    let one_more = UdpSocket::new(&client.handle(), Family::V6);
    assert_eq!(errno(one_more), Some(Errno::MFILE));
    drop(held);
    // The connection that finds no socket waits on.
    let listener = TcpListener::bind(&server.handle(), any(7)).expect("room");
    let more: Vec<_> = (0..2)
        .map(|_| UdpSocket::new(&server.handle(), Family::V4).expect("room"))
        .collect();
    let _client = connect(&dispatcher).expect("connect");
    sleep(&dispatcher, Duration::from_secs(1));
    assert_eq!(errno(listener.try_accept()), Some(Errno::MFILE));
    assert!(listener.confirm_ready());
    drop(more);
    run(&dispatcher, listener.accept()).expect("accept");
}

#[test]
fn a_backlog_holds_so_many_connections() {
    let dispatcher = build(plain(1));
    let (client, server) = (host(&dispatcher, "client"), host(&dispatcher, "server"));
    let socket = TcpSocket::new(&server.handle(), Family::V4).expect("room");
    socket.bind(any(7)).expect("bind");
    let listener = socket.listen(2).expect("listen");
    let to = address(&dispatcher, "server", 7);
    let connecting: Vec<_> = (0..5)
        .map(|_| {
            let handle = client.handle();
            let connect = async move { TcpStream::connect(&handle, to).await };
            client.spawn(connect).expect("room")
        })
        .collect();
    sleep(&dispatcher, Duration::from_millis(500));
    // As Linux: one more than the backlog.
    let made = connecting.iter().filter(|task| task.is_finished()).count();
    assert_eq!(made, 3);
    // The others ask again, and find room.
    let mut accepted = Vec::new();
    for _ in 0..5 {
        accepted.push(run(&dispatcher, listener.accept()).expect("accept"));
    }
    for task in connecting {
        run(&dispatcher, task)
            .expect("not cancelled")
            .expect("connect");
    }
}

#[test]
fn ports_run_out_and_linger() {
    let dispatcher = build(plain(1).max_sockets(40_000));
    super::serve_echo(&host(&dispatcher, "server"));
    let client = host(&dispatcher, "client").handle();
    let to = address(&dispatcher, "server", 7);
    let connect_and_close = || {
        let stream = TcpSocket::new(&client, Family::V4)
            .expect("room")
            .start_connect(to)?;
        run(&dispatcher, stream.connected())
    };
    // Linux has 28,232 of them.
    let mut made = 0;
    let failed = loop {
        match connect_and_close() {
            Ok(()) => made += 1,
            Err(error) => break error,
        }
        if made % 1_000 == 0 {
            assert!(made < 40_000, "they must run out");
        }
    };
    let failed: Result<(), Error> = Err(failed);
    assert_eq!(errno(failed), Some(Errno::ADDRNOTAVAIL));
    let per_minute = 28_232;
    assert!(made >= per_minute, "{made}");
    sleep(&dispatcher, Duration::from_secs(61));
    connect_and_close().expect("they have lingered long enough");
}

#[test]
fn so_many_bytes_of_datagrams_are_under_way() {
    let slow = Link::new().latency(Duration::from_secs(5));
    let dispatcher = build(plain(1).default_link(slow).max_datagram_bytes(12_560));
    let client = host(&dispatcher, "client").handle();
    let socket = UdpSocket::bound(&client, any(0)).expect("bind");
    let to = address(&dispatcher, "server", 9);
    for _ in 0..10 {
        socket.try_send(&[0; 1_000], Some(to)).expect("room");
    }
    assert_eq!(errno(socket.try_send(&[0], Some(to))), Some(Errno::NOBUFS));
    sleep(&dispatcher, Duration::from_secs(6));
    socket.try_send(&[0; 1_000], Some(to)).expect("room again");
}

/// Where no event has room, packets are lost and senders are told; nothing panics or hangs.
#[test]
fn so_many_events_are_to_come() {
    for bound in 0..40 {
        let simulation = Simulation::new(1).host("client", []).host("server", []);
        let builder = Dispatcher::builder()
            .simulation(simulation)
            .max_timers(bound);
        let dispatcher = builder.build().expect("simulation");
        let (client, server) = (host(&dispatcher, "client"), host(&dispatcher, "server"));
        let udp = UdpSocket::bound(&client.handle(), any(0)).expect("bind");
        let to = address(&dispatcher, "server", 7);
        let listener = TcpListener::bind(&server.handle(), any(7)).expect("bind");
        for _ in 0..bound {
            udp.try_send(b"x", Some(to)).expect("room");
        }
        assert_eq!(errno(udp.try_send(b"x", Some(to))), Some(Errno::NOBUFS));
        let refused = run(&dispatcher, TcpStream::connect(&client.handle(), to));
        assert_eq!(errno(refused), Some(Errno::NOBUFS));
        drop(listener);
        // What is under way arrives, and there is room again.
        let _ = dispatcher.turn(Some(Duration::from_secs(1)));
        let _ = dispatcher.turn(Some(Duration::from_secs(1)));
        if bound > 4 {
            udp.try_send(b"x", Some(to)).expect("room");
        }
    }
}
