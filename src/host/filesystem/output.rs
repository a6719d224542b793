//! A file as an output stream, from an offset on or at its end.

use std::io;

use rustix::io::Errno;
use wippy_dispatcher::{Error, Handle, WaitSet};

use super::bytes::{Place, Streamed};
use super::error::undone;
use crate::host::io::{Destination, Job, Owner, Unwritten, WriteQueue};

/// What `write-via-stream` and `append-via-stream` give of a regular file.
pub type FileOutput = WriteQueue<FileDestination>;

/// Small writes to a known local filesystem are done at once; others the pool does, one after the
/// other.
pub struct FileDestination {
    streamed: Streamed,
    place: Place,
    on_pool: bool,
}

impl FileOutput {
    /// From a place on.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub(super) fn new(
        handle: &Handle,
        streamed: Streamed,
        place: Place,
        owner: Owner,
    ) -> Result<FileOutput, Error> {
        let on_pool = handle.is_simulated()? || !streamed.0.writes_inline();
        let destination = FileDestination {
            streamed,
            place,
            on_pool,
        };
        Ok(WriteQueue::to(handle, destination, Some(owner)))
    }
}

impl Destination for FileDestination {
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.on_pool {
            return Err(Errno::AGAIN.into());
        }
        let (file, _) = &self.streamed;
        let written = file.write_once(bytes, self.place)?;
        self.place = self.place.after(written);
        Ok(written)
    }

    fn blocked(&mut self, bytes: &mut Unwritten, _room: &mut WaitSet) -> io::Result<Option<Job>> {
        let (bytes, place) = (std::mem::take(bytes), self.place);
        // The job writes all of it, or the stream has failed.
        self.place = place.after(bytes.rest().len());
        let (file, mount) = self.streamed.clone();
        let job = mount.filesystem.lane().unblock(move || {
            let (written, outcome) = file.write_fully(bytes.rest(), place);
            (bytes, outcome.map(|()| written))
        });
        Ok(Some(Box::pin(async move {
            let undone = |error| (Unwritten::default(), Err(undone(error)));
            job.await.unwrap_or_else(undone)
        })))
    }
}
