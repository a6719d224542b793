//! A bounded pipe in memory: an embedder's end of a guest's standard streams, and the stand-in for
//! descriptors in a simulation.

use std::sync::Arc;

use wippy_dispatcher::{Error, Handle, WaitSet};

use super::io::StreamError;
use crate::byte_channel::ByteChannel;

/// How many there are of each end.
#[derive(Debug)]
struct Ends {
    readers: usize,
    writers: usize,
}

type Shared = ByteChannel<Ends>;

/// A pipe that holds `capacity` bytes (at least one).
///
/// # Errors
/// `TooManySources`, `WrongThread` and `Closed` of the dispatcher.
pub fn pipe(handle: &Handle, capacity: usize) -> Result<(PipeReader, PipeWriter), Error> {
    let ends = Ends {
        readers: 1,
        writers: 1,
    };
    let shared = Arc::new(Shared::new(handle, capacity, ends)?);
    Ok((PipeReader(shared.clone()), PipeWriter(shared)))
}

/// The reading end; clones read from the same pipe, and the last one closes it.
///
/// ```
/// use wippy::stdio::pipe;
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let (reader, writer) = pipe(&dispatcher.handle(), 1024)?;
/// let task = dispatcher.spawn(async move { reader.next(1024).await })?;
/// writer.write(b"bytes").unwrap();
/// let bytes = dispatcher.block_on(task)???;
/// assert_eq!(bytes.as_deref(), Some(b"bytes".as_slice()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PipeReader(Arc<Shared>);

/// The writing end; clones write to the same pipe, and the last one ends it.
///
/// ```
/// use wippy::stdio::pipe;
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let (reader, writer) = pipe(&dispatcher.handle(), 8)?;
/// writer.write(b"bytes").unwrap();
/// assert_eq!(writer.check_write().unwrap(), 3);
/// drop(reader);
/// assert!(writer.check_write().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PipeWriter(Arc<Shared>);

impl PipeReader {
    /// What is there, `length` bytes at most; an empty list when there is nothing yet.
    ///
    /// # Errors
    /// `Closed` when all is read and no writing end is left.
    pub fn read(&self, length: usize) -> Result<Vec<u8>, StreamError> {
        let mut state = self.0.lock();
        let ended = state.ends.writers == 0;
        if length == 0 || state.bytes.is_empty() {
            return match ended && state.bytes.is_empty() {
                true => Err(StreamError::Closed),
                false => Ok(Vec::new()),
            };
        }
        let bytes = state.bytes.take(length);
        self.0.taken(state, ended);
        Ok(bytes)
    }

    /// Waits for bytes and takes them; `None` at the end.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub async fn next(&self, length: usize) -> Result<Option<Vec<u8>>, Error> {
        loop {
            match self.read(length) {
                Ok(bytes) if bytes.is_empty() && length > 0 => self.0.readable().wait().await?,
                Ok(bytes) => return Ok(Some(bytes)),
                Err(_) => return Ok(None),
            }
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.0.readable().is_set()
    }

    pub(crate) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        set.add_event(self.0.readable(), tag)
    }
}

impl PipeWriter {
    /// How much room there is.
    ///
    /// # Errors
    /// `Closed` when no reading end is left.
    pub fn check_write(&self) -> Result<u64, StreamError> {
        let state = self.0.lock();
        match state.ends.readers {
            0 => Err(StreamError::Closed),
            _ => Ok(self.0.capacity().saturating_sub(state.bytes.len()) as u64),
        }
    }

    /// How many bytes it holds beyond its capacity.
    pub(crate) fn excess(&self) -> usize {
        self.0.lock().bytes.len().saturating_sub(self.0.capacity())
    }

    /// Adds bytes. The caller has checked the room; where another writer was faster, the pipe holds
    /// more than its capacity rather than lose bytes.
    ///
    /// # Errors
    /// `Closed` when no reading end is left.
    pub fn write(&self, bytes: &[u8]) -> Result<(), StreamError> {
        let mut state = self.0.lock();
        if state.ends.readers == 0 {
            return Err(StreamError::Closed);
        }
        state.bytes.push(bytes.to_vec());
        self.0.written(state);
        Ok(())
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.0.writable().is_set()
    }

    pub(crate) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        set.add_event(self.0.writable(), tag)
    }
}

impl Clone for PipeReader {
    fn clone(&self) -> PipeReader {
        self.0.lock().ends.readers += 1;
        PipeReader(self.0.clone())
    }
}

impl Clone for PipeWriter {
    fn clone(&self) -> PipeWriter {
        self.0.lock().ends.writers += 1;
        PipeWriter(self.0.clone())
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.ends.readers -= 1;
        let last = state.ends.readers == 0;
        drop(state);
        if last {
            self.0.writable().set();
        }
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.ends.writers -= 1;
        let last = state.ends.writers == 0;
        drop(state);
        if last {
            self.0.readable().set();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wippy_dispatcher::Dispatcher;

    #[test]
    fn bytes_go_through_in_order_with_back_pressure() {
        let dispatcher = Dispatcher::simulated(1).expect("dispatcher");
        let (reader, writer) = pipe(&dispatcher.handle(), 4).expect("pipe");
        assert!(reader.read(9).expect("open").is_empty());
        assert!(!reader.is_ready());
        assert_eq!(writer.check_write().expect("open"), 4);
        writer.write(b"abcd").expect("open");
        assert_eq!(writer.check_write().expect("open"), 0);
        assert!(!writer.is_ready());
        assert_eq!(reader.read(3).expect("open"), b"abc");
        assert!(writer.is_ready());
        drop(writer);
        assert_eq!(reader.read(3).expect("rest"), b"d");
        assert!(reader.is_ready());
        assert!(matches!(reader.read(3), Err(StreamError::Closed)));
        assert!(matches!(reader.read(0), Err(StreamError::Closed)));
    }

    #[test]
    fn a_writer_without_readers_is_told() {
        let dispatcher = Dispatcher::simulated(1).expect("dispatcher");
        let (reader, writer) = pipe(&dispatcher.handle(), 1).expect("pipe");
        writer.write(b"x").expect("open");
        drop(reader);
        assert!(writer.is_ready());
        assert!(matches!(writer.check_write(), Err(StreamError::Closed)));
        assert!(matches!(writer.write(b"y"), Err(StreamError::Closed)));
    }
}
