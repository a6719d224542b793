//! TCP: how connections end.

use std::io;
use std::net::Shutdown;

use rustix::io::Errno;
use wippy_dispatcher::net::{Family, TcpSocket, TcpStream};
use wippy_dispatcher::{Dispatcher, Error, Interest, WaitSet};

use super::{connected, listener, loopbacks, over_both_drivers, read_all, read_exactly, run};

over_both_drivers!(
    what_was_written_before_the_close_arrives,
    a_half_that_was_shut_down_is_closed_and_the_other_is_not,
    a_reading_half_that_was_shut_down_gives_the_end,
    a_reset_is_an_error_once,
    a_reset_comes_behind_what_was_sent,
    a_close_with_unread_bytes_is_a_reset,
    a_write_to_one_that_is_gone_fails,
    a_listener_that_closes_resets_who_waits,
    one_that_gave_up_before_it_was_accepted,
    both_may_end_at_once,
    shutting_down_what_has_ended_fails,
    a_waiter_for_bytes_sees_a_reset,
    the_end_is_seen_behind_unread_bytes,
    a_reset_is_seen_behind_unread_bytes,
);

fn kind<T>(result: Result<T, Error>) -> io::ErrorKind {
    result.map(drop).expect_err("a failure").kind()
}

fn what_was_written_before_the_close_arrives(dispatcher: &Dispatcher) {
    for any in loopbacks(&dispatcher.handle()) {
        let (client, server) = connected(dispatcher, any);
        run(dispatcher, client.write_all(&[7; 20_000])).expect("write");
        drop(client);
        let received = run(dispatcher, read_all(&server)).expect("read");
        assert_eq!(received, [7; 20_000]);
    }
}

/// Waits for one of the ends, without reading or writing.
fn wait_for(dispatcher: &Dispatcher, stream: &TcpStream, end: Interest) {
    let mut set = WaitSet::new(&dispatcher.handle()).expect("room");
    stream.register(&mut set, end, 0).expect("room");
    run(dispatcher, async { set.wait().await }).expect("a dispatcher");
    assert!(stream.is_ready(end));
}

fn the_end_is_seen_behind_unread_bytes(dispatcher: &Dispatcher) {
    let (client, server) = connected(dispatcher, loopbacks(&dispatcher.handle())[0]);
    run(dispatcher, client.write_all(b"unread")).expect("write");
    run(dispatcher, server.readable()).expect("bytes");
    assert!(!server.is_ready(Interest::ReadClosed));
    client.shutdown(Shutdown::Write).expect("shutdown");
    wait_for(dispatcher, &server, Interest::ReadClosed);
    assert!(!server.is_ready(Interest::WriteClosed));
    let received = run(dispatcher, read_all(&server)).expect("read");
    assert_eq!(received, b"unread");
    assert!(server.is_ready(Interest::ReadClosed), "it stays");
    // The other half is open, until it is ended as well.
    run(dispatcher, server.write_all(b"answer")).expect("write");
    let received = run(dispatcher, read_exactly(&client, 6)).expect("read");
    assert_eq!(received, b"answer");
    assert!(!server.is_ready(Interest::WriteClosed));
    server.shutdown(Shutdown::Write).expect("shutdown");
    wait_for(dispatcher, &client, Interest::WriteClosed);
    wait_for(dispatcher, &server, Interest::WriteClosed);
}

fn a_reset_is_seen_behind_unread_bytes(dispatcher: &Dispatcher) {
    for shuts_down in [false, true] {
        let (client, server) = connected(dispatcher, loopbacks(&dispatcher.handle())[0]);
        run(dispatcher, client.write_all(b"unread")).expect("write");
        run(dispatcher, server.readable()).expect("bytes");
        if shuts_down {
            client.shutdown(Shutdown::Write).expect("shutdown");
            wait_for(dispatcher, &server, Interest::ReadClosed);
        }
        client.reset_on_close().expect("an option");
        drop(client);
        wait_for(dispatcher, &server, Interest::WriteClosed);
        assert!(server.is_ready(Interest::ReadClosed));
    }
}

