//! System calls and nothing else: sockets that do not block, and an epoll set to wait in.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::epoll::{self, Event, EventData, EventFlags};
use serde_json::Value;

use crate::Fallible;
use crate::clock;
use crate::plan::{PING, POUR, TURNOVER, UDP_PING};
use crate::protocol::{self, Answer, Request};

/// Serves requests.
///
/// # Errors
/// When a stream breaks.
pub fn serve() -> Fallible<()> {
    let set = Set(epoll::create(epoll::CreateFlags::CLOEXEC)?);
    Ok(protocol::serve(|request| {
        answer(&set, request).map_err(|error| error.to_string())
    })?)
}

fn answer(set: &Set, request: &Request) -> Fallible<Answer> {
    let number = |at: usize| {
        let number = request.args.get(at).and_then(Value::as_u64);
        number.ok_or_else(|| format!("argument {at} is no number"))
    };
    let port = || Ok::<_, Box<dyn std::error::Error>>(u16::try_from(number(0)?)?);
    let value = match request.function.as_str() {
        "about" => "epoll and sockets that do not block; no code between".into(),
        PING => ping(set, port()?, usize::try_from(number(1)?)?, number(2)?)?.into(),
        POUR => pour(set, port()?, number(1)?)?.into(),
        TURNOVER => turnover(set, number(0)?)?.into(),
        UDP_PING => udp_ping(set, port()?, number(1)?)?.into(),
        other => return Err(format!("a bare loop has no {other}").into()),
    };
    Ok(Answer {
        value,
        ..Answer::default()
    })
}

/// The epoll set; a descriptor leaves it when it is closed.
struct Set(OwnedFd);

impl Set {
    fn add(&self, fd: impl AsFd) -> io::Result<()> {
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::ET;
        Ok(epoll::add(&self.0, fd, EventData::new_u64(0), flags)?)
    }

    /// Tries, and waits for some event before it tries again.
    fn attempt<T>(&self, mut operation: impl FnMut() -> io::Result<T>) -> io::Result<T> {
        loop {
            match operation() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let mut events = [Event {
                        flags: EventFlags::empty(),
                        data: EventData::new_u64(0),
                    }; 8];
                    epoll::wait(&self.0, &mut events[..], None)?;
                }
                done => return done,
            }
        }
    }

    fn write_all(&self, mut stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = self.attempt(|| stream.write(bytes))?;
            bytes = bytes.get(written..).unwrap_or_default();
        }
        Ok(())
    }
}

fn client(set: &Set, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    set.add(&stream)?;
    Ok(stream)
}

fn ping(set: &Set, port: u16, bytes: usize, rounds: u64) -> io::Result<Vec<u64>> {
    let stream = client(set, port)?;
    let (message, mut echo) = (vec![1; bytes], vec![0; bytes]);
    let mut times = Vec::new();
    for _ in 0..rounds {
        let start = clock::now();
        set.write_all(&stream, &message)?;
        let mut left = bytes;
        while left > 0 {
            let buffer = echo.get_mut(..left).unwrap_or_default();
            left -= set.attempt(|| (&stream).read(buffer))?;
        }
        times.push(clock::now() - start);
    }
    Ok(times)
}

fn pour(set: &Set, port: u16, mebibytes: u64) -> io::Result<u64> {
    let stream = client(set, port)?;
    let chunk = vec![1; 64 * 1024];
    let start = clock::now();
    for _ in 0..mebibytes * 16 {
        set.write_all(&stream, &chunk)?;
    }
    Ok(clock::now() - start)
}

fn turnover(set: &Set, rounds: u64) -> io::Result<u64> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    listener.set_nonblocking(true)?;
    set.add(&listener)?;
    let start = clock::now();
    let mut byte = [b'x'];
    for _ in 0..rounds {
        let client = client(set, port)?;
        let (accepted, _) = set.attempt(|| listener.accept())?;
        accepted.set_nonblocking(true)?;
        set.add(&accepted)?;
        set.write_all(&client, &byte)?;
        set.attempt(|| (&accepted).read(&mut byte))?;
        set.write_all(&accepted, &byte)?;
        set.attempt(|| (&client).read(&mut byte))?;
    }
    Ok(clock::now() - start)
}

fn udp_ping(set: &Set, port: u16, rounds: u64) -> io::Result<Vec<u64>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect((Ipv4Addr::LOCALHOST, port))?;
    socket.set_nonblocking(true)?;
    set.add(&socket)?;
    let mut buffer = [0; 2048];
    let mut times = Vec::new();
    for _ in 0..rounds {
        let start = clock::now();
        set.attempt(|| socket.send(&[1]))?;
        set.attempt(|| socket.recv(&mut buffer))?;
        times.push(clock::now() - start);
    }
    Ok(times)
}
