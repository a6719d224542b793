//! Bytes in memory between a writing and a reading end of one dispatcher: bounded, in order, with
//! the readiness of both ends. What the ends are, and when the bytes end, is its user's.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wippy_dispatcher::{Error, Event, Handle};

/// A write of so few bytes goes into the chunk before it while that stays as small: many small
/// writes must not become many small allocations.
const SMALL_CHUNK: usize = 4096;

/// A channel of bytes. `E` is what its user has to know of its ends.
#[derive(Debug)]
pub(crate) struct ByteChannel<E> {
    state: Mutex<ChannelState<E>>,
    capacity: usize,
    /// Bytes, or the end, are there.
    readable: Event,
    /// Room, or nobody who reads, is there.
    writable: Event,
}

/// What the lock of a channel guards.
#[derive(Debug)]
pub(crate) struct ChannelState<E> {
    pub(crate) bytes: ByteQueue,
    pub(crate) ends: E,
}

impl<E> ByteChannel<E> {
    /// An empty channel that is full at `capacity` bytes (at least one).
    ///
    /// # Errors
    /// `TooManySources`, `WrongThread` and `Closed` of the dispatcher.
    pub(crate) fn new(handle: &Handle, capacity: usize, ends: E) -> Result<ByteChannel<E>, Error> {
        let channel = ByteChannel {
            state: Mutex::new(ChannelState {
                bytes: ByteQueue::default(),
                ends,
            }),
            capacity: capacity.max(1),
            readable: Event::new(handle)?,
            writable: Event::new(handle)?,
        };
        channel.writable.set();
        Ok(channel)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, ChannelState<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many bytes it holds before its reader takes them.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Set while bytes, or the end, are there.
    pub(crate) fn readable(&self) -> &Event {
        &self.readable
    }

    /// Set while room, or nobody who reads, is there.
    pub(crate) fn writable(&self) -> &Event {
        &self.writable
    }

    /// Ends a write: unlocks, and makes the ends as ready as the bytes say.
    pub(crate) fn written(&self, state: MutexGuard<'_, ChannelState<E>>) {
        let length = state.bytes.len();
        drop(state);
        if length >= self.capacity {
            self.writable.clear();
        }
        if length > 0 {
            self.readable.set();
        }
    }

    /// Ends a read: unlocks, and makes the ends as ready as the bytes say. The reading end stays
    /// ready where the bytes have `ended`.
    pub(crate) fn taken(&self, state: MutexGuard<'_, ChannelState<E>>, ended: bool) {
        let length = state.bytes.len();
        drop(state);
        if length == 0 && !ended {
            self.readable.clear();
        }
        if length < self.capacity {
            self.writable.set();
        }
    }
}

/// Bytes in chunks, in order.
#[derive(Default)]
pub(crate) struct ByteQueue {
    chunks: VecDeque<Vec<u8>>,
    /// How much of the first chunk is taken.
    front: usize,
    length: usize,
}

/// Without the bytes.
impl fmt::Debug for ByteQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteQueue")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl ByteQueue {
    /// How many bytes it holds.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Adds bytes at the end, without a copy where they are many.
    pub(crate) fn push(&mut self, bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        self.length += bytes.len();
        match self.chunks.back_mut() {
            Some(last) if last.len() + bytes.len() <= SMALL_CHUNK => {
                last.extend_from_slice(&bytes);
            }
            _ => self.chunks.push_back(bytes),
        }
    }

    /// Takes bytes of the first chunk, `most` at most: all of it without a copy where it fits.
    pub(crate) fn take_chunk(&mut self, most: usize) -> Vec<u8> {
        let Some(first) = self.chunks.front_mut() else {
            return Vec::new();
        };
        let left = first.len() - self.front;
        let bytes = if left <= most {
            let mut whole = std::mem::take(first);
            whole.drain(..self.front);
            self.chunks.pop_front();
            self.front = 0;
            whole
        } else {
            let from = self.front;
            self.front += most;
            first.get(from..self.front).unwrap_or_default().to_vec()
        };
        self.length -= bytes.len();
        bytes
    }

    /// Takes `most` bytes, or all where there are fewer.
    pub(crate) fn take(&mut self, most: usize) -> Vec<u8> {
        let mut bytes = self.take_chunk(most);
        while bytes.len() < most && !self.is_empty() {
            let more = self.take_chunk(most - bytes.len());
            bytes.extend_from_slice(&more);
        }
        bytes
    }

    /// Throws everything away.
    pub(crate) fn clear(&mut self) {
        *self = ByteQueue::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let mut queue = ByteQueue::default();
        queue.push(Vec::new());
        assert!(queue.is_empty() && queue.take(9).is_empty());
        let large = vec![b'x'; SMALL_CHUNK];
        for bytes in [&b"abc"[..], b"de", &large, b"f"] {
            queue.push(bytes.to_vec());
        }
        assert_eq!(queue.len(), 6 + SMALL_CHUNK);
        assert_eq!(queue.take_chunk(2), b"ab");
        assert_eq!(queue.take_chunk(9), b"cde");
        assert_eq!(queue.take_chunk(1), b"x");
        let rest = queue.take(usize::MAX);
        assert_eq!(rest.len(), SMALL_CHUNK);
        assert!(rest.ends_with(b"xf") && queue.is_empty());
        queue.push(b"gone".to_vec());
        queue.clear();
        assert_eq!((queue.len(), queue.take(1)), (0, Vec::new()));
    }
}
