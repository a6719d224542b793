//! Latency, jitter, bandwidth and loss, seen by TCP.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::net::{TcpListener, TcpStream};
use wippy_dispatcher::sim::{Fate, Fault, Link, Packet};
use wippy_dispatcher::{Error, Record};

use super::{MS, address, any, ask, build, connect, host, now, plain, run, serve_echo, with_link};

#[test]
fn latency_adds_up_exactly() {
    let dispatcher = with_link(1, Link::new().latency(30 * MS));
    serve_echo(&host(&dispatcher, "server"));
    let handle = host(&dispatcher, "client").handle();
    let start = now(&handle);
    let stream = connect(&dispatcher).expect("connect");
    // A handshake is one round trip, and so is an answer.
    assert_eq!(now(&handle) - start, 60 * MS);
    for rounds in 1..4 {
        run(&dispatcher, ask(&stream, b"ping")).expect("echo");
        assert_eq!(now(&handle) - start, 60 * MS + 60 * rounds * MS);
    }
    // A refusal is one round trip as well.
    let start = now(&handle);
    let nobody = address(&dispatcher, "server", 8);
    let refused = run(&dispatcher, TcpStream::connect(&handle, nobody)).map(drop);
    let refused = refused.expect_err("nobody listens");
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(now(&handle) - start, 60 * MS);
}

