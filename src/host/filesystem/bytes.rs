//! The bytes of a file, at offsets.

use std::io::IoSlice;
use std::sync::Arc;

use wasmtime::component::Resource;

use super::Descriptor;
use super::FilesystemView;
use super::cached::is_inline;
use super::descriptor::File;
use super::error::{ErrorCode, FsError};
use super::file_io::{INLINE_MAX, JOB_MAX, WritePosition, check_offset};
use super::interfaces::types::DescriptorFlags;
use super::mount::Mount;
use crate::host::call::Call;

/// What a `write` writes to.
pub(crate) struct WriteTarget {
    file: Arc<File>,
    mount: Arc<Mount>,
    position: WritePosition,
}

impl WriteTarget {
    /// The same after so many bytes.
    pub(crate) fn after(&self, written: usize) -> WriteTarget {
        WriteTarget {
            file: self.file.clone(),
            mount: self.mount.clone(),
            position: self.position.after(written),
        }
    }

    /// Writes once on the dispatcher's thread. `None` where that may block: the blocking pool has to
    /// write then.
    ///
    /// # Errors
    /// The code of the system's error.
    pub(crate) fn write_now(&self, call: &Call, bytes: &[u8]) -> Result<Option<usize>, FsError> {
        match self.is_inline(call, bytes.len()) {
            true => Ok(Some(self.file.write_once(bytes, self.position)?)),
            false => Ok(None),
        }
    }

    /// The same of several parts, in one system call.
    ///
    /// # Errors
    /// The code of the system's error.
    pub(crate) fn write_slices_now(
        &self,
        call: &Call,
        slices: &[IoSlice<'_>],
    ) -> Result<Option<usize>, FsError> {
        let length = slices.iter().map(|slice| slice.len()).sum();
        match self.is_inline(call, length) {
            true => {
                let written = self.file.write_slices_once(slices, length, self.position)?;
                Ok(Some(written))
            }
            false => Ok(None),
        }
    }

    fn is_inline(&self, call: &Call, length: usize) -> bool {
        length <= INLINE_MAX && is_inline(call, self.file.class) && self.file.writes_inline()
    }
}

impl FilesystemView<'_> {
    pub(super) async fn read_at(
        &mut self,
        descriptor: Resource<Descriptor>,
        length: u64,
        offset: u64,
    ) -> Result<(Vec<u8>, bool), FsError> {
        self.consume_budget().await?;
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(JOB_MAX);
        let (bytes, ended) = self.look_in_cache(&descriptor, length, offset)?;
        if ended || bytes.len() == length {
            return Ok((bytes, ended));
        }
        // In a box, so that the futures of most reads stay small.
        Box::pin(self.read_rest(descriptor, bytes, length, offset)).await
    }

    /// What one look at the caches gives, and whether it is known to be the end.
    fn look_in_cache(
        &mut self,
        descriptor: &Resource<Descriptor>,
        length: usize,
        offset: u64,
    ) -> Result<(Vec<u8>, bool), FsError> {
        let (file, _) = self.file_ref(descriptor, DescriptorFlags::READ)?;
        check_offset(offset)?;
        if length == 0 || !self.is_inline_read(file) {
            return Ok((Vec::new(), false));
        }
        let mut bytes = vec![0; length.min(INLINE_MAX)];
        let read = file.read_cached(&mut bytes, offset)?;
        bytes.truncate(read.unwrap_or(0));
        self.spend(bytes.len());
        Ok((bytes, read == Some(0)))
    }

