//! The sending half of a TCP connection, as output.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;

use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::{Interest, WaitSet};

use crate::host::io::{Destination, IoError, Job, Unwritten, WriteQueue};
use crate::quota::QuotaPermit;

/// What a connection's output stream writes.
pub type Sending = WriteQueue<Connected>;

/// A connection. What is kept for it holds it open.
pub struct Connected {
    stream: Arc<TcpStream>,
    /// Counts against its call's bound until the connection is closed.
    _held: Option<QuotaPermit>,
}

impl Connected {
    pub(super) fn new(stream: Arc<TcpStream>, held: Option<QuotaPermit>) -> Connected {
        Connected {
            stream,
            _held: held,
        }
    }
}

impl Destination for Connected {
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.try_write(bytes)
    }

    fn blocked(&mut self, _bytes: &mut Unwritten, room: &mut WaitSet) -> io::Result<Option<Job>> {
        self.stream.register(room, Interest::Writable, 0)?;
        Ok(None)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// The peer must not take what it has got for all there is.
    fn abandon(&mut self) {
        // It fails only where the connection is gone already.
        let _ = self.stream.reset_on_close();
    }

    fn error(error: io::Error) -> IoError {
        IoError::of_network(error)
    }
}