fn a_half_that_was_shut_down_is_closed_and_the_other_is_not(dispatcher: &Dispatcher) {
    let (client, server) = connected(dispatcher, loopbacks(&dispatcher.handle())[0]);
    client.shutdown(Shutdown::Write).expect("shutdown");
    assert_eq!(kind(client.try_write(b"x")), io::ErrorKind::BrokenPipe);
    run(dispatcher, client.writable()).expect("a write would fail at once");
    assert_eq!(run(dispatcher, server.read(&mut [0; 4])).expect("end"), 0);
    for _ in 0..3 {
        run(dispatcher, server.write_all(b"on and on")).expect("write");
        let received = run(dispatcher, read_exactly(&client, 9)).expect("read");
        assert_eq!(received, b"on and on");
    }
    drop(server);
    assert_eq!(run(dispatcher, client.read(&mut [0; 4])).expect("end"), 0);
}

fn a_reading_half_that_was_shut_down_gives_the_end(dispatcher: &Dispatcher) {
    let (client, _server) = connected(dispatcher, loopbacks(&dispatcher.handle())[0]);
    assert_eq!(
        kind(client.try_read(&mut [0; 4])),
        io::ErrorKind::WouldBlock
    );
    client.shutdown(Shutdown::Read).expect("shutdown");
    assert_eq!(run(dispatcher, client.read(&mut [0; 4])).expect("end"), 0);
    run(dispatcher, client.readable()).expect("a read would give the end");
    assert!(client.confirm_ready(Interest::Readable));
    client.try_write(b"x").expect("the other half is open");
}

fn a_reset_is_an_error_once(dispatcher: &Dispatcher) {
    let (client, server) = connected(dispatcher, loopbacks(&dispatcher.handle())[0]);
    server.reset_on_close().expect("an option");
    drop(server);
    let read = run(dispatcher, client.read(&mut [0; 9]));
    assert_eq!(kind(read), io::ErrorKind::ConnectionReset);
    assert_eq!(run(dispatcher, client.read(&mut [0; 9])).expect("end"), 0);
    let written = run(dispatcher, client.write_all(b"x"));
    assert_eq!(kind(written), io::ErrorKind::BrokenPipe);
    assert_eq!(kind(client.peer_addr()), io::ErrorKind::NotConnected);
}

fn a_reset_comes_behind_what_was_sent(dispatcher: &Dispatcher) {
    let (client, server) = connected(dispatcher, loopbacks(&dispatcher.handle())[0]);
    run(dispatcher, server.write_all(b"last")).expect("write");
    // It has arrived when it can be read.
    run(dispatcher, read_exactly(&client, 1)).expect("read");
    server.reset_on_close().expect("an option");
    drop(server);
    let mut rest = Vec::new();
    let ended = loop {
        match run(dispatcher, read_exactly(&client, 1)) {
            Ok(byte) if byte.is_empty() => panic!("an orderly end"),
            Ok(byte) => rest.extend(byte),
            Err(error) => break error.kind(),
        }
    };
    assert_eq!(
        (rest.as_slice(), ended),
        (&b"ast"[..], io::ErrorKind::ConnectionReset)
    );
}

fn a_close_with_unread_bytes_is_a_reset(dispatcher: &Dispatcher) {
    let (client, server) = connected(dispatcher, loopbacks(&dispatcher.handle())[0]);
    run(dispatcher, client.write_all(b"unread")).expect("write");
    while !server.confirm_ready(Interest::Readable) {
        run(dispatcher, server.readable()).expect("readable");
    }
    drop(server);
    let read = run(dispatcher, client.read(&mut [0; 9]));
    assert_eq!(kind(read), io::ErrorKind::ConnectionReset);
}