    /// Goes on after `bytes`, which were read.
    async fn read_rest(
        &mut self,
        descriptor: Resource<Descriptor>,
        mut bytes: Vec<u8>,
        length: usize,
        offset: u64,
    ) -> Result<(Vec<u8>, bool), FsError> {
        let (file, mount) = self.file(&descriptor, DescriptorFlags::READ)?;
        let mut done = bytes.len();
        // Only if the first look gave something: otherwise another gives nothing either.
        while done > 0 && done < length {
            self.consume_budget().await?;
            let end = length.min(done.saturating_add(INLINE_MAX));
            bytes.resize(end, 0);
            debug_assert!(done < end);
            let part = bytes.get_mut(done..).unwrap_or_default();
            match file.read_cached(part, offset.saturating_add(done as u64))? {
                None => break,
                Some(0) => {
                    bytes.truncate(done);
                    return Ok((bytes, true));
                }
                Some(read) => {
                    done += read;
                    self.spend(read);
                }
            }
        }
        bytes.truncate(done);
        if done == length {
            return Ok((bytes, false));
        }
        let rest = length - done;
        let at = offset.saturating_add(done as u64);
        let (more, ended) = self
            .on_pool(&mount, move || {
                let mut buffer = vec![0; rest];
                let (read, ended) = file.read_fully(&mut buffer, at)?;
                buffer.truncate(read);
                Ok((buffer, ended))
            })
            .await?;
        self.spend(more.len());
        bytes.extend_from_slice(&more);
        Ok((bytes, ended))
    }

    pub(super) fn is_inline_read(&self, file: &File) -> bool {
        // The kernel answers a read that does not wait on any filesystem, or refuses it.
        matches!(self.handle.is_simulated(), Ok(false)) && file.is_regular()
    }

    pub(super) async fn write_at(
        &mut self,
        descriptor: Resource<Descriptor>,
        bytes: Vec<u8>,
        offset: u64,
    ) -> Result<u64, FsError> {
        self.consume_budget().await?;
        let target = self.write_target(&descriptor, offset)?;
        match target.write_now(self.call, &bytes)? {
            Some(written) => {
                self.spend(written);
                Ok(written as u64)
            }
            None => self.write_on_pool(target, bytes).await,
        }
    }

    pub(super) fn write_target(
        &self,
        descriptor: &Resource<Descriptor>,
        offset: u64,
    ) -> Result<WriteTarget, FsError> {
        self.target(descriptor, WritePosition::At(offset))
    }

    /// The same at a position.
    ///
    /// # Errors
    /// `is-directory`, `bad-descriptor`, and what the mount forbids.
    pub(crate) fn target(
        &self,
        descriptor: &Resource<Descriptor>,
        position: WritePosition,
    ) -> Result<WriteTarget, FsError> {
        let (file, mount) = self.file(descriptor, DescriptorFlags::WRITE)?;
        Ok(WriteTarget {
            file,
            mount,
            position,
        })
    }

    /// Writes in parts, so that a call that is dropped leaves no more than one of them under way.
    pub(crate) async fn write_on_pool(
        &mut self,
        WriteTarget {
            file,
            mount,
            position,
        }: WriteTarget,
        mut bytes: Vec<u8>,
    ) -> Result<u64, FsError> {
        let total = bytes.len();
        let mut done = 0;
        loop {
            let end = total.min(done + JOB_MAX);
            let (own, at) = (file.clone(), position.after(done));
            let (back, written, failed) = self
                .on_pool(&mount, move || {
                    debug_assert!(done <= end && end <= bytes.len());
                    let part = bytes.get(done..end).unwrap_or_default();
                    let (written, outcome) = own.write_fully(part, at);
                    Ok((bytes, written, outcome.err()))
                })
                .await?;
            bytes = back;
            done += written;
            match failed {
                Some(error) if done == 0 => return Err(error.into()),
                None if done < total => {}
                _ => return Ok(done as u64),
            }
        }
    }

    pub(super) async fn resize(
        &mut self,
        descriptor: Resource<Descriptor>,
        size: u64,
    ) -> Result<(), FsError> {
        self.consume_budget().await?;
        let file = self.file(&descriptor, DescriptorFlags::WRITE);
        let (file, mount) = file.map_err(|error| match error {
            // The WIT gives `set-size` a code of its own for a descriptor that is not open for writing.
            FsError::Code(ErrorCode::BadDescriptor) => ErrorCode::Invalid.into(),
            error => error,
        })?;
        if size > i64::MAX as u64 {
            return Err(ErrorCode::FileTooLarge.into());
        }
        file.check_size(WritePosition::At(size), 0)?;
        self.on_pool(&mount, move || file.set_size(size)).await
    }
}
