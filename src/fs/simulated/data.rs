//! The bytes of files: read, written, cut off.

use rustix::io::Errno;

use super::inode::{Body, DataChange};
use super::tree::Tree;

/// The most bytes of a file, holes included.
const FILE_MAX: u64 = 16 << 40;

impl Tree {
    /// Reads what there is up to the end of the file.
    ///
    /// # Errors
    /// `EINVAL` for offsets beyond all files, and for what is no regular file.
    pub(super) fn read(&self, number: u64, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| i64::try_from(end).is_err()) {
            return Err(Errno::INVAL);
        }
        match self.inodes.get(number).map(|inode| &inode.body) {
            Some(Body::File(file)) => Ok(file.content.read(buffer, offset)),
            _ => Err(Errno::INVAL),
        }
    }

    /// The size of a file.
    ///
    /// # Errors
    /// `EINVAL` for what is no regular file.
    pub(super) fn size(&self, number: u64) -> Result<u64, Errno> {
        match self.inodes.get(number).map(|inode| &inode.body) {
            Some(Body::File(file)) => Ok(file.content.size()),
            _ => Err(Errno::INVAL),
        }
    }

    /// Writes as much as there is room for, at least one byte.
    ///
    /// # Errors
    /// `ENOSPC` without any room, `EFBIG` beyond the largest file, `EINVAL` where it ends beyond all offsets.
    pub(super) fn write(&mut self, number: u64, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        let end = offset.checked_add(bytes.len() as u64);
        if end.is_none_or(|end| i64::try_from(end).is_err()) {
            return Err(Errno::INVAL);
        }
        if bytes.is_empty() {
            return Ok(0);
        }
        if offset >= FILE_MAX {
            return Err(Errno::FBIG);
        }
        let most = usize::try_from(FILE_MAX - offset).unwrap_or(usize::MAX);
        let room = self.capacity.saturating_sub(self.used);
        let now = self.now;
        let file = self.inodes.file_mut(number)?;
        let fitting = file.content.fitting(offset, bytes.len().min(most), room);
        let bytes = bytes.get(..fitting).filter(|bytes| !bytes.is_empty());
        let bytes = bytes.ok_or(Errno::NOSPC)?;
        let before = file.content.allocated();
        file.content.write(bytes, offset);
        let more = file.content.allocated() - before;
        self.used += more;
        let times = &mut self.inodes.get_mut(number)?.times;
        (times.modified, times.changed) = (now, now);
        let bytes = bytes.into();
        self.note_data(number, DataChange::Write { offset, bytes })?;
        Ok(fitting)
    }

    /// Cuts a file off or lengthens it.
    ///
    /// # Errors
    /// `EFBIG` beyond the largest file, `EINVAL` for what is no regular file.
    pub(super) fn set_size(&mut self, number: u64, size: u64) -> Result<(), Errno> {
        if size > FILE_MAX {
            return Err(Errno::FBIG);
        }
        let now = self.now;
        let file = self.inodes.file_mut(number)?;
        let before = file.content.allocated();
        file.content.set_size(size);
        self.used -= before - file.content.allocated();
        let times = &mut self.inodes.get_mut(number)?.times;
        (times.modified, times.changed) = (now, now);
        self.note_data(number, DataChange::Size(size))
    }
}