#[test]
fn packets_within_a_host_take_the_loopback() {
    let dispatcher = build(plain(1).loopback(Link::new().latency(3 * MS)));
    let server = host(&dispatcher, "server");
    serve_echo(&server);
    let handle = server.handle();
    let start = now(&handle);
    for to in [[127, 0, 0, 1].into(), server.addresses()[0]] {
        let connecting = TcpStream::connect(&handle, (to, 7).into());
        let stream = run(&dispatcher, connecting).expect("connect");
        assert_eq!(stream.local_addr().expect("own").ip(), to);
    }
    assert_eq!(now(&handle) - start, 12 * MS);
    // The client's loopback is another one.
    let client = host(&dispatcher, "client").handle();
    let connecting = TcpStream::connect(&client, ([127, 0, 0, 1], 7).into());
    let refused = run(&dispatcher, connecting).map(drop).expect_err("nobody");
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn jitter_lies_within_its_bounds_and_keeps_a_streams_order() {
    let dispatcher = with_link(3, Link::new().latency(5 * MS).jitter(4 * MS));
    serve_echo(&host(&dispatcher, "server"));
    let stream = connect(&dispatcher).expect("connect");
    let handle = host(&dispatcher, "client").handle();
    let mut times = Vec::new();
    for _ in 0..50 {
        let start = now(&handle);
        run(&dispatcher, ask(&stream, b"ping")).expect("echo");
        times.push(now(&handle) - start);
    }
    assert!(times.iter().all(|time| (10 * MS..=18 * MS).contains(time)));
    assert!(times.iter().max() > times.iter().min());
    // `ask` compares the bytes: many segments are under way at once here.
    let long: Vec<u8> = (0..300_000_u32).map(|at| (at / 7) as u8).collect();
    let (stream, sends) = (Rc::new(stream), long.clone());
    let writer = stream.clone();
    let writing = async move {
        for chunk in sends.chunks(1_000) {
            writer.write_all(chunk).await.expect("write");
        }
    };
    dispatcher.spawn(writing).expect("room").detach();
    let mut received = vec![0; long.len()];
    let reading = async {
        let mut filled = 0;
        while filled < received.len() {
            filled += stream.read(&mut received[filled..]).await?;
        }
        Ok::<(), Error>(())
    };
    run(&dispatcher, reading).expect("read");
    assert!(received == long);
}

#[test]
fn bandwidth_is_the_time_that_bytes_take() {
    // A million bytes a second, and a latency that does not matter beside that.
    let link = Link::new().latency(Duration::ZERO).bandwidth(1_000_000);
    let dispatcher = with_link(1, link);
    serve_echo(&host(&dispatcher, "server"));
    let stream = connect(&dispatcher).expect("connect");
    let handle = host(&dispatcher, "client").handle();
    let start = now(&handle);
    let total = 500_000_u64;
    let long = vec![1; total as usize];
    // The echo comes back while more is sent.
    let stream = Rc::new(stream);
    let (writer, bytes) = (stream.clone(), long.clone());
    let writing = async move { writer.write_all(&bytes).await.expect("write") };
    dispatcher.spawn(writing).expect("room").detach();
    let mut received = 0;
    let reading = async {
        let mut buffer = [0; 4096];
        while received < total {
            received += stream.read(&mut buffer).await? as u64;
        }
        Ok::<(), Error>(())
    };
    run(&dispatcher, reading).expect("read");
    let took = now(&handle) - start;
    assert!((500 * MS..700 * MS).contains(&took), "{took:?}");
}

#[test]
fn what_is_lost_is_sent_again() {
    let mut slowest = Duration::ZERO;
    let mut losses = 0;
    for seed in 0..20 {
        let dispatcher = with_link(seed, Link::new().latency(MS).loss(0.2));
        serve_echo(&host(&dispatcher, "server"));
        let stream = connect(&dispatcher).expect("connect");
        let handle = host(&dispatcher, "client").handle();
        for round in 0..20 {
            let start = now(&handle);
            run(&dispatcher, ask(&stream, &[round; 300])).expect("echo");
            slowest = slowest.max(now(&handle) - start);
        }
        let trace = dispatcher.trace().expect("a simulation");
        let is_lost = |record: &&Record| {
            matches!(
                record,
                Record::Packet {
                    fate: Fate::Lost,
                    ..
                }
            )
        };
        losses += trace.records().iter().filter(is_lost).count();
    }
    assert!(losses > 100, "{losses}");
    // A loss costs a retransmission timeout, and the next one twice as much.
    assert!(slowest > 400 * MS, "{slowest:?}");
}

#[test]
fn a_link_that_loses_everything_times_connecting_out() {
    let dispatcher = with_link(1, Link::new().loss(1.0));
    serve_echo(&host(&dispatcher, "server"));
    let handle = host(&dispatcher, "client").handle();
    let start = now(&handle);
    let refused = connect(&dispatcher).map(drop).expect_err("nobody answers");
    assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
    // As Linux: six more packets, after 1, 2, 4 … seconds.
    assert_eq!(now(&handle) - start, Duration::from_secs(127));
    let syns = dispatcher.trace().expect("a simulation");
    let is_syn = |record: &&Record| {
        matches!(
            record,
            Record::Packet {
                kind: Packet::Syn,
                ..
            }
        )
    };
    assert_eq!(syns.records().iter().filter(is_syn).count(), 7);
}

#[test]
fn an_address_that_nobody_has_is_unreachable() {
    let dispatcher = build(plain(1));
    let handle = host(&dispatcher, "client").handle();
    let start = now(&handle);
    let connecting = TcpStream::connect(&handle, ([10, 9, 9, 9], 7).into());
    let refused = run(&dispatcher, connecting).map(drop).expect_err("nobody");
    assert_eq!(refused.kind(), io::ErrorKind::HostUnreachable);
    assert_eq!(now(&handle) - start, Duration::from_secs(3));
}

#[test]
fn a_link_changes_while_it_is_used() {
    let dispatcher = with_link(1, Link::new().latency(MS));
    serve_echo(&host(&dispatcher, "server"));
    let stream = connect(&dispatcher).expect("connect");
    let slow = Link::new().latency(500 * MS);
    let fault = Fault::Link("server".to_owned(), "client".to_owned(), slow);
    dispatcher.inject(&fault).expect("both are there");
    let handle = host(&dispatcher, "client").handle();
    let start = now(&handle);
    run(&dispatcher, ask(&stream, b"ping")).expect("echo");
    assert_eq!(now(&handle) - start, Duration::from_secs(1));
}

#[test]
fn a_receiver_that_does_not_read_holds_the_sender_up() {
    let dispatcher = build(plain(1));
    let server = host(&dispatcher, "server").handle();
    let listener = TcpListener::bind(&server, any(7)).expect("bind");
    listener.options().set_receive_buffer(10_000).expect("set");
    let stream = connect(&dispatcher).expect("connect");
    stream.options().set_send_buffer(20_000).expect("set");
    let (accepted, _) = run(&dispatcher, listener.accept()).expect("accept");
    let written = Rc::new(Cell::new(0));
    let count = written.clone();
    let writing = async move {
        loop {
            match stream.try_write(&[1; 1_000]) {
                Ok(more) => count.set(count.get() + more),
                Err(_) => stream.writable().await.expect("writable"),
            }
        }
    };
    let writing = dispatcher.spawn(writing).expect("room");
    super::sleep(&dispatcher, Duration::from_secs(10));
    // What both buffers hold.
    assert_eq!(written.get(), 30_000);
    let mut buffer = [0; 10_000];
    let read = run(&dispatcher, accepted.read(&mut buffer)).expect("read");
    super::sleep(&dispatcher, Duration::from_secs(10));
    assert_eq!(written.get(), 30_000 + read);
    drop(writing);
}
