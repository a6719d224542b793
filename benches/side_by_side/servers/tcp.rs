//! TCP: an echo, a sink and a source.

use std::io::{self, Read, Write};
use std::net::TcpStream;

/// Sends back what comes.
pub fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            read => stream.write_all(&buffer[..read])?,
        }
    }
}

/// Reads to the end; closing says that all has come.
pub fn sink(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; 256 << 10];
    while stream.read(&mut buffer)? > 0 {}
    Ok(())
}

/// Sends so many MiB.
pub fn source(mut stream: TcpStream, mebibytes: u32) -> io::Result<()> {
    let block = vec![7; 1 << 20];
    (0..mebibytes).try_for_each(|_| stream.write_all(&block))
}
