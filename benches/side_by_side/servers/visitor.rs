//! A client that connects to a guest again and again.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// How long it waits for a guest to listen.
const PAUSE: Duration = Duration::from_millis(1);

/// Starts it; the port that a guest is to listen on.
///
/// # Errors
/// When there is no port left.
pub fn start() -> io::Result<u16> {
    // Free now; whoever takes it meanwhile makes the guest fail, which is told.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port();
    thread::spawn(move || {
        loop {
            if visit(port).is_err() {
                thread::sleep(PAUSE);
            }
        }
    });
    Ok(port)
}

/// Says something, hears it, and goes.
fn visit(port: u16) -> io::Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    stream.write_all(&[7; 64])?;
    stream.read_exact(&mut [0; 64])?;
    stream.shutdown(Shutdown::Write)?;
    stream.read_to_end(&mut Vec::new()).map(drop)
}
