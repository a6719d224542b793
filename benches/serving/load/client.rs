//! One connection of the load.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use rustix::event::epoll;

use super::response::{Progress, progress};
use crate::fallible::Fallible;

/// A request on a connection that is kept.
const KEPT: &[u8] =
    b"GET / HTTP/1.1\r\nHost: serving.test\r\nUser-Agent: serving\r\nAccept: */*\r\n\r\n";
/// One that is the last of its connection.
const LAST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: serving.test\r\nUser-Agent: serving\r\nAccept: */*\r\nConnection: close\r\n\r\n";

/// A connection, or the place of the next one.
pub struct Client {
    number: u64,
    address: SocketAddr,
    stream: Option<TcpStream>,
    /// A connection for each request.
    is_short: bool,
    arrived: Vec<u8>,
    /// Since when its request counts; `None` while it has none.
    since: Option<Instant>,
}

impl Client {
    /// One without a connection.
    pub fn new(number: u64, address: SocketAddr, is_short: bool) -> Client {
        Client {
            number,
            address,
            stream: None,
            is_short,
            arrived: Vec::new(),
            since: None,
        }
    }

    /// Sends a request that counts from `since`, over a new connection where there is none.
    ///
    /// # Errors
    /// When the server does not take it.
    pub fn send(&mut self, epoll: &impl std::os::fd::AsFd, since: Instant) -> Fallible<()> {
        self.since = Some(since);
        self.arrived.clear();
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                epoll::add(
                    epoll,
                    &stream,
                    epoll::EventData::new_u64(self.number),
                    epoll::EventFlags::IN,
                )?;
                none.insert(stream)
            }
        };
        let request = if self.is_short { LAST } else { KEPT };
        // It is far smaller than what the system keeps.
        Ok(stream.write_all(request)?)
    }

    /// Reads; since when the answer's request counts, once it is whole.
    ///
    /// # Errors
    /// When the answer is another one, or ends within.
    pub fn receive(&mut self) -> Fallible<Option<Instant>> {
        let Some(stream) = &mut self.stream else {
            return Ok(None);
        };
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer) {
            Ok(0) => return Err("the server has ended a connection".into()),
            Ok(count) => self
                .arrived
                .extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        match progress(&self.arrived) {
            Progress::Partial => Ok(None),
            Progress::Wrong => {
                Err(format!("an answer is {:?}", String::from_utf8_lossy(&self.arrived)).into())
            }
            Progress::Whole { is_last } => {
                if self.is_short || is_last {
                    self.stream = None;
                }
                Ok(self.since.take())
            }
        }
    }

    /// Begins anew after a failure.
    pub fn reset(&mut self) {
        self.stream = None;
        self.since = None;
    }
}
