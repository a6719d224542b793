//! UDP: an echo.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::thread;

/// Starts it; its port.
///
/// # Errors
/// When there is no socket left.
pub fn echo() -> io::Result<u16> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = socket.local_addr()?.port();
    thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        loop {
            // What a client that is gone leaves behind is its error, not ours.
            if let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let _ = socket.send_to(&buffer[..length], from);
            }
        }
    });
    Ok(port)
}
