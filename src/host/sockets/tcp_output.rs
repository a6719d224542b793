//! The sending half of a TCP connection, as an output stream.

use std::net::Shutdown;
use std::sync::Arc;

use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::{Error, Interest, WaitSet};

use crate::host::io::{Destination, IoError, Job, Unwritten, WriteQueue};
use crate::quota::QuotaPermit;

/// What a connection's output stream writes.
pub type TcpOutput = WriteQueue<TcpDestination>;

/// The connection that a queue writes to. A queue that still keeps bytes holds it open.
#[derive(Debug)]
pub struct TcpDestination {
    stream: Arc<TcpStream>,
    /// The connection's descriptor, counted for its call until the connection is closed.
    _held: Option<QuotaPermit>,
}

impl TcpDestination {
    pub(super) fn new(stream: Arc<TcpStream>, held: Option<QuotaPermit>) -> TcpDestination {
        TcpDestination {
            stream,
            _held: held,
        }
    }
}

impl Destination for TcpDestination {
    fn try_write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        self.stream.try_write(bytes)
    }

    fn blocked(
        &mut self,
        _bytes: &mut Unwritten,
        room: &mut WaitSet,
    ) -> Result<Option<Job>, Error> {
        self.stream.register(room, Interest::Writable, 0)?;
        Ok(None)
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Closes with a reset: after an orderly end the peer would take what it has got for all there was.
    fn abandon(&mut self) {
        // It fails only if the connection has ended already.
        let _ = self.stream.reset_on_close();
    }

    fn error(error: Error) -> IoError {
        IoError::of_network(error)
    }
}
