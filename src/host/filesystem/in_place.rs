//! Files whose bytes go straight to and from a guest's memory.

use wasmtime::component::Resource;

use super::Descriptor;
use super::descriptor::Node;
use super::error::FsError;
use super::file_io::check_offset;
use super::interfaces::types::{DescriptorFlags, DescriptorType};
use super::state::FilesystemView;

impl FilesystemView<'_> {
    /// Reads once into `buffer` what the caches hold. `None` where that may wait: the blocking pool
    /// has to read then. Nothing is the end.
    ///
    /// # Errors
    /// `invalid` for an offset beyond the largest file, `bad-descriptor`, `is-directory`, and what
    /// the mount forbids.
    pub(crate) fn read_now(
        &self,
        descriptor: &Resource<Descriptor>,
        buffer: &mut [u8],
        offset: u64,
    ) -> Result<Option<usize>, FsError> {
        let (file, _) = self.file_ref(descriptor, DescriptorFlags::READ)?;
        check_offset(offset)?;
        match (buffer.is_empty(), self.is_inline_read(file)) {
            (true, _) => Ok(Some(0)),
            (false, true) => Ok(file.read_cached(buffer, offset)?),
            (false, false) => Ok(None),
        }
    }

    /// Reads on the blocking pool until there are `length` bytes, the file ends or cannot be read
    /// further. Says whether the end was seen.
    ///
    /// # Errors
    /// As [`FilesystemView::read_now`]; what the system says of the first byte.
    pub(crate) async fn read_on_pool(
        &mut self,
        descriptor: &Resource<Descriptor>,
        length: usize,
        offset: u64,
    ) -> Result<(Vec<u8>, bool), FsError> {
        let (file, mount) = self.file(descriptor, DescriptorFlags::READ)?;
        self.on_pool(&mount, move || {
            let mut buffer = vec![0; length];
            let (read, ended) = file.read_fully(&mut buffer, offset)?;
            buffer.truncate(read);
            Ok((buffer, ended))
        })
        .await
    }

    /// What a descriptor has opened.
    ///
    /// # Errors
    /// A trap for what is no descriptor.
    pub(crate) fn kind_of(
        &self,
        descriptor: &Resource<Descriptor>,
    ) -> Result<DescriptorType, FsError> {
        Ok(match &self.table.get(descriptor)?.node {
            Node::File(file) => file.kind,
            Node::Directory(_) => DescriptorType::Directory,
        })
    }

    /// What a descriptor was opened with.
    ///
    /// # Errors
    /// A trap for what is no descriptor.
    pub(crate) fn flags_of(
        &self,
        descriptor: &Resource<Descriptor>,
    ) -> Result<DescriptorFlags, FsError> {
        Ok(self.table.get(descriptor)?.flags)
    }
}
