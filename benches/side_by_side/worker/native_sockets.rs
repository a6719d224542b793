//! Round trips and streams with a socket that does not block and one epoll set, which waits for it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::epoll::{self, Event, EventData, EventFlags};
use serde_json::Value;

use super::native_arguments::Arguments;
use crate::clock;
use crate::fallible::Fallible;

/// What a guest reads or writes at once.
const BLOCK: usize = 64 << 10;

/// The nanoseconds of each round trip, or of a stream.
///
/// # Errors
/// When there is no such loop, or a call fails.
pub fn answer(function: &str, arguments: Arguments<'_>) -> Fallible<Value> {
    let port = arguments.number(0)?;
    Ok(match function {
        "tcp-ping-pong" => tcp(port, arguments.number(1)?, arguments.number(2)?)?.into(),
        "udp-ping-pong" => udp(port, arguments.number(1)?, arguments.number(2)?)?.into(),
        "tcp-send" => send(port, arguments.number(1)?)?.into(),
        "tcp-receive" => receive(port, arguments.number(1)?)?.into(),
        "tcp-serve" => serve(port, arguments.number(1)?)?.into(),
        other => return Err(format!("no loop {other}").into()),
    })
}

/// An edge-triggered set of one socket.
struct Set(OwnedFd);

impl Set {
    fn of(socket: impl AsFd) -> io::Result<Set> {
        let set = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::ET;
        epoll::add(&set, socket, EventData::new_u64(0), flags)?;
        Ok(Set(set))
    }

    /// Calls until the answer is another than `WouldBlock`.
    fn wait<T>(&self, mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
        let mut events = [Event {
            flags: EventFlags::empty(),
            data: EventData::new_u64(0),
        }; 1];
        loop {
            match attempt() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    epoll::wait(&self.0, &mut events[..], None)?;
                }
                result => return result,
            }
        }
    }
}

fn tcp(port: u16, size: usize, rounds: usize) -> Fallible<Vec<u64>> {
    let (stream, set) = connect(port)?;
    let (bytes, mut buffer) = (vec![7; size], vec![0; size]);
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let start = clock::now();
        let mut written = 0;
        while written < size {
            written += set.wait(|| (&stream).write(&bytes[written..]))?;
        }
        let mut read = 0;
        while read < size {
            match set.wait(|| (&stream).read(&mut buffer))? {
                0 => return Err("the echo is gone".into()),
                more => read += more,
            }
        }
        times.push(clock::now() - start);
    }
    Ok(times)
}

fn udp(port: u16, size: usize, rounds: usize) -> Fallible<Vec<u64>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect((Ipv4Addr::LOCALHOST, port))?;
    socket.set_nonblocking(true)?;
    let set = Set::of(&socket)?;
    let (bytes, mut buffer) = (vec![7; size], vec![0; size]);
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let start = clock::now();
        set.wait(|| socket.send(&bytes))?;
        set.wait(|| socket.recv(&mut buffer))?;
        times.push(clock::now() - start);
    }
    Ok(times)
}

fn connect(port: u16) -> Fallible<(TcpStream, Set)> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nonblocking(true)?;
    let set = Set::of(&stream)?;
    Ok((stream, set))
}

fn send(port: u16, bytes: u64) -> Fallible<u64> {
    let (stream, set) = connect(port)?;
    let block = vec![7; BLOCK];
    let start = clock::now();
    let mut left = usize::try_from(bytes)?;
    while left > 0 {
        left -= set.wait(|| (&stream).write(&block[..left.min(BLOCK)]))?;
    }
    stream.shutdown(Shutdown::Write)?;
    while set.wait(|| (&stream).read(&mut [0; 1]))? > 0 {}
    Ok(clock::now() - start)
}

fn receive(port: u16, bytes: u64) -> Fallible<u64> {
    let (stream, set) = connect(port)?;
    let mut block = vec![0; BLOCK];
    let start = clock::now();
    let mut received = 0;
    loop {
        match set.wait(|| (&stream).read(&mut block))? {
            0 => break,
            read => received += read as u64,
        }
    }
    if received != bytes {
        return Err(format!("{received} bytes came, not {bytes}").into());
    }
    Ok(clock::now() - start)
}

fn serve(port: u16, connections: u32) -> Fallible<u64> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let arrivals = Set::of(&listener)?;
    let mut block = vec![0; 4096];
    let mut start = None;
    for _ in 0..connections {
        let (stream, _) = arrivals.wait(|| listener.accept())?;
        stream.set_nonblocking(true)?;
        let set = Set::of(&stream)?;
        start.get_or_insert_with(clock::now);
        loop {
            let read = set.wait(|| (&stream).read(&mut block))?;
            if read == 0 {
                break;
            }
            let mut written = 0;
            while written < read {
                written += set.wait(|| (&stream).write(&block[written..read]))?;
            }
        }
    }
    Ok(start.map_or(0, |start| clock::now() - start))
}
