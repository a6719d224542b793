//! A file as an output stream, from an offset on or at its end.

use std::sync::Arc;

use rustix::io::Errno;
use wasmtime::component::Resource;
use wippy_dispatcher::{Error, Flow, Handle, WaitSet};

use super::bytes::{Place, Streamed};
use super::error::undone;
use super::{Descriptor, FsError};
use crate::fs::Filesystem;
use crate::host::State;
use crate::host::io::{Destination, Job, Owner, Sink, StreamError, Unwritten, WriteQueue};

/// What `write-via-stream` and `append-via-stream` give of a regular file.
pub type FileOutput = WriteQueue<FileDestination>;

/// Small writes to a known local filesystem are done at once; others the pool does, one after the
/// other.
pub struct FileDestination {
    flow: Flow,
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
        flow: Flow,
        streamed: Streamed,
        place: Place,
        owner: Owner,
    ) -> Result<FileOutput, Error> {
        let on_pool = handle.is_simulated()? || !streamed.0.writes_inline();
        let destination = FileDestination {
            flow,
            streamed,
            place,
            on_pool,
        };
        Ok(WriteQueue::to(handle, destination, Some(owner)))
    }
}

impl State {
    /// A stream is dropped; what it keeps is still written.
    pub(in crate::host) fn leave_unwritten(&mut self, sink: &Sink) {
        let Sink::File(output) = sink else {
            return;
        };
        if output.kept() == 0 {
            return;
        }
        if self.unwritten.len() == self.unwritten.capacity() {
            self.unwritten.retain(|other| other.kept() > 0);
        }
        self.unwritten.push(output.clone());
    }

    /// Waits until the filesystem of a descriptor has what streams that are dropped have accepted for
    /// it: whatever the guest does with its files next comes behind that.
    pub(in crate::host) async fn settle(
        &mut self,
        descriptor: &Resource<Descriptor>,
    ) -> Result<(), FsError> {
        if self.unwritten.is_empty() {
            return Ok(());
        }
        let filesystem = self.table.get(descriptor)?.mount.filesystem.clone();
        let (here, elsewhere) = std::mem::take(&mut self.unwritten)
            .into_iter()
            .partition(|output| output.destination(|file| file.is_on(&filesystem)));
        self.unwritten = elsewhere;
        // Apart, so that what most operations need stays small.
        Box::pin(async move {
            let here: Vec<Arc<FileOutput>> = here;
            for output in here {
                // Nobody is left to be told of a failure.
                if let Err(StreamError::Trap(trap)) = output.delivered().await {
                    return Err(trap);
                }
            }
            Ok(())
        })
        .await?;
        Ok(())
    }
}

impl FileDestination {
    fn is_on(&self, filesystem: &Arc<Filesystem>) -> bool {
        let (_, mount) = &self.streamed;
        Arc::ptr_eq(&mount.filesystem, filesystem)
    }
}

impl Destination for FileDestination {
    fn try_write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        if self.on_pool {
            return Err(Errno::AGAIN.into());
        }
        let (file, _) = &self.streamed;
        let written = file.write_once(bytes, self.place)?;
        self.place = self.place.after(written);
        Ok(written)
    }

    fn blocked(
        &mut self,
        bytes: &mut Unwritten,
        _room: &mut WaitSet,
    ) -> Result<Option<Job>, Error> {
        let (bytes, place) = (std::mem::take(bytes), self.place);
        // The job writes all of it, or the stream has failed.
        self.place = place.after(bytes.rest().len());
        let (file, mount) = self.streamed.clone();
        let job = mount.filesystem.lane().unblock_for(self.flow, move || {
            let (written, outcome) = file.write_fully(bytes.rest(), place);
            (bytes, outcome.map(|()| written).map_err(Error::from))
        });
        Ok(Some(Box::pin(async move {
            let undone = |error| (Unwritten::default(), Err(undone(error)));
            job.await.unwrap_or_else(undone)
        })))
    }
}
