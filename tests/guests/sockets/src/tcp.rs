//! TCP clients and servers.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::wasi::io::poll::{Pollable, poll};
use crate::wasi::io::streams::{InputStream, OutputStream, StreamError};
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::network::{ErrorCode, IpSocketAddress, network_error_code};
use crate::wasi::sockets::tcp::{ShutdownType, TcpSocket};
use crate::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::{family, loopback, port_of, print, said};

/// A connection. Fields are dropped in their order: children first.
pub struct Connection {
    pub input: InputStream,
    pub output: OutputStream,
    pub socket: TcpSocket,
}

pub fn connect(address: IpSocketAddress) -> Result<Connection, ErrorCode> {
    let v6 = matches!(address, IpSocketAddress::Ipv6(_));
    let socket = create_tcp_socket(family(v6))?;
    socket.start_connect(&instance_network(), address)?;
    loop {
        match socket.finish_connect() {
            Err(ErrorCode::WouldBlock) => socket.subscribe().block(),
            Err(code) => return Err(code),
            Ok((input, output)) => {
                return Ok(Connection {
                    input,
                    output,
                    socket,
                });
            }
        }
    }
}

pub fn listen(address: IpSocketAddress, backlog: Option<u64>) -> Result<TcpSocket, ErrorCode> {
    let v6 = matches!(address, IpSocketAddress::Ipv6(_));
    let socket = create_tcp_socket(family(v6))?;
    socket.start_bind(&instance_network(), address)?;
    socket.finish_bind()?;
    if let Some(backlog) = backlog {
        socket.set_listen_backlog_size(backlog)?;
    }
    socket.start_listen()?;
    socket.finish_listen()?;
    Ok(socket)
}

/// What a stream said, its code where it has one.
pub fn failure(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".to_string(),
        StreamError::LastOperationFailed(error) => {
            let text = error.to_debug_string();
            let code = network_error_code(&error).map_or_else(|| "no code".to_string(), said);
            match text.is_empty() {
                true => format!("{code} without a text"),
                false => code,
            }
        }
    }
}

fn write_all(output: &OutputStream, mut bytes: &[u8]) -> Result<u32, String> {
    let mut parked = 0;
    while !bytes.is_empty() {
        let permit = output.check_write().map_err(failure)?;
        if permit == 0 {
            parked += 1;
            output.subscribe().block();
            continue;
        }
        let length = bytes.len().min(permit as usize);
        output.write(&bytes[..length]).map_err(failure)?;
        bytes = &bytes[length..];
    }
    Ok(parked)
}

fn read_to_end(input: &InputStream) -> Result<Vec<u8>, String> {
    let mut received = Vec::new();
    loop {
        match input.blocking_read(4096) {
            Ok(bytes) => received.extend(bytes),
            Err(StreamError::Closed) => return Ok(received),
            Err(error) => return Err(failure(error)),
        }
    }
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|_| "no text".to_string())
}

pub fn talk(v6: bool, port: u16, words: &str) -> Result<String, String> {
    let connection = connect(loopback(v6, port)).map_err(said)?;
    write_all(&connection.output, words.as_bytes())?;
    connection.socket.shutdown(ShutdownType::Send).map_err(said)?;
    // Once more is as good as once.
    connection.socket.shutdown(ShutdownType::Send).map_err(said)?;
    match connection.output.check_write() {
        Err(StreamError::Closed) => {}
        other => return Err(format!("after shutdown(send): {:?}", other.is_ok())),
    }
    text(read_to_end(&connection.input)?)
}

struct Peer {
    readable: Pollable,
    connection: Connection,
}

pub fn serve(v6: bool, connections: u32) -> Result<u64, String> {
    let socket = listen(loopback(v6, 0), Some(4096)).map_err(said)?;
    print(&format!("{}", port_of(socket.local_address().map_err(said)?)));
    let arrivals = socket.subscribe();
    let (mut peers, mut ended, mut echoed) = (Vec::<Peer>::new(), 0, 0);
    while ended < connections {
        let mut waits: Vec<&Pollable> = vec![&arrivals];
        waits.extend(peers.iter().map(|peer| &peer.readable));
        let mut ready = poll(&waits);
        // From the end, so that places stay what they are.
        ready.sort_unstable_by(|a, b| b.cmp(a));
        for place in ready {
            match (place as usize).checked_sub(1) {
                None => loop {
                    match socket.accept() {
                        Ok((socket, input, output)) => peers.push(Peer {
                            readable: input.subscribe(),
                            connection: Connection {
                                input,
                                output,
                                socket,
                            },
                        }),
                        Err(ErrorCode::WouldBlock) => break,
                        Err(code) => return Err(said(code)),
                    }
                },
                Some(place) => match peers[place].connection.input.read(65_536) {
                    Ok(bytes) => {
                        echoed += bytes.len() as u64;
                        write_all(&peers[place].connection.output, &bytes)?;
                    }
                    Err(_) => {
                        drop(peers.swap_remove(place));
                        ended += 1;
                    }
                },
            }
        }
    }
    Ok(echoed)
}

