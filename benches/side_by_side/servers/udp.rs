//! UDP: an echo.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::thread;

use rustix::event::PollFlags;

use super::attention::Attention;

/// Starts it; its port.
///
/// # Errors
/// When there is no socket left.
pub fn echo(attention: Attention) -> io::Result<u16> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = socket.local_addr()?.port();
    socket.set_nonblocking(true)?;
    thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        loop {
            // What a client that is gone leaves behind is its error, not ours.
            let received = attention.wait(&socket, PollFlags::IN, || socket.recv_from(&mut buffer));
            if let Ok((length, from)) = received {
                let _ = socket.send_to(&buffer[..length], from);
            }
        }
    });
    Ok(port)
}
