//! TCP: an echo, a sink and a source.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use rustix::event::PollFlags;
use rustix::net::{RecvFlags, recv};

use super::attention::Attention;

/// Sends back what comes.
pub fn echo(stream: TcpStream, attention: Attention) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = attention.wait(&stream, PollFlags::IN, || (&stream).read(&mut buffer))?;
        if read == 0 {
            return Ok(());
        }
        let mut left = &buffer[..read];
        while !left.is_empty() {
            let written = attention.wait(&stream, PollFlags::OUT, || (&stream).write(left))?;
            left = &left[written..];
        }
    }
}

/// Takes all and looks at nothing: it has to be faster than those who send. Closing says that all
/// has come.
pub fn sink(stream: TcpStream) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let mut buffer = vec![0; 256 << 10];
    let mut discard = || Ok(recv(&stream, &mut *buffer, RecvFlags::TRUNC)?);
    while Attention::Awake
        .wait(&stream, PollFlags::IN, &mut discard)?
        .1
        > 0
    {}
    Ok(())
}

/// Sends so many MiB.
pub fn source(mut stream: TcpStream, mebibytes: u32) -> io::Result<()> {
    let block = vec![7; 1 << 20];
    (0..mebibytes).try_for_each(|_| stream.write_all(&block))
}
