//! Round trips with a socket that does not block and one epoll set, which waits for each answer.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::epoll::{self, Event, EventData, EventFlags};

use super::native_calls::Arguments;
use crate::{Fallible, clock};

/// The nanoseconds of each round trip.
///
/// # Errors
/// When there is no such loop, or a call fails.
pub fn answer(function: &str, arguments: Arguments<'_>) -> Fallible<Vec<u64>> {
    let (port, size, rounds) = (
        arguments.number(0)?,
        arguments.number(1)?,
        arguments.number(2)?,
    );
    match function {
        "tcp-ping-pong" => tcp(port, size, rounds),
        "udp-ping-pong" => udp(port, size, rounds),
        other => Err(format!("no loop {other}").into()),
    }
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
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nonblocking(true)?;
    let set = Set::of(&stream)?;
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
