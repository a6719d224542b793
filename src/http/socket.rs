//! A dispatcher's socket as sessions over it see it.

use std::io::{self, Read, Write};

use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::{Error, Interest};

/// A socket as a reader and a writer that never wait.
pub struct Socket<'a>(pub &'a TcpStream);

impl Read for Socket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.is_ready(Interest::Readable) {
            true => self.0.try_read(buffer).map_err(io_error),
            false => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes).map_err(io_error)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A reader that always asks the system, also where the dispatcher has not seen anything arrive.
pub struct Asking<'a>(pub &'a TcpStream);

impl Read for Asking<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer).map_err(io_error)
    }
}

/// A TLS session only asks whether an error is `WouldBlock`; any other ends the connection.
fn io_error(error: Error) -> io::Error {
    error.kind().into()
}
