//! A file as an output stream, from an offset on or at its end.

use std::sync::{Arc, Weak};

use rustix::io::Errno;
use wasmtime::component::Resource;
use wippy_dispatcher::{Error, Flow, Handle, WaitSet};

use super::FilesystemView;
use super::bytes::{Streamed, WritePosition};
use super::error::undone;
use super::state::UnwrittenOutputs;
use super::{Descriptor, FsError};
use crate::fs::Filesystem;
use crate::host::io::{Destination, Job, Owner, StreamError, Unwritten, WriteQueue};

/// What `write-via-stream` and `append-via-stream` give of a regular file.
pub type FileOutput = WriteQueue<FileDestination>;

/// Where a file's output goes. Small writes to a known local filesystem are made at once; the blocking
/// pool makes all others, one at a time.
#[derive(Debug)]
pub struct FileDestination {
    flow: Flow,
    streamed: Streamed,
    position: WritePosition,
    on_pool: bool,
    /// Where the output is left once its stream is dropped.
    unwritten: Weak<UnwrittenOutputs>,
}

impl FileOutput {
    /// An output from this position on.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub(super) fn new(
        handle: &Handle,
        flow: Flow,
        streamed: Streamed,
        position: WritePosition,
        owner: Owner,
        unwritten: Weak<UnwrittenOutputs>,
    ) -> Result<FileOutput, Error> {
        let on_pool = handle.is_simulated()? || !streamed.0.writes_inline();
        let destination = FileDestination {
            flow,
            streamed,
            position,
            on_pool,
            unwritten,
        };
        Ok(WriteQueue::to(handle, destination, Some(owner)))
    }
}

impl FileOutput {
    /// The stream to it is dropped. What it keeps is still written, before anything that its guest
    /// does with files of the same filesystem next.
    pub(in crate::host) fn stream_dropped(self: &Arc<Self>) {
        if self.kept() > 0
            && let Some(unwritten) = self.destination(|file| file.unwritten.upgrade())
        {
            unwritten.add(self.clone());
        }
    }
}

impl FilesystemView<'_> {
    /// The list that the call's outputs join when their streams are dropped before all is written.
    pub(super) fn unwritten(&mut self) -> Weak<UnwrittenOutputs> {
        Arc::downgrade(self.state.unwritten.get_or_insert_default())
    }

    /// Waits until everything is written that dropped streams have accepted for files of the
    /// descriptor's filesystem, so that what the guest does with these files next comes after it.
    pub(super) async fn settle(
        &mut self,
        descriptor: &Resource<Descriptor>,
    ) -> Result<(), FsError> {
        let Some(unwritten) = self.state.unwritten.as_ref().filter(|it| !it.is_empty()) else {
            return Ok(());
        };
        let filesystem = &self.call.table.get(descriptor)?.mount.filesystem;
        let is_here = |output: &FileOutput| output.destination(|file| file.is_on(filesystem));
        let here = unwritten.take(is_here);
        // In a box, so that the futures of most operations stay small.
        Box::pin(async move {
            for output in here {
                // The stream is dropped: no handle is left to report a failure to.
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
        let written = file.write_once(bytes, self.position)?;
        self.position = self.position.after(written);
        Ok(written)
    }

    fn blocked(
        &mut self,
        bytes: &mut Unwritten,
        _room: &mut WaitSet,
    ) -> Result<Option<Job>, Error> {
        let (bytes, position) = (std::mem::take(bytes), self.position);
        // The job writes all of it, or the stream has failed.
        self.position = position.after(bytes.rest().len());
        let (file, mount) = self.streamed.clone();
        let job = mount.filesystem.lane().unblock_for(self.flow, move || {
            let (written, outcome) = file.write_fully(bytes.rest(), position);
            (bytes, outcome.map(|()| written).map_err(Error::from))
        });
        Ok(Some(Box::pin(async move {
            let undone = |error| (Unwritten::default(), Err(undone(error)));
            job.await.unwrap_or_else(undone)
        })))
    }
}
