//! Loops over sockets, for measuring.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/clocks",
        "../../../wit/deps/sockets",
        "../wit/bench-sockets.wit",
    ],
    world: "test:guests/bench-sockets-guest",
    generate_all,
});

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use exports::test::guests::socket_loops::Guest;
use wasi::clocks::monotonic_clock::{now, subscribe_duration, subscribe_instant};
use wasi::io::poll::{Pollable, poll};
use wasi::io::streams::{InputStream, OutputStream, StreamError};
use wasi::sockets::instance_network::instance_network;
use wasi::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress,
};
use wasi::sockets::tcp::{ShutdownType, TcpSocket};
use wasi::sockets::tcp_create_socket::create_tcp_socket;
use wasi::sockets::udp::{IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream, UdpSocket};
use wasi::sockets::udp_create_socket::create_udp_socket;

struct SocketLoops;
export!(SocketLoops);

fn loopback(port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port,
        address: (127, 0, 0, 1),
    })
}

/// Calls until the answer is another than `would-block`.
fn wait<T>(socket: &TcpSocket, mut attempt: impl FnMut() -> Result<T, ErrorCode>) -> T {
    loop {
        match attempt() {
            Err(ErrorCode::WouldBlock) => socket.subscribe().block(),
            result => return result.expect("a socket"),
        }
    }
}

fn connect(port: u16) -> (TcpSocket, InputStream, OutputStream) {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).expect("a socket");
    let started = socket.start_connect(&instance_network(), loopback(port));
    started.expect("a start");
    let (input, output) = wait(&socket, || socket.finish_connect());
    (socket, input, output)
}

fn write(output: &OutputStream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let room = output.check_write().expect("a permit") as usize;
        if room == 0 {
            output.subscribe().block();
            continue;
        }
        let (now, later) = bytes.split_at(room.min(bytes.len()));
        output.write(now).expect("a write");
        bytes = later;
    }
}

const HOUR: u64 = 3_600_000_000_000;

/// What can be waited for: a connection to somebody who says nothing, and a socket that nobody sends to. Fields are dropped in
/// their order: streams before their sockets.
struct Sources {
    input: InputStream,
    output: OutputStream,
    _connection: TcpSocket,
    incoming: IncomingDatagramStream,
    outgoing: OutgoingDatagramStream,
    _socket: UdpSocket,
}

impl Sources {
    fn open(port: u16) -> Sources {
        let (connection, input, output) = connect(port);
        let socket = create_udp_socket(IpAddressFamily::Ipv4).expect("a socket");
        socket
            .start_bind(&instance_network(), loopback(0))
            .expect("a start");
        socket.finish_bind().expect("a bind");
        let (incoming, outgoing) = socket.stream(Some(loopback(port))).expect("streams");
        Sources {
            input,
            output,
            _connection: connection,
            incoming,
            outgoing,
            _socket: socket,
        }
    }

    /// A pollable of this kind; of mixed ones that of this number.
    fn pollable(&self, kind: &str, number: u32, ready: bool) -> Pollable {
        let kind = match kind {
            "mixed" => ["timers", "streams", "sockets"][number as usize % 3],
            kind => kind,
        };
        let pollable = match (kind, ready) {
            ("timers", false) => subscribe_duration(HOUR),
            ("timers", true) => subscribe_instant(0),
            ("streams", false) => self.input.subscribe(),
            ("streams", true) => self.output.subscribe(),
            ("sockets", false) => self.incoming.subscribe(),
            ("sockets", true) => self.outgoing.subscribe(),
            (other, _) => panic!("no kind {other}"),
        };
        if ready {
            // Some hosts make even what is ready wait once.
            pollable.block();
        }
        pollable
    }

    fn idle(&self, kind: &str, count: u32) -> Vec<Pollable> {
        (0..count)
            .map(|number| self.pollable(kind, number, false))
            .collect()
    }
}