fn accept(socket: &TcpSocket) -> Result<Connection, ErrorCode> {
    loop {
        match socket.accept() {
            Ok((socket, input, output)) => {
                return Ok(Connection {
                    input,
                    output,
                    socket,
                });
            }
            Err(ErrorCode::WouldBlock) => socket.subscribe().block(),
            Err(code) => return Err(code),
        }
    }
}

pub fn greet_and_read() -> Result<String, String> {
    let socket = listen(loopback(false, 0), None).map_err(said)?;
    print(&format!("{}", port_of(socket.local_address().map_err(said)?)));
    let connection = accept(&socket).map_err(said)?;
    write_all(&connection.output, b"good bye")?;
    connection.socket.shutdown(ShutdownType::Send).map_err(said)?;
    text(read_to_end(&connection.input)?)
}

pub fn read_to_failure(port: u16) -> String {
    let connection = match connect(loopback(false, port)) {
        Ok(connection) => connection,
        Err(code) => return said(code),
    };
    // The peer breaks off when it has this: not before the connection is there.
    if let Err(code) = write_all(&connection.output, b"?") {
        return code;
    }
    match read_to_end(&connection.input) {
        Ok(bytes) => format!("closed after {}", bytes.len()),
        Err(code) => {
            let again = connection.input.read(1).map_err(failure);
            format!("{code}, then {}", again.err().unwrap_or_default())
        }
    }
}

pub fn write_much(port: u16, bytes: u64) -> Result<u32, String> {
    let connection = connect(loopback(false, port)).map_err(said)?;
    let chunk = vec![7; 1 << 16];
    let (mut left, mut parked) = (bytes, 0);
    while left > 0 {
        let length = left.min(chunk.len() as u64);
        parked += write_all(&connection.output, &chunk[..length as usize])?;
        left -= length;
    }
    Ok(parked)
}

pub fn write_and_end(port: u16, way: &str) {
    let connection = connect(loopback(false, port)).expect("a peer");
    // Far less than one permit: what the host keeps cannot go before the peer reads.
    connection.socket.set_send_buffer_size(1 << 13).expect("connected");
    let chunk = vec![7; 1 << 16];
    let mut written = 0;
    // Until the system takes no more and the host keeps what was accepted.
    loop {
        let permit = connection.output.check_write().expect("open") as usize;
        if permit == 0 {
            break;
        }
        let length = permit.min(chunk.len());
        connection.output.write(&chunk[..length]).expect("permitted");
        written += length as u64;
    }
    print(&format!("{written}"));
    match way {
        "exit" => crate::wasi::cli::exit::exit(Ok(())),
        "trap" => core::arch::wasm32::unreachable(),
        "drop" => drop(connection),
        "shutdown" => {
            connection.socket.shutdown(ShutdownType::Send).expect("connected");
            // Only a whole delivery gets here: what comes too late would be lost.
            core::mem::forget(connection);
        }
        _ => core::mem::forget(connection),
    }
}

pub fn busy(port: u16, rounds: u32) -> Result<u32, String> {
    let connection = connect(loopback(false, port)).map_err(said)?;
    let readable = connection.input.subscribe();
    let mut spins = 0;
    for round in 0..rounds {
        let byte = [round as u8];
        write_all(&connection.output, &byte)?;
        loop {
            while !readable.ready() {
                spins += 1;
            }
            let read = connection.input.read(8).map_err(failure)?;
            if read == byte {
                break;
            }
            if !read.is_empty() {
                return Err(format!("{read:?} for {byte:?}"));
            }
        }
    }
    drop(readable);
    Ok(spins)
}

fn nothing(input: &InputStream) -> String {
    match input.read(0) {
        Ok(bytes) => format!("{} bytes", bytes.len()),
        Err(error) => failure(error),
    }
}

pub fn read_nothing(port: u16) -> Vec<String> {
    let Ok(connection) = connect(loopback(false, port)) else {
        return Vec::new();
    };
    let mut lines = vec![nothing(&connection.input)];
    let shut = connection.socket.shutdown(ShutdownType::Receive);
    lines.push(crate::outcome(shut));
    lines.push(nothing(&connection.input));
    lines.push(format!("{}", connection.input.subscribe().ready()));
    lines.push(
        connection
            .input
            .blocking_read(1)
            .map_or_else(failure, |bytes| format!("{} bytes", bytes.len())),
    );
    lines
}
