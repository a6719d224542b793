//! Reading and writing an open file, at an offset or at its end.

use std::io::{self, IoSlice, IoSliceMut};
use std::sync::Arc;

use rustix::io::{Errno, ReadWriteFlags, pread, preadv2, pwrite, pwritev, pwritev2, retry_on_intr};

use super::descriptor::File;
use super::mount::Mount;
use crate::fs::Class;

/// The most bytes that one system call moves on the dispatcher's thread.
pub(crate) const INLINE_MAX: usize = 64 * 1024;

/// The most bytes that one job moves, and that one `read` gives.
pub(crate) const JOB_MAX: usize = 1 << 20;

/// Where a write goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WritePosition {
    /// At this offset.
    At(u64),
    /// At the end, wherever that is by then.
    End,
}

impl WritePosition {
    /// Where it is; `None` for the end.
    fn offset(self) -> Option<u64> {
        match self {
            WritePosition::At(offset) => Some(offset),
            WritePosition::End => None,
        }
    }

    /// After so many bytes.
    pub(super) fn after(self, written: usize) -> WritePosition {
        match self {
            WritePosition::At(offset) => WritePosition::At(offset.saturating_add(written as u64)),
            WritePosition::End => WritePosition::End,
        }
    }
}

/// A file that a stream reads or writes, with where its blocking jobs run.
pub(super) type Streamed = (Arc<File>, Arc<Mount>);

impl File {
    /// Reads what the caches hold; `None` where the pool has to be asked, which also knows the exact
    /// error. 0 bytes are the end.
    pub(super) fn read_cached(
        &self,
        buffer: &mut [u8],
        offset: u64,
    ) -> Result<Option<usize>, Errno> {
        check_offset(offset)?;
        if !self.tries_nowait() {
            return match self.class {
                Class::Memory if self.is_regular() => {
                    retry_on_intr(|| pread(self.fd()?, &mut *buffer, offset)).map(Some)
                }
                _ => Ok(None),
            };
        }
        let mut slices = [IoSliceMut::new(buffer)];
        let nowait = ReadWriteFlags::NOWAIT;
        match retry_on_intr(|| preadv2(self.fd()?, &mut slices, offset, nowait)) {
            Ok(read) => Ok(Some(read)),
            Err(Errno::AGAIN) => Ok(None),
            // The filesystem or the kernel does not support it, or a seccomp filter forbids it.
            Err(_) => {
                self.knows_no_nowait();
                Ok(None)
            }
        }
    }

    /// Reads until the buffer is full, the file ends or cannot be read further. How much, and
    /// whether the end was seen. Blocks.
    pub(super) fn read_fully(&self, buffer: &mut [u8], offset: u64) -> io::Result<(usize, bool)> {
        if let Some(inode) = self.inode() {
            let read = inode.read(buffer, offset)?;
            return Ok((read, read < buffer.len()));
        }
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(done as u64);
            match retry_on_intr(|| pread(self.fd()?, &mut *rest, at)) {
                Ok(0) => return Ok((done, true)),
                Ok(read) => done += read,
                Err(_) if done > 0 => break,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok((done, false))
    }

    /// Writes once. On the dispatcher's thread only where [`File::writes_inline`].
    pub(super) fn write_once(&self, bytes: &[u8], position: WritePosition) -> Result<usize, Errno> {
        self.check_size(position, bytes.len())?;
        retry_on_intr(|| match position {
            WritePosition::At(offset) => pwrite(self.fd()?, bytes, offset),
            WritePosition::End => self.append(&[IoSlice::new(bytes)]),
        })
    }

    /// The same of several parts of `length` bytes together.
    pub(super) fn write_slices_once(
        &self,
        slices: &[IoSlice<'_>],
        length: usize,
        position: WritePosition,
    ) -> Result<usize, Errno> {
        self.check_size(position, length)?;
        retry_on_intr(|| match position {
            WritePosition::At(offset) => pwritev(self.fd()?, slices, offset),
            WritePosition::End => self.append(slices),
        })
    }

    /// Writes once at the end; atomically where the system can.
    fn append(&self, slices: &[IoSlice<'_>]) -> Result<usize, Errno> {
        match pwritev2(self.fd()?, slices, 0, ReadWriteFlags::APPEND) {
            // The kernel does not support it, or a seccomp filter forbids it.
            Err(Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {
                pwritev(self.fd()?, slices, self.size()?)
            }
            appended => appended,
        }
    }

    fn size(&self) -> Result<u64, Errno> {
        let size = rustix::fs::fstat(self.fd()?)?.st_size;
        Ok(u64::try_from(size).unwrap_or(u64::MAX))
    }

    /// Cuts it off or lengthens it. Blocks.
    pub(super) fn set_size(&self, size: u64) -> io::Result<()> {
        match self.inode() {
            Some(inode) => inode.set_size(size)?,
            None => rustix::fs::ftruncate(self.fd()?, size)?,
        }
        Ok(())
    }

    /// Writes all of it. Blocks.
    ///
    /// # Errors
    /// With how much was written before.
    pub(super) fn write_fully(
        &self,
        bytes: &[u8],
        position: WritePosition,
    ) -> (usize, io::Result<()>) {
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            let position = position.after(done);
            let wrote = match self.inode() {
                Some(inode) => inode.write(rest, position.offset(), self.sync),
                None => self.write_once(rest, position),
            };
            match wrote {
                Ok(0) => return (done, Err(io::ErrorKind::WriteZero.into())),
                Ok(written) => done += written,
                Err(errno) => return (done, Err(errno.into())),
            }
        }
        (done, Ok(()))
    }

    /// Refuses what would make a file larger than the process may: the kernel would answer with
    /// a signal that ends the process.
    pub(super) fn check_size(&self, position: WritePosition, length: usize) -> Result<(), Errno> {
        let Some(limit) = self.size_limit.filter(|_| self.is_regular()) else {
            return Ok(());
        };
        let start = match position {
            WritePosition::At(offset) => offset,
            WritePosition::End => self.size()?,
        };
        match start.saturating_add(length as u64) <= limit {
            true => Ok(()),
            false => Err(Errno::FBIG),
        }
    }
}

/// Refuses offsets beyond `i64::MAX`, some of which mean something else to the system, such as the
/// description's own position.
///
/// # Errors
/// `EINVAL`.
pub(super) fn check_offset(offset: u64) -> Result<(), Errno> {
    match i64::try_from(offset) {
        Ok(_) => Ok(()),
        Err(_) => Err(Errno::INVAL),
    }
}
