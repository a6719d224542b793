//! The server that all contenders ask: a thread a connection, which is kept for as long as its
//! client wants.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use crate::Fallible;

/// The length of the large answer, in bytes.
pub const LARGE: usize = 64 << 20;
/// The path of the large answer.
pub const LARGE_PATH: &str = "/large";
/// The body of a small answer.
pub const SMALL: &str = "hello, client";

/// Prints its address and serves until it is killed.
///
/// # Errors
/// When there is no address.
pub fn serve() -> Fallible<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut output = io::stdout();
    writeln!(output, "{}", listener.local_addr()?)?;
    output.flush()?;
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || answer_all(stream));
    }
    Ok(())
}

fn answer_all(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let small = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{SMALL}",
        SMALL.len()
    );
    let piece = vec![b'x'; 1 << 20];
    let mut head = String::new();
    loop {
        head.clear();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        if head.split(' ').nth(1) != Some(LARGE_PATH) {
            stream.write_all(small.as_bytes())?;
            continue;
        }
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n")?;
        for _ in 0..LARGE / piece.len() {
            stream.write_all(&piece)?;
        }
    }
}
