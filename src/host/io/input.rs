//! Where a guest's input comes from.

use std::sync::Arc;

use wasmtime::Result;
use wippy_dispatcher::{Instant, WaitSet};

use super::StreamError;
use crate::host::filesystem::FileInput;
use crate::host::pipe::PipeReader;
use crate::host::sockets::TcpInput;
use crate::host::stdio::Input;
use crate::http::BodySource;

/// The most bytes one `read` gives.
pub const READ_MAX: usize = 64 * 1024;

/// `wasi:io/streams#input-stream`: a feed, and whether its end was seen through this handle.
pub struct InputStream {
    feed: Feed,
    ended: bool,
}

/// A closed set of sources of bytes.
#[derive(Clone)]
pub enum Feed {
    /// Ended from the start.
    Empty,
    /// One of the program's own descriptors, shared by all who read it.
    Device(Arc<Input>),
    /// The reading end of a pipe in memory.
    Pipe(PipeReader),
    /// A file, from an offset on.
    File(Arc<FileInput>),
    /// A body that comes over HTTP.
    Body(BodySource),
    /// The receiving half of a TCP connection.
    Tcp(Arc<TcpInput>),
}

impl InputStream {
    /// A stream from a feed.
    pub fn new(feed: Feed) -> InputStream {
        InputStream { feed, ended: false }
    }

    /// Reads what is there, `length` bytes at most: an empty list when there is nothing yet.
    ///
    /// # Errors
    /// `Closed` at the end, `Failed` when the feed fails; `Closed` ever after.
    pub fn read(&mut self, length: usize) -> Result<Vec<u8>, StreamError> {
        if self.ended {
            return Err(StreamError::Closed);
        }
        if length == 0 {
            return match self.feed.is_shut() {
                true => Err(StreamError::Closed),
                false => Ok(Vec::new()),
            };
        }
        let read = self.feed.read(length.min(READ_MAX));
        self.ended = matches!(read, Err(StreamError::Closed | StreamError::Failed(_)));
        read
    }

    /// Whether a read would give bytes, the end or an error, as far as is known without asking.
    pub fn is_ready(&self) -> bool {
        self.ended || self.feed.is_ready()
    }

    /// Adds its readiness to a wait.
    ///
    /// # Errors
    /// When the dispatcher's bounds are reached.
    pub fn register(&self, set: &mut WaitSet, tag: u32) -> Result<()> {
        self.feed.register(set, tag)
    }
}

impl Feed {
    /// Whether its guest has shut it down: its end was observed without a read.
    fn is_shut(&self) -> bool {
        matches!(self, Feed::Tcp(receiving) if receiving.is_shut_down())
    }

    fn read(&self, length: usize) -> Result<Vec<u8>, StreamError> {
        match self {
            Feed::Empty => Err(StreamError::Closed),
            Feed::Device(device) => device.read(length),
            Feed::Pipe(pipe) => pipe.read(length),
            Feed::File(file) => file.read(length),
            Feed::Body(body) => Ok(body.read(length)?),
            Feed::Tcp(receiving) => receiving.read(length),
        }
    }

    fn is_ready(&self) -> bool {
        match self {
            Feed::Empty => true,
            Feed::Device(device) => device.is_ready(),
            Feed::Pipe(pipe) => pipe.is_ready(),
            Feed::File(file) => file.is_ready(),
            Feed::Body(body) => body.is_ready(),
            Feed::Tcp(receiving) => receiving.is_ready(),
        }
    }

    fn register(&self, set: &mut WaitSet, tag: u32) -> Result<()> {
        match self {
            Feed::Empty => set.add_deadline(Instant::from_nanos(0), tag)?,
            Feed::Device(device) => device.register(set, tag)?,
            Feed::Pipe(pipe) => pipe.register(set, tag)?,
            Feed::File(file) => file.register(set, tag)?,
            Feed::Body(body) => body.register(set, tag)?,
            Feed::Tcp(receiving) => receiving.register(set, tag)?,
        }
        Ok(())
    }
}
