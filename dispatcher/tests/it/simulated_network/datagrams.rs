//! What happens to datagrams on their way.

use std::time::Duration;

use wippy_dispatcher::Dispatcher;
use wippy_dispatcher::net::UdpSocket;
use wippy_dispatcher::sim::Link;

use super::{MS, address, any, host, run, sleep, with_link};

/// Sends so many numbered datagrams, one each millisecond, and gives the numbers as they arrive.
fn arrivals(dispatcher: &Dispatcher, count: u32) -> Vec<u32> {
    let to = address(dispatcher, "server", 9);
    let receiver = UdpSocket::bound(&host(dispatcher, "server").handle(), any(9)).expect("bind");
    let sender = UdpSocket::bound(&host(dispatcher, "client").handle(), any(0)).expect("bind");
    let mut numbers = Vec::new();
    let mut take = || {
        let mut bytes = [0; 4];
        while let Ok((4, from)) = receiver.try_recv(&mut bytes) {
            assert_eq!(from.ip(), host(dispatcher, "client").addresses()[0]);
            numbers.push(u32::from_le_bytes(bytes));
        }
    };
    for number in 0..count {
        let sent = run(dispatcher, sender.send(&number.to_le_bytes(), Some(to)));
        assert_eq!(sent.expect("send"), 4);
        sleep(dispatcher, MS);
        take();
    }
    sleep(dispatcher, Duration::from_secs(1));
    take();
    numbers
}

fn in_order(count: u32) -> Vec<u32> {
    (0..count).collect()
}

#[test]
fn without_faults_all_arrive_in_order() {
    let dispatcher = with_link(1, Link::new());
    assert_eq!(arrivals(&dispatcher, 100), in_order(100));
}

#[test]
fn some_are_lost() {
    let dispatcher = with_link(2, Link::new().loss(0.3));
    let numbers = arrivals(&dispatcher, 1_000);
    assert!((600..800).contains(&numbers.len()), "{}", numbers.len());
    assert!(numbers.is_sorted());
}

#[test]
fn some_arrive_twice() {
    let dispatcher = with_link(3, Link::new().duplication(0.3));
    let mut numbers = arrivals(&dispatcher, 1_000);
    assert!((1_200..1_400).contains(&numbers.len()), "{}", numbers.len());
    numbers.dedup();
    assert_eq!(numbers, in_order(1_000));
}

#[test]
fn some_overtake_others() {
    let dispatcher = with_link(4, Link::new().reordering(0.3));
    let mut numbers = arrivals(&dispatcher, 1_000);
    assert!(!numbers.is_sorted());
    numbers.sort();
    assert_eq!(numbers, in_order(1_000));
}

#[test]
fn jitter_alone_exchanges_some_too() {
    let dispatcher = with_link(5, Link::new().jitter(5 * MS));
    let mut numbers = arrivals(&dispatcher, 300);
    assert!(!numbers.is_sorted());
    numbers.sort();
    assert_eq!(numbers, in_order(300));
}

#[test]
fn a_queue_that_is_full_loses_what_comes() {
    // Each takes 100 ms with its headers, and five wait.
    let link = Link::new().bandwidth(440).queue(220);
    let dispatcher = with_link(6, link);
    let to = address(&dispatcher, "server", 9);
    let receiver = UdpSocket::bound(&host(&dispatcher, "server").handle(), any(9)).expect("bind");
    let sender = UdpSocket::bound(&host(&dispatcher, "client").handle(), any(0)).expect("bind");
    for _ in 0..50 {
        run(&dispatcher, sender.send(&[0; 4], Some(to))).expect("send");
    }
    sleep(&dispatcher, Duration::from_secs(60));
    let mut count = 0;
    while receiver.try_recv(&mut [0; 4]).is_ok() {
        count += 1;
    }
    assert_eq!(count, 6);
}

#[test]
fn nobody_hears_of_a_datagram_to_an_address_that_nobody_has() {
    let dispatcher = with_link(7, Link::new());
    let client = host(&dispatcher, "client").handle();
    let socket = UdpSocket::bound(&client, any(0)).expect("bind");
    socket.connect(([10, 9, 9, 9], 9).into()).expect("connect");
    run(&dispatcher, socket.send(b"x", None)).expect("send");
    sleep(&dispatcher, Duration::from_secs(5));
    let nothing = socket.try_recv(&mut [0; 4]).expect_err("nothing");
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn that_nobody_listens_is_reported_after_a_round_trip() {
    let dispatcher = with_link(8, Link::new().latency(20 * MS));
    let client = host(&dispatcher, "client").handle();
    let socket = UdpSocket::bound(&client, any(0)).expect("bind");
    socket
        .connect(address(&dispatcher, "server", 9))
        .expect("connect");
    run(&dispatcher, socket.send(b"x", None)).expect("send");
    let start = super::now(&client);
    let refused = run(&dispatcher, socket.recv(&mut [0; 4])).expect_err("refused");
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert_eq!(super::now(&client) - start, 40 * MS);
}
