//! From a guest's handles to files and directories, and the jobs on them.

use std::io;
use std::sync::Arc;

use wasmtime::component::Resource;

use super::descriptor::{Descriptor, Directory, File, Node, operation};
use super::error::{ErrorCode, FsError};
use super::interfaces::types::DescriptorFlags;
use super::mount::Mount;
use super::state::FilesystemView;
use crate::activity::Wait;
use crate::host::limits::descriptor_permit;
use crate::quota::QuotaPermit;

impl FilesystemView<'_> {
    /// The file of a descriptor that was opened with these rights.
    ///
    /// # Errors
    /// `is-directory`; without the rights `not-permitted` or `access` where the mount forbids the
    /// operation, and otherwise `bad-descriptor`.
    pub(super) fn file(
        &self,
        descriptor: &Resource<Descriptor>,
        needed: DescriptorFlags,
    ) -> Result<(Arc<File>, Arc<Mount>), FsError> {
        let (file, mount) = self.file_ref(descriptor, needed)?;
        Ok((file.clone(), mount.clone()))
    }

    /// The same by reference.
    pub(super) fn file_ref(
        &self,
        descriptor: &Resource<Descriptor>,
        needed: DescriptorFlags,
    ) -> Result<(&Arc<File>, &Arc<Mount>), FsError> {
        let descriptor = self.table.get(descriptor)?;
        match &descriptor.node {
            Node::Directory(_) => Err(ErrorCode::IsDirectory.into()),
            Node::File(_) if !descriptor.flags.contains(needed) => {
                descriptor.mount.permit(operation(needed))?;
                Err(ErrorCode::BadDescriptor.into())
            }
            Node::File(file) => Ok((file, &descriptor.mount)),
        }
    }

    /// The directory behind a handle.
    pub(super) fn directory(
        &self,
        descriptor: &Resource<Descriptor>,
    ) -> Result<(Arc<Directory>, Arc<Mount>), FsError> {
        let descriptor = self.table.get(descriptor)?;
        match &descriptor.node {
            Node::File(_) => Err(ErrorCode::NotDirectory.into()),
            Node::Directory(directory) => Ok((directory.clone(), descriptor.mount.clone())),
        }
    }

    /// Counts what is about to be opened in a mount.
    ///
    /// # Errors
    /// `insufficient-memory` where the call has all that it may have; `busy` where the filesystem
    /// does not close what was opened in it.
    pub(super) fn hold(&self, mount: &Mount) -> Result<QuotaPermit, FsError> {
        if mount.filesystem.deferred_close().is_full() {
            return Err(ErrorCode::Busy.into());
        }
        Ok(descriptor_permit(&self.descriptors)?)
    }

    /// Runs a job of a mount's filesystem on the blocking pool.
    pub(super) async fn on_pool<T: Send + 'static>(
        &mut self,
        mount: &Mount,
        job: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, FsError> {
        // In a box, so that the futures of operations that the caches answer stay small.
        let job = mount.filesystem.lane().unblock_for(self.flow, job);
        let done = Box::pin(self.parked(Wait::File, job)).await?;
        if let Some(delay) = mount.filesystem.take_delay() {
            let delayed = self.handle.sleep(delay);
            Box::pin(self.parked(Wait::File, delayed)).await?;
        }
        self.reset_budget();
        Ok(done?)
    }
}