fn a_write_to_one_that_is_gone_fails(dispatcher: &Dispatcher) {
    let (client, server) = connected(dispatcher, loopbacks(&dispatcher.handle())[0]);
    drop(server);
    assert_eq!(run(dispatcher, client.read(&mut [0; 9])).expect("end"), 0);
    // The first is accepted, and answered with a reset.
    client.try_write(b"x").expect("nobody knows yet");
    let failed = loop {
        match client.try_write(b"x") {
            Ok(_) => {
                let sleep = dispatcher
                    .handle()
                    .sleep(std::time::Duration::from_micros(50));
                run(dispatcher, sleep).expect("timer");
            }
            Err(error) => break error.kind(),
        }
    };
    assert_eq!(failed, io::ErrorKind::BrokenPipe);
}

fn a_listener_that_closes_resets_who_waits(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    let (server, address) = listener(&handle, loopbacks(&handle)[0]);
    let client = run(dispatcher, TcpStream::connect(&handle, address)).expect("connect");
    while !server.confirm_ready() {
        run(dispatcher, server.acceptable()).expect("acceptable");
    }
    drop(server);
    let read = run(dispatcher, client.read(&mut [0; 9]));
    assert_eq!(kind(read), io::ErrorKind::ConnectionReset);
}

/// Linux hands it out, and it is at its end or reset; a driver may skip it as well.
fn one_that_gave_up_before_it_was_accepted(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    let (server, address) = listener(&handle, loopbacks(&handle)[0]);
    let gone = run(dispatcher, TcpStream::connect(&handle, address)).expect("connect");
    while !server.confirm_ready() {
        run(dispatcher, server.acceptable()).expect("acceptable");
    }
    gone.reset_on_close().expect("an option");
    drop(gone);
    let stays = run(dispatcher, TcpStream::connect(&handle, address)).expect("connect");
    let own = stays.local_addr().expect("address");
    loop {
        let (accepted, from) = run(dispatcher, server.accept()).expect("accept");
        if from == own {
            run(dispatcher, accepted.write_all(b"welcome")).expect("write");
            break;
        }
        let read = run(dispatcher, accepted.read(&mut [0; 9]));
        assert_eq!(kind(read), io::ErrorKind::ConnectionReset);
    }
    assert_eq!(
        run(dispatcher, read_exactly(&stays, 7)).expect("read"),
        b"welcome"
    );
}

fn both_may_end_at_once(dispatcher: &Dispatcher) {
    let (client, server) = connected(dispatcher, loopbacks(&dispatcher.handle())[0]);
    client.shutdown(Shutdown::Both).expect("shutdown");
    server.shutdown(Shutdown::Both).expect("shutdown");
    assert_eq!(run(dispatcher, client.read(&mut [0; 9])).expect("end"), 0);
    assert_eq!(run(dispatcher, server.read(&mut [0; 9])).expect("end"), 0);
}

fn shutting_down_what_has_ended_fails(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    let (closed, address) = listener(&handle, loopbacks(&handle)[0]);
    drop(closed);
    let socket = TcpSocket::new(&handle, Family::of(&address)).expect("socket");
    let stream = socket.start_connect(address).expect("a beginning");
    run(dispatcher, stream.connected()).expect_err("refused");
    let refused = stream.shutdown(Shutdown::Write).expect_err("no connection");
    assert_eq!(refused.raw_os_error(), Some(Errno::NOTCONN.raw_os_error()));
}

fn a_waiter_for_bytes_sees_a_reset(dispatcher: &Dispatcher) {
    let (client, server) = connected(dispatcher, loopbacks(&dispatcher.handle())[0]);
    let waits = super::spawn(dispatcher, async move {
        let read = client.read(&mut [0; 9]).await;
        kind(read)
    });
    let pause = dispatcher
        .handle()
        .sleep(std::time::Duration::from_millis(1));
    run(dispatcher, pause).expect("timer");
    server.reset_on_close().expect("an option");
    drop(server);
    let seen = run(dispatcher, waits).expect("task");
    assert_eq!(seen, io::ErrorKind::ConnectionReset);
}
