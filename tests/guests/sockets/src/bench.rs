//! What the benchmark of sockets calls: round trips, a stream one way, connections.

use alloc::vec;
use alloc::vec::Vec;

use crate::loopback;
use crate::tcp::{Connection, connect, listen};
use crate::udp::{bound, receive, send};
use crate::wasi::clocks::monotonic_clock::now;
use crate::wasi::sockets::udp::OutgoingDatagram;

fn write(connection: &Connection, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let permit = connection.output.check_write().expect("open") as usize;
        if permit == 0 {
            connection.output.subscribe().block();
            continue;
        }
        let (first, rest) = bytes.split_at(bytes.len().min(permit));
        connection.output.write(first).expect("permitted");
        bytes = rest;
    }
}

fn client(port: u32) -> Connection {
    connect(loopback(false, port as u16)).expect("a server")
}

pub fn ping(port: u32, bytes: u32, rounds: u32) -> Vec<u64> {
    let connection = client(port);
    let message = vec![1; bytes as usize];
    let readable = connection.input.subscribe();
    let mut times = Vec::with_capacity(rounds as usize);
    for _ in 0..rounds {
        let start = now();
        write(&connection, &message);
        let mut left = message.len();
        while left > 0 {
            readable.block();
            left -= connection.input.read(left as u64).expect("an echo").len();
        }
        times.push(now() - start);
    }
    drop(readable);
    times
}

pub fn pour(port: u32, mebibytes: u32) -> u64 {
    let connection = client(port);
    let chunk = vec![1; 64 * 1024];
    let start = now();
    for _ in 0..mebibytes * 16 {
        write(&connection, &chunk);
    }
    connection.output.blocking_flush().expect("delivered");
    now() - start
}

pub fn turnover(rounds: u32) -> u64 {
    let socket = listen(loopback(false, 0), None).expect("a port");
    let address = socket.local_address().expect("bound");
    let arrival = socket.subscribe();
    let start = now();
    for _ in 0..rounds {
        let client = connect(address).expect("it listens");
        arrival.block();
        let (accepted, input, output) = socket.accept().expect("somebody");
        client.output.blocking_write_and_flush(b"x").expect("open");
        let byte = input.blocking_read(1).expect("a byte");
        output.blocking_write_and_flush(&byte).expect("open");
        client.input.blocking_read(1).expect("an echo");
        drop((input, output, accepted));
    }
    let time = now() - start;
    drop(arrival);
    time
}

pub fn udp_ping(port: u32, rounds: u32) -> Vec<u64> {
    let socket = bound(loopback(false, 0)).expect("a port");
    let remote = loopback(false, port as u16);
    let (incoming, outgoing) = socket.stream(Some(remote)).expect("bound");
    let datagram = [OutgoingDatagram {
        data: vec![1],
        remote_address: None,
    }];
    let mut times = Vec::with_capacity(rounds as usize);
    for _ in 0..rounds {
        let start = now();
        send(&outgoing, &datagram).expect("room");
        receive(&incoming).expect("an answer");
        times.push(now() - start);
    }
    drop((incoming, outgoing));
    times
}
