//! A file as an output stream, from an offset on or at its end.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustix::io::Errno;
use wippy_dispatcher::{Error, Flow, Handle, WaitSet};

use super::error::undone;
use super::file_io::{Streamed, WritePosition};
use crate::fs::Filesystem;
use crate::host::io::{Destination, Job, Owner, Unwritten, WriteQueue};

/// What `write-via-stream` and `append-via-stream` give of a regular file.
pub type FileOutput = WriteQueue<FileDestination>;

/// Where a file's output goes. Small writes to a known local filesystem are made at once; the blocking
/// pool makes all others, one at a time.
#[derive(Debug)]
pub struct FileDestination {
    handle: Handle,
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
            handle: handle.clone(),
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

impl FileDestination {
    pub(super) fn is_on(&self, filesystem: &Arc<Filesystem>) -> bool {
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
        let (handle, filesystem) = (self.handle.clone(), mount.filesystem.clone());
        Ok(Some(Box::pin(async move {
            let undone = |error| (Unwritten::default(), Err(undone(error)));
            let written = job.await.unwrap_or_else(undone);
            if let Some(delay) = filesystem.take_delay() {
                // What has no timer is not late.
                let _ = handle.sleep(delay).await;
            }
            written
        })))
    }
}

/// Outputs to files whose streams were dropped, and which still have something to write. An output
/// adds itself; the call owns the list.
#[derive(Default, Debug)]
pub(super) struct UnwrittenOutputs(Mutex<Vec<Arc<FileOutput>>>);

impl UnwrittenOutputs {
    /// Adds one, and forgets those that are done by now before the list grows.
    pub(super) fn add(&self, output: Arc<FileOutput>) {
        let mut outputs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if outputs.len() == outputs.capacity() {
            outputs.retain(|other| other.kept() > 0);
        }
        outputs.push(output);
    }

    pub(super) fn is_empty(&self) -> bool {
        let outputs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        outputs.is_empty()
    }

    /// Takes out those of which this holds.
    pub(super) fn take(&self, is_wanted: impl Fn(&FileOutput) -> bool) -> Vec<Arc<FileOutput>> {
        let mut outputs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (wanted, others) = std::mem::take(&mut *outputs)
            .into_iter()
            .partition(|output| is_wanted(output));
        *outputs = others;
        wanted
    }
}
