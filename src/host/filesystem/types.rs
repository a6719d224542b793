//! `wasi:filesystem/types`: every function, and where it is done.

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use rustix::fs::{Advice as SystemAdvice, fadvise, fdatasync, fsync};
use wasmtime::Result;
use wasmtime::component::Resource;

use super::FilesystemView;
use super::descriptor::Node;
use super::error::{ErrorCode, FsError, of_errno};
use super::file_io::{WritePosition, check_offset};
use super::interfaces::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, Filesize, Host,
    HostDescriptor, HostDirectoryEntryStream, MetadataHashValue, NewTimestamp, OpenFlags,
    PathFlags,
};
use super::{Descriptor, DirectoryStream, FileInput, FileOutput, stat};
use crate::host::io::{InputSource, InputStream, IoError, OutputStream, Sink};

impl Host for FilesystemView<'_> {
    fn convert_error_code(&mut self, error: FsError) -> Result<ErrorCode> {
        error.into_code()
    }

    fn filesystem_error_code(&mut self, error: Resource<IoError>) -> Result<Option<ErrorCode>> {
        let code = self.table.get(&error)?.code();
        Ok(code.map(|code| of_errno(rustix::io::Errno::from_raw_os_error(code))))
    }
}

impl HostDescriptor for FilesystemView<'_> {
    async fn read_via_stream(
        &mut self,
        descriptor: Resource<Descriptor>,
        offset: Filesize,
    ) -> Result<Resource<InputStream>, FsError> {
        self.settle(&descriptor).await?;
        let streamed = self.file(&descriptor, DescriptorFlags::READ)?;
        let feed = match streamed.0.is_regular() {
            true => InputSource::File(Arc::new(FileInput::new(
                &self.handle,
                self.flow,
                streamed,
                offset,
                &self.state.bytes,
            )?)),
            false => self.device_input(&streamed)?,
        };
        Ok(self.table.push(InputStream::new(feed))?)
    }

    async fn write_via_stream(
        &mut self,
        descriptor: Resource<Descriptor>,
        offset: Filesize,
    ) -> Result<Resource<OutputStream>, FsError> {
        self.settle(&descriptor).await?;
        self.output(&descriptor, WritePosition::At(offset))
    }

    async fn append_via_stream(
        &mut self,
        descriptor: Resource<Descriptor>,
    ) -> Result<Resource<OutputStream>, FsError> {
        self.settle(&descriptor).await?;
        self.output(&descriptor, WritePosition::End)
    }

    async fn advise(
        &mut self,
        descriptor: Resource<Descriptor>,
        offset: Filesize,
        length: Filesize,
        advice: Advice,
    ) -> Result<(), FsError> {
        self.consume_budget().await?;
        let (file, mount) = self.file(&descriptor, DescriptorFlags::empty())?;
        let advice = match advice {
            Advice::Normal => SystemAdvice::Normal,
            Advice::Sequential => SystemAdvice::Sequential,
            Advice::Random => SystemAdvice::Random,
            Advice::WillNeed => SystemAdvice::WillNeed,
            Advice::DontNeed => SystemAdvice::DontNeed,
            Advice::NoReuse => SystemAdvice::NoReuse,
        };
        check_offset(offset)?;
        // A length of 0 means up to the end, in WASI and in Linux; so does one that leads beyond it.
        let most = (i64::MAX as u64).saturating_sub(offset);
        let length = std::num::NonZeroU64::new(length).filter(|length| length.get() <= most);
        self.on_pool(&mount, move || match file.inode() {
            // There are no caches that could heed it.
            Some(_) => Ok(()),
            None => Ok(fadvise(file.fd()?, offset, length, advice)?),
        })
        .await
    }

    async fn sync_data(&mut self, descriptor: Resource<Descriptor>) -> Result<(), FsError> {
        self.settle(&descriptor).await?;
        self.sync_with(&descriptor, |fd| fdatasync(fd)).await
    }

    async fn get_flags(
        &mut self,
        descriptor: Resource<Descriptor>,
    ) -> Result<DescriptorFlags, FsError> {
        Ok(self.table.get(&descriptor)?.flags)
    }

    async fn get_type(
        &mut self,
        descriptor: Resource<Descriptor>,
    ) -> Result<DescriptorType, FsError> {
        Ok(match &self.table.get(&descriptor)?.node {
            Node::File(file) => file.kind,
            Node::Directory(_) => DescriptorType::Directory,
        })
    }

    async fn set_size(
        &mut self,
        descriptor: Resource<Descriptor>,
        size: Filesize,
    ) -> Result<(), FsError> {
        self.settle(&descriptor).await?;
        self.resize(descriptor, size).await
    }

    async fn set_times(
        &mut self,
        descriptor: Resource<Descriptor>,
        access: NewTimestamp,
        modification: NewTimestamp,
    ) -> Result<(), FsError> {
        self.settle(&descriptor).await?;
        self.change_times(&descriptor, access, modification).await
    }

    async fn read(
        &mut self,
        descriptor: Resource<Descriptor>,
        length: Filesize,
        offset: Filesize,
    ) -> Result<(Vec<u8>, bool), FsError> {
        self.settle(&descriptor).await?;
        self.read_at(descriptor, length, offset).await
    }

    /// The linker replaces it with the one that borrows its bytes (`borrowed_write.rs`).
    async fn write(
        &mut self,
        descriptor: Resource<Descriptor>,
        bytes: Vec<u8>,
        offset: Filesize,
    ) -> Result<Filesize, FsError> {
        self.settle(&descriptor).await?;
        self.write_at(descriptor, bytes, offset).await
    }

    async fn read_directory(
        &mut self,
        descriptor: Resource<Descriptor>,
    ) -> Result<Resource<DirectoryStream>, FsError> {
        self.list(descriptor).await
    }

    async fn sync(&mut self, descriptor: Resource<Descriptor>) -> Result<(), FsError> {
        self.settle(&descriptor).await?;
        self.sync_with(&descriptor, |fd| fsync(fd)).await
    }

    async fn create_directory_at(
        &mut self,
        base: Resource<Descriptor>,
        path: String,
    ) -> Result<(), FsError> {
        self.create_directory(base, path).await
    }

    async fn stat(&mut self, descriptor: Resource<Descriptor>) -> Result<DescriptorStat, FsError> {
        self.settle(&descriptor).await?;
        self.stat_of(&descriptor, stat::descriptor_stat).await
    }

    async fn stat_at(
        &mut self,
        base: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> Result<DescriptorStat, FsError> {
        self.settle(&base).await?;
        self.stat_path(&base, flags, path, stat::descriptor_stat)
            .await
    }

    async fn set_times_at(
        &mut self,
        base: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        access: NewTimestamp,
        modification: NewTimestamp,
    ) -> Result<(), FsError> {
        self.settle(&base).await?;
        self.change_times_at(&base, flags, path, access, modification)
            .await
    }

    async fn link_at(
        &mut self,
        old: Resource<Descriptor>,
        flags: PathFlags,
        old_path: String,
        new: Resource<Descriptor>,
        new_path: String,
    ) -> Result<(), FsError> {
        self.settle(&old).await?;
        self.link(old, flags, old_path, new, new_path).await
    }

    async fn open_at(
        &mut self,
        base: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<Resource<Descriptor>, FsError> {
        self.settle(&base).await?;
        self.open(base, path_flags, path, open, flags).await
    }

    async fn readlink_at(
        &mut self,
        base: Resource<Descriptor>,
        path: String,
    ) -> Result<String, FsError> {
        self.readlink(base, path).await
    }

    async fn remove_directory_at(
        &mut self,
        base: Resource<Descriptor>,
        path: String,
    ) -> Result<(), FsError> {
        self.remove_directory(base, path).await
    }

    async fn rename_at(
        &mut self,
        old: Resource<Descriptor>,
        old_path: String,
        new: Resource<Descriptor>,
        new_path: String,
    ) -> Result<(), FsError> {
        self.settle(&old).await?;
        self.rename(old, old_path, new, new_path).await
    }

    async fn symlink_at(
        &mut self,
        base: Resource<Descriptor>,
        target: String,
        path: String,
    ) -> Result<(), FsError> {
        self.symlink(base, target, path).await
    }

    async fn unlink_file_at(
        &mut self,
        base: Resource<Descriptor>,
        path: String,
    ) -> Result<(), FsError> {
        self.settle(&base).await?;
        self.unlink_file(base, path).await
    }

    async fn is_same_object(
        &mut self,
        one: Resource<Descriptor>,
        other: Resource<Descriptor>,
    ) -> Result<bool> {
        match self.same_object(&one, &other).await {
            Ok(same) => Ok(same),
            Err(error) => error.into_code().map(|_| false),
        }
    }

    async fn metadata_hash(
        &mut self,
        descriptor: Resource<Descriptor>,
    ) -> Result<MetadataHashValue, FsError> {
        self.settle(&descriptor).await?;
        self.stat_of(&descriptor, stat::hash).await
    }

    async fn metadata_hash_at(
        &mut self,
        base: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> Result<MetadataHashValue, FsError> {
        self.settle(&base).await?;
        self.stat_path(&base, flags, path, stat::hash).await
    }

    fn drop(&mut self, descriptor: Resource<Descriptor>) -> Result<()> {
        self.table.delete(descriptor)?;
        Ok(())
    }
}

impl HostDirectoryEntryStream for FilesystemView<'_> {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<DirectoryStream>,
    ) -> Result<Option<DirectoryEntry>, FsError> {
        self.next_entry(stream).await
    }

    fn drop(&mut self, stream: Resource<DirectoryStream>) -> Result<()> {
        self.table.delete(stream)?;
        Ok(())
    }
}

