//! The other ends: echo servers with blocking calls, a thread for each connection.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::thread;

/// The ports of the servers.
#[derive(Clone, Copy)]
pub struct Ports {
    /// Echoes every byte.
    pub echo: u16,
    /// Takes bytes and gives none.
    pub sink: u16,
    /// Echoes every datagram.
    pub udp: u16,
}

/// Starts them; they end with the program.
///
/// # Errors
/// When no port is left.
pub fn start() -> io::Result<Ports> {
    let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let ports = Ports {
        echo: serve(echo)?,
        sink: serve(sink)?,
        udp: udp.local_addr()?.port(),
    };
    thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = udp.recv_from(&mut buffer) {
            let _ = udp.send_to(buffer.get(..length).unwrap_or_default(), from);
        }
    });
    Ok(ports)
}

fn serve(connection: fn(TcpStream) -> io::Result<()>) -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || connection(stream));
        }
    });
    Ok(port)
}

fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            length => stream.write_all(buffer.get(..length).unwrap_or_default())?,
        }
    }
}

fn sink(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; 256 * 1024];
    while stream.read(&mut buffer)? > 0 {}
    Ok(())
}
