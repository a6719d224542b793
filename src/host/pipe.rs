//! A bounded pipe in memory: an embedder's end of a guest's standard streams, and the stand-in for
//! descriptors in a simulation.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wippy_dispatcher::{Error, Event, Handle, WaitSet};

use super::io::StreamError;

struct Shared {
    state: Mutex<State>,
    capacity: usize,
    /// Bytes, or the end, are there.
    readable: Event,
    /// Room, or nobody who reads, is there.
    writable: Event,
}

struct State {
    bytes: VecDeque<u8>,
    readers: usize,
    writers: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A pipe that holds `capacity` bytes (at least one).
///
/// # Errors
/// When the dispatcher's bound on sources is reached.
pub fn pipe(handle: &Handle, capacity: usize) -> Result<(PipeReader, PipeWriter), Error> {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            bytes: VecDeque::new(),
            readers: 1,
            writers: 1,
        }),
        capacity: capacity.max(1),
        readable: Event::new(handle)?,
        writable: Event::new(handle)?,
    });
    shared.writable.set();
    Ok((PipeReader(shared.clone()), PipeWriter(shared)))
}

/// The reading end; clones read from the same pipe, and the last one closes it.
pub struct PipeReader(Arc<Shared>);

/// The writing end; clones write to the same pipe, and the last one ends it.
pub struct PipeWriter(Arc<Shared>);

impl PipeReader {
    /// What is there, `length` bytes at most; an empty list when there is nothing yet.
    ///
    /// # Errors
    /// `Closed` when all is read and nobody writes any more.
    pub fn read(&self, length: usize) -> Result<Vec<u8>, StreamError> {
        let mut state = self.0.lock();
        let taken = length.min(state.bytes.len());
        if taken == 0 {
            return match state.bytes.is_empty() && state.writers == 0 {
                true => Err(StreamError::Closed),
                false => Ok(Vec::new()),
            };
        }
        let bytes = state.bytes.drain(..taken).collect();
        let more = !state.bytes.is_empty() || state.writers == 0;
        drop(state);
        if !more {
            self.0.readable.clear();
        }
        self.0.writable.set();
        Ok(bytes)
    }

    /// Waits for bytes and takes them; `None` at the end.
    ///
    /// # Errors
    /// When the dispatcher is gone.
    pub async fn next(&self, length: usize) -> Result<Option<Vec<u8>>, Error> {
        loop {
            match self.read(length) {
                Ok(bytes) if bytes.is_empty() && length > 0 => self.0.readable.wait().await?,
                Ok(bytes) => return Ok(Some(bytes)),
                Err(_) => return Ok(None),
            }
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.0.readable.is_set()
    }

    pub(crate) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        set.add_event(&self.0.readable, tag)
    }
}

impl PipeWriter {
    /// How much room there is.
    ///
    /// # Errors
    /// `Closed` when nobody reads any more.
    pub fn check_write(&self) -> Result<u64, StreamError> {
        let state = self.0.lock();
        match state.readers {
            0 => Err(StreamError::Closed),
            _ => Ok(self.0.capacity.saturating_sub(state.bytes.len()) as u64),
        }
    }

    /// How many bytes it holds beyond its capacity.
    pub(crate) fn excess(&self) -> usize {
        self.0.lock().bytes.len().saturating_sub(self.0.capacity)
    }

    /// Adds bytes. The caller has asked for room; a writer in between may make it more than fits,
    /// and nothing is lost then.
    ///
    /// # Errors
    /// `Closed` when nobody reads any more.
    pub fn write(&self, bytes: &[u8]) -> Result<(), StreamError> {
        let mut state = self.0.lock();
        if state.readers == 0 {
            return Err(StreamError::Closed);
        }
        state.bytes.extend(bytes);
        let (any, full) = (
            !state.bytes.is_empty(),
            state.bytes.len() >= self.0.capacity,
        );
        drop(state);
        if full {
            self.0.writable.clear();
        }
        if any {
            self.0.readable.set();
        }
        Ok(())
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.0.writable.is_set()
    }

    pub(crate) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        set.add_event(&self.0.writable, tag)
    }
}

impl Clone for PipeReader {
    fn clone(&self) -> PipeReader {
        self.0.lock().readers += 1;
        PipeReader(self.0.clone())
    }
}

impl Clone for PipeWriter {
    fn clone(&self) -> PipeWriter {
        self.0.lock().writers += 1;
        PipeWriter(self.0.clone())
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.readers -= 1;
        let last = state.readers == 0;
        drop(state);
        if last {
            self.0.writable.set();
        }
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.writers -= 1;
        let last = state.writers == 0;
        drop(state);
        if last {
            self.0.readable.set();
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