impl FilesystemView<'_> {
    fn output(
        &mut self,
        descriptor: &Resource<Descriptor>,
        position: WritePosition,
    ) -> Result<Resource<OutputStream>, FsError> {
        let streamed = self.file(descriptor, DescriptorFlags::WRITE)?;
        let owner = self.call.owner(self.state.bytes.clone());
        let sink = match streamed.0.is_regular() {
            true => {
                let (flow, unwritten) = (self.flow, self.unwritten());
                let handle = &self.handle;
                let output = FileOutput::new(handle, flow, streamed, position, owner, unwritten)?;
                Sink::File(Arc::new(output))
            }
            false => self.device_output(&streamed, owner)?,
        };
        Ok(self.table.push(OutputStream::new(sink))?)
    }

    async fn sync_with(
        &mut self,
        descriptor: &Resource<Descriptor>,
        sync: fn(BorrowedFd<'_>) -> rustix::io::Result<()>,
    ) -> Result<(), FsError> {
        self.consume_budget().await?;
        let Descriptor { node, mount, .. } = self.table.get(descriptor)?;
        let (node, mount) = (node.clone(), mount.clone());
        self.on_pool(&mount, move || {
            match node.inode() {
                Some(inode) => inode.sync()?,
                None => sync(node.fd()?)?,
            }
            Ok(())
        })
        .await
    }
}
