//! A TCP connection over which lines go.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::address::resolve;
use crate::failure::Failure;
use crate::wasi::io::poll::{Pollable, poll};
use crate::wasi::io::streams::{InputStream, OutputStream, StreamError};
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::network::{ErrorCode, IpAddressFamily};
use crate::wasi::sockets::tcp::TcpSocket;
use crate::wasi::sockets::tcp_create_socket::create_tcp_socket;

/// Fields are dropped in their order: children first.
pub struct Connection {
    pub input: InputStream,
    output: OutputStream,
    _socket: TcpSocket,
    unread: Vec<u8>,
}

impl Connection {
    /// Connects to `HOST:PORT`.
    pub fn open(place: &str) -> Result<Connection, Failure> {
        let address = resolve(place)?;
        let socket = create_tcp_socket(IpAddressFamily::Ipv4)?;
        socket.start_connect(&instance_network(), address)?;
        loop {
            match socket.finish_connect() {
                Err(ErrorCode::WouldBlock) => socket.subscribe().block(),
                Ok((input, output)) => return Ok(Connection::new(socket, input, output)),
                Err(code) => return Err(code.into()),
            }
        }
    }

    fn new(socket: TcpSocket, input: InputStream, output: OutputStream) -> Connection {
        Connection {
            input,
            output,
            _socket: socket,
            unread: Vec::new(),
        }
    }

    pub fn send(&self, line: &str) -> Result<(), Failure> {
        let line = format!("{line}\n");
        Ok(self.output.blocking_write_and_flush(line.as_bytes())?)
    }

    /// Reads what is there. False: nothing more will come.
    pub fn fill(&mut self) -> Result<bool, Failure> {
        match self.input.read(65_536) {
            Ok(bytes) => self.unread.extend(bytes),
            Err(StreamError::Closed) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        Ok(true)
    }

    /// Takes a line out of what was read.
    pub fn line(&mut self) -> Option<String> {
        let length = self.unread.iter().position(|byte| *byte == b'\n')?;
        let line = self.unread.drain(..=length).take(length).collect();
        String::from_utf8(line).ok()
    }

    /// Takes what was read.
    pub fn take_read(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.unread)
    }

    /// Waits for a line. `None`: the timer came first.
    pub fn wait_for_line(&mut self, timer: &Pollable) -> Result<Option<String>, Failure> {
        loop {
            if let Some(line) = self.line() {
                return Ok(Some(line));
            }
            let readable = self.input.subscribe();
            let is_readable = poll(&[&readable, timer]).contains(&0);
            drop(readable);
            match is_readable {
                false => return Ok(None),
                true if self.fill()? => {}
                true => return Err(StreamError::Closed.into()),
            }
        }
    }
}

/// A socket that waits for connections.
pub struct Listener(TcpSocket);

impl Listener {
    /// Listens at `HOST:PORT`.
    pub fn bind(place: &str) -> Result<Listener, Failure> {
        let address = resolve(place)?;
        let socket = create_tcp_socket(IpAddressFamily::Ipv4)?;
        socket.start_bind(&instance_network(), address)?;
        socket.finish_bind()?;
        socket.start_listen()?;
        socket.finish_listen()?;
        Ok(Listener(socket))
    }

    pub fn subscribe(&self) -> Pollable {
        self.0.subscribe()
    }

    /// `None`: there is none yet.
    pub fn accept(&self) -> Result<Option<Connection>, Failure> {
        match self.0.accept() {
            Ok((socket, input, output)) => Ok(Some(Connection::new(socket, input, output))),
            Err(ErrorCode::WouldBlock) => Ok(None),
            Err(code) => Err(code.into()),
        }
    }
}