impl Guest for SocketLoops {
    fn poll_ready(port: u16, kind: String, pollables: u32, ready: u32, rounds: u32) -> u64 {
        assert!((1..=pollables).contains(&ready));
        let sources = Sources::open(port);
        let waiting = pollables - ready;
        let mut set = sources.idle(&kind, waiting);
        set.extend((waiting..pollables).map(|number| sources.pollable(&kind, number, true)));
        let borrowed: Vec<_> = set.iter().collect();
        let start = now();
        for _ in 0..rounds {
            let answer = poll(&borrowed);
            // Some hosts look at so many only before they answer.
            assert!((1..=ready as usize).contains(&answer.len()));
            assert!(answer.iter().all(|index| *index >= waiting));
        }
        let time = now() - start;
        // Pollables go before what they are of.
        drop(borrowed);
        drop(set);
        time
    }

    fn poll_late(
        port: u16,
        kind: String,
        pollables: u32,
        duration_us: u64,
        trials: u32,
    ) -> Vec<u64> {
        let sources = Sources::open(port);
        let idle = sources.idle(&kind, pollables);
        let times = (0..trials)
            .map(|_| {
                let deadline = now().saturating_add(duration_us.saturating_mul(1000));
                let timer = subscribe_instant(deadline);
                let set: Vec<_> = idle.iter().chain([&timer]).collect();
                assert_eq!(poll(&set), [pollables]);
                now().checked_sub(deadline).expect("a timer was ready early")
            })
            .collect();
        drop(idle);
        times
    }

    fn tcp_ping_pong(port: u16, size: u32, rounds: u32) -> Vec<u64> {
        let (_socket, input, output) = connect(port);
        let bytes = vec![7u8; size as usize];
        let mut times = Vec::with_capacity(rounds as usize);
        for _ in 0..rounds {
            let start = now();
            write(&output, &bytes);
            let mut left = u64::from(size);
            while left > 0 {
                let read = input.blocking_read(left).expect("an echo");
                left -= read.len() as u64;
            }
            times.push(now() - start);
        }
        times
    }

    fn tcp_send(port: u16, bytes: u64) -> u64 {
        let (socket, input, output) = connect(port);
        let block = vec![7u8; 64 << 10];
        let start = now();
        let mut left = bytes;
        while left > 0 {
            let length = left.min(block.len() as u64);
            write(&output, &block[..length as usize]);
            left -= length;
        }
        output.blocking_flush().expect("a flush");
        socket.shutdown(ShutdownType::Send).expect("an end");
        while input.blocking_read(1).is_ok() {}
        now() - start
    }

    fn tcp_receive(port: u16, bytes: u64) -> u64 {
        let (_socket, input, _output) = connect(port);
        let start = now();
        let mut received = 0;
        loop {
            match input.blocking_read(64 << 10) {
                Ok(read) => received += read.len() as u64,
                Err(StreamError::Closed) => break,
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(received, bytes);
        now() - start
    }

    fn tcp_serve(port: u16, connections: u32) -> u64 {
        let listener = create_tcp_socket(IpAddressFamily::Ipv4).expect("a socket");
        listener
            .start_bind(&instance_network(), loopback(port))
            .expect("a start");
        wait(&listener, || listener.finish_bind());
        listener.start_listen().expect("a start");
        wait(&listener, || listener.finish_listen());
        let mut start = None;
        for _ in 0..connections {
            let (_socket, input, output) = wait(&listener, || listener.accept());
            start.get_or_insert_with(now);
            while let Ok(bytes) = input.blocking_read(4096) {
                write(&output, &bytes);
            }
        }
        start.map_or(0, |start| now() - start)
    }

    fn udp_ping_pong(port: u16, size: u32, rounds: u32) -> Vec<u64> {
        let socket = create_udp_socket(IpAddressFamily::Ipv4).expect("a socket");
        socket
            .start_bind(&instance_network(), loopback(0))
            .expect("a start");
        socket.finish_bind().expect("a bind");
        let (incoming, outgoing) = socket.stream(Some(loopback(port))).expect("streams");
        let (readable, writable) = (incoming.subscribe(), outgoing.subscribe());
        let mut times = Vec::with_capacity(rounds as usize);
        for _ in 0..rounds {
            let start = now();
            while outgoing.check_send().expect("a permit") == 0 {
                writable.block();
            }
            let datagram = OutgoingDatagram {
                data: vec![7u8; size as usize],
                remote_address: None,
            };
            assert_eq!(outgoing.send(&[datagram]), Ok(1));
            while incoming.receive(1).expect("an answer").is_empty() {
                readable.block();
            }
            times.push(now() - start);
        }
        times
    }
}
