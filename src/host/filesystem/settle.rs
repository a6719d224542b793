//! What streams of files that are dropped still write comes before what is done with files next.

use std::sync::{Arc, Weak};

use wasmtime::component::Resource;

use super::descriptor::Descriptor;
use super::error::FsError;
use super::output::{FileOutput, UnwrittenOutputs};
use super::state::FilesystemView;
use crate::activity::{Wait, WaitKind};
use crate::host::io::StreamError;

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
        let written = async move {
            for output in here {
                // The stream is dropped: no handle is left to report a failure to.
                if let Err(StreamError::Trap(trap)) = output.delivered().await {
                    return Err(trap);
                }
            }
            Ok(())
        };
        // In a box, so that the futures of most operations stay small.
        Box::pin(self.parked(Wait::Flush(WaitKind::FileOutput), written)).await?;
        Ok(())
    }
}
