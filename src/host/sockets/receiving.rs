//! The receiving half of a TCP connection, as input.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::{Error, Instant, Interest, WaitSet};

use crate::host::io::{IoError, StreamError};

/// What a connection's input stream reads.
pub struct Receiving {
    stream: Arc<TcpStream>,
    /// The guest has shut it down.
    shut: AtomicBool,
}

impl Receiving {
    pub(super) fn new(stream: Arc<TcpStream>) -> Receiving {
        Receiving {
            stream,
            shut: AtomicBool::new(false),
        }
    }

    pub(super) fn shut(&self) {
        self.shut.store(true, Ordering::Relaxed);
    }

    /// Whether the guest has shut it down, so that not even nothing can be read.
    pub(crate) fn is_shut(&self) -> bool {
        self.shut.load(Ordering::Relaxed)
    }

    /// What is there, `length` bytes at most.
    pub(crate) fn read(&self, length: usize) -> Result<Vec<u8>, StreamError> {
        if self.is_shut() {
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
        self.is_shut() || self.stream.confirm_ready(Interest::Readable)
    }

    pub(crate) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        match self.is_shut() {
            true => set.add_deadline(Instant::from_nanos(0), tag),
            false => self.stream.register(set, Interest::Readable, tag),
        }
    }
}
