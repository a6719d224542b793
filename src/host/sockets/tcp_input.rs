//! The receiving half of a TCP connection, as an input stream.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::{Error, Instant, Interest, WaitSet};

use crate::host::io::{IoError, StreamError};

/// What a connection's input stream reads.
#[derive(Debug)]
pub struct TcpInput {
    stream: Arc<TcpStream>,
    /// The guest has shut the half down. Shared with the socket, which is a resource of its own.
    shut_down: AtomicBool,
}

impl TcpInput {
    pub(super) fn new(stream: Arc<TcpStream>) -> TcpInput {
        TcpInput {
            stream,
            shut_down: AtomicBool::new(false),
        }
    }

    pub(super) fn shut_down(&self) {
        self.shut_down.store(true, Ordering::Relaxed);
    }

    /// Whether the guest has shut the half down: every read then finds the stream closed, one of no
    /// bytes too.
    pub(crate) fn is_shut_down(&self) -> bool {
        self.shut_down.load(Ordering::Relaxed)
    }

    /// Reads what has arrived, `length` bytes at most; an empty vector where nothing has.
    ///
    /// # Errors
    /// `Closed` at the end and after the half was shut down; `Failed` when the connection failed.
    pub(crate) fn read(&self, length: usize) -> Result<Vec<u8>, StreamError> {
        if self.is_shut_down() {
            return Err(StreamError::Closed);
        }
        match self.stream.try_read_vec(length) {
            Ok(bytes) if bytes.is_empty() => Err(StreamError::Closed),
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Vec::new()),
            Err(error) => Err(StreamError::Failed(IoError::of_network(error))),
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.is_shut_down() || self.stream.confirm_ready(Interest::Readable)
    }

    pub(crate) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        match self.is_shut_down() {
            true => set.add_deadline(Instant::from_nanos(0), tag),
            false => self.stream.register(set, Interest::Readable, tag),
        }
    }
}
