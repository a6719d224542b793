//! Where a guest's input comes from.

use std::sync::Arc;

use wasmtime::Result;
use wippy_dispatcher::{Instant, WaitSet};

use super::StreamError;
use crate::host::pipe::PipeReader;
use crate::host::stdio::Input;

/// The most bytes one `read` gives.
pub const READ_MAX: usize = 64 * 1024;

/// `wasi:io/streams#input-stream`: a closed set of sources.
#[derive(Clone)]
pub enum InputStream {
    /// Ended from the start.
    Empty,
    /// One of the program's own descriptors, shared by all who read it.
    Device(Arc<Input>),
    /// The reading end of a pipe in memory.
    Pipe(PipeReader),
}

impl InputStream {
    /// Reads what is there, `length` bytes at most: an empty list when there is nothing yet.
    ///
    /// # Errors
    /// `Closed` at the end, `Failed` when the source fails.
    pub fn read(&self, length: usize) -> Result<Vec<u8>, StreamError> {
        let length = length.min(READ_MAX);
        match self {
            InputStream::Empty => Err(StreamError::Closed),
            InputStream::Device(device) => device.read(length),
            InputStream::Pipe(pipe) => pipe.read(length),
        }
    }

    /// Whether a read would give bytes, the end or an error, as far as is known without asking.
    pub fn is_ready(&self) -> bool {
        match self {
            InputStream::Empty => true,
            InputStream::Device(device) => device.is_ready(),
            InputStream::Pipe(pipe) => pipe.is_ready(),
        }
    }

    /// Adds its readiness to a wait.
    ///
    /// # Errors
    /// When the dispatcher's bounds are reached.
    pub fn register(&self, set: &mut WaitSet, tag: u32) -> Result<()> {
        match self {
            InputStream::Empty => set.add_deadline(Instant::from_nanos(0), tag)?,
            InputStream::Device(device) => device.register(set, tag)?,
            InputStream::Pipe(pipe) => pipe.register(set, tag)?,
        }
        Ok(())
    }
}
