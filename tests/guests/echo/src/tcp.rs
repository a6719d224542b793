//! Over TCP: all connections of the server are served at once, by one `poll`.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::wasi::io::poll::{Pollable, poll};
use crate::wasi::io::streams::{InputStream, OutputStream, StreamError};
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::network::{ErrorCode, IpAddressFamily};
use crate::wasi::sockets::tcp::{ShutdownType, TcpSocket};
use crate::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::{Failure, here, say};

/// A connection. Its parts are dropped in this order: children first.
struct Connection {
    readable: Pollable,
    input: InputStream,
    output: OutputStream,
    _socket: TcpSocket,
}

pub fn serve(port: u16, mut count: u32) -> Result<(), Failure> {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4)?;
    socket.start_bind(&instance_network(), here(port))?;
    socket.finish_bind()?;
    socket.start_listen()?;
    socket.finish_listen()?;
    say(&format!("tcp server: listening on port {port}"));
    let arrivals = socket.subscribe();
    let mut connections: Vec<Connection> = Vec::new();
    while count > 0 {
        let mut waits = vec![&arrivals];
        waits.extend(connections.iter().map(|connection| &connection.readable));
        let mut ready = poll(&waits);
        // From the last: what is removed moves only what was looked at.
        ready.sort_unstable_by(|a, b| b.cmp(a));
        for index in ready {
            let Some(place) = (index as usize).checked_sub(1) else {
                accept_all(&socket, &mut connections)?;
                continue;
            };
            if !echo(&connections[place])? {
                connections.swap_remove(place);
                count -= 1;
            }
        }
    }
    Ok(())
}

fn accept_all(socket: &TcpSocket, connections: &mut Vec<Connection>) -> Result<(), Failure> {
    loop {
        match socket.accept() {
            Ok((socket, input, output)) => connections.push(Connection {
                readable: input.subscribe(),
                input,
                output,
                _socket: socket,
            }),
            Err(ErrorCode::WouldBlock) => return Ok(()),
            Err(code) => return Err(code.into()),
        }
    }
}

/// Sends back what is there; false at the end.
fn echo(connection: &Connection) -> Result<bool, Failure> {
    match connection.input.read(4096) {
        Ok(bytes) => connection.output.blocking_write_and_flush(&bytes)?,
        Err(StreamError::Closed) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    Ok(true)
}

pub fn talk(port: u16, words: &[&str]) -> Result<(), Failure> {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4)?;
    socket.start_connect(&instance_network(), here(port))?;
    let (input, output) = loop {
        match socket.finish_connect() {
            Err(ErrorCode::WouldBlock) => socket.subscribe().block(),
            finished => break finished?,
        }
    };
    for word in words {
        output.blocking_write_and_flush(word.as_bytes())?;
        let mut echo = Vec::new();
        while echo.len() < word.len() {
            echo.extend(input.blocking_read(4096)?);
        }
        say(&format!("tcp client: {}", String::from_utf8_lossy(&echo)));
    }
    socket.shutdown(ShutdownType::Send)?;
    Ok(())
}
