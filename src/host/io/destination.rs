//! Where the bytes go that an output stream has accepted.

use std::future::Future;
use std::pin::Pin;

use wippy_dispatcher::{Error, Instant, WaitSet};

use super::{IoError, StreamError};

/// Where the bytes of a queue go.
pub trait Destination: Send + 'static {
    /// Writes what is taken at once. On the dispatcher's thread, so it must not block.
    ///
    /// # Errors
    /// `Io` with `WouldBlock` where nothing is taken now, and what the system says of the write.
    fn try_write(&mut self, bytes: &[u8]) -> Result<usize, Error>;

    /// How to go on where [`try_write`](Destination::try_write) would block: either adds the room
    /// for more to a wait, or takes the bytes and gives the job that writes them.
    ///
    /// # Errors
    /// When neither is possible.
    fn blocked(&mut self, bytes: &mut Unwritten, room: &mut WaitSet) -> Result<Option<Job>, Error>;

    /// Whether it may take something now, as far as is known without a system call that writes.
    fn has_room(&self) -> bool {
        true
    }

    /// Adds that to a wait set, under `tag`.
    ///
    /// # Errors
    /// `TooManyMembers`, `TooManyTimers`, `OtherDispatcher`, `WrongThread`, `Closed` of the dispatcher.
    fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        set.add_deadline(Instant::from_nanos(0), tag)
    }

    /// These bytes were accepted: they are written next, or kept.
    fn accepted(&mut self, _bytes: &[u8]) {}

    /// Writing has failed: what was accepted and is not written is lost.
    fn failed(&mut self, _error: &Error) {}

    /// What is reported once the stream is closed.
    fn closed(&self) -> StreamError {
        StreamError::Closed
    }

    /// Ends it behind the last byte.
    ///
    /// # Errors
    /// `Io` with `NotConnected` where the connection has ended already.
    fn finish(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Bytes that were accepted for it are lost, and it is dropped next: a peer must not take what it
    /// has for everything.
    fn abandon(&mut self) {}

    /// The error that a guest gets of a failure.
    fn error(error: Error) -> IoError {
        error.into()
    }
}

/// A job on the blocking pool that writes what it was given. It gives that back, with how many
/// bytes it has written.
pub type Job = Pin<Box<dyn Future<Output = (Unwritten, Result<usize, Error>)> + Send>>;

/// Bytes on their way, and how many of them are written already.
#[derive(Default, Debug)]
pub struct Unwritten {
    pub(super) bytes: Vec<u8>,
    pub(super) written: usize,
}

impl Unwritten {
    /// What is left.
    pub fn rest(&self) -> &[u8] {
        debug_assert!(self.written <= self.bytes.len());
        self.bytes.get(self.written..).unwrap_or_default()
    }
}
