//! Where a guest's input comes from.

use std::sync::Arc;

use wasmtime::Result;
use wippy_dispatcher::{Instant, WaitSet};

use super::StreamError;
use super::read_max::READ_MAX;
use crate::activity::WaitKind;
use crate::host::filesystem::FileInput;
use crate::host::pipe::PipeReader;
use crate::host::sockets::TcpInput;
use crate::host::stdio::Input;
use crate::http::BodySource;

/// `wasi:io/streams#input-stream`: a source, and whether its end was seen through this handle.
#[derive(Debug)]
pub struct InputStream {
    source: InputSource,
    ended: bool,
}

/// A closed set of sources of bytes.
///
/// ```
/// use wippy::stdio::{InputSource, pipe};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let (reader, keyboard) = pipe(&dispatcher.handle(), 1024)?;
/// keyboard.write(b"typed\n").unwrap();
/// let stdin = InputSource::Pipe(reader);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub enum InputSource {
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
    /// A stream from a source.
    pub fn new(source: InputSource) -> InputStream {
        InputStream {
            source,
            ended: false,
        }
    }

    /// Reads what is there, `length` bytes at most: an empty list when there is nothing yet.
    ///
    /// # Errors
    /// `Closed` at the end, `Failed` when the source fails. Every read after that is `Closed`.
    pub fn read(&mut self, length: usize) -> Result<Vec<u8>, StreamError> {
        if self.ended {
            return Err(StreamError::Closed);
        }
        if length == 0 {
            return match self.source.is_shut() {
                true => Err(StreamError::Closed),
                false => Ok(Vec::new()),
            };
        }
        let read = self.source.read(length.min(READ_MAX));
        self.ended = matches!(read, Err(StreamError::Closed | StreamError::Failed(_)));
        read
    }

    /// What a read of it waits for.
    pub(in crate::host) fn wait_kind(&self) -> WaitKind {
        match self.source {
            InputSource::Empty => WaitKind::Ready,
            InputSource::Device(_) => WaitKind::StandardInput,
            InputSource::Pipe(_) => WaitKind::PipeInput,
            InputSource::File(_) => WaitKind::FileInput,
            InputSource::Body(_) => WaitKind::HttpBodyInput,
            InputSource::Tcp(_) => WaitKind::TcpInput,
        }
    }

    /// The same straight into `buffer`, which is not empty: 0 bytes when there is nothing yet.
    ///
    /// # Errors
    /// As [`InputStream::read`].
    pub(crate) fn read_into(&mut self, buffer: &mut [u8]) -> Result<usize, StreamError> {
        let InputSource::Device(device) = &self.source else {
            let read = self.read(buffer.len())?;
            debug_assert!(
                read.len() <= buffer.len(),
                "more was read than there is room for"
            );
            if let Some(place) = buffer.get_mut(..read.len()) {
                place.copy_from_slice(&read);
            }
            return Ok(read.len());
        };
        if self.ended {
            return Err(StreamError::Closed);
        }
        let read = device.read_into(buffer);
        self.ended = matches!(read, Err(StreamError::Closed | StreamError::Failed(_)));
        read
    }

    /// Whether a read would give bytes, the end or an error, as far as is known without a system
    /// call that reads.
    pub fn is_ready(&self) -> bool {
        self.ended || self.source.is_ready()
    }

    /// Adds its readiness to a wait set, under `tag`.
    ///
    /// # Errors
    /// `TooManyMembers`, `TooManyTimers`, `OtherDispatcher`, `WrongThread`, `Closed` of the dispatcher.
    pub fn register(&self, set: &mut WaitSet, tag: u32) -> Result<()> {
        self.source.register(set, tag)
    }
}

impl InputSource {
    /// Whether its guest has shut it down: its end was observed without a read.
    fn is_shut(&self) -> bool {
        matches!(self, InputSource::Tcp(receiving) if receiving.is_shut_down())
    }

    fn read(&self, length: usize) -> Result<Vec<u8>, StreamError> {
        match self {
            InputSource::Empty => Err(StreamError::Closed),
            InputSource::Device(device) => device.read(length),
            InputSource::Pipe(pipe) => pipe.read(length),
            InputSource::File(file) => file.read(length),
            InputSource::Body(body) => Ok(body.read(length)?),
            InputSource::Tcp(receiving) => receiving.read(length),
        }
    }

    fn is_ready(&self) -> bool {
        match self {
            InputSource::Empty => true,
            InputSource::Device(device) => device.is_ready(),
            InputSource::Pipe(pipe) => pipe.is_ready(),
            InputSource::File(file) => file.is_ready(),
            InputSource::Body(body) => body.is_ready(),
            InputSource::Tcp(receiving) => receiving.is_ready(),
        }
    }

    fn register(&self, set: &mut WaitSet, tag: u32) -> Result<()> {
        match self {
            InputSource::Empty => set.add_deadline(Instant::from_nanos(0), tag)?,
            InputSource::Device(device) => device.register(set, tag)?,
            InputSource::Pipe(pipe) => pipe.register(set, tag)?,
            InputSource::File(file) => file.register(set, tag)?,
            InputSource::Body(body) => body.register(set, tag)?,
            InputSource::Tcp(receiving) => receiving.register(set, tag)?,
        }
        Ok(())
    }
}
