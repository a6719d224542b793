//! A directory that is listed from any place in it, by the positions that its filesystem gives.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, SeekFrom, fstat, openat, seek, statat};
use rustix::io::Errno;
use wasmtime::component::Resource;

use super::Descriptor;
use super::descriptor::{Directory, kind};
use super::error::FsError;
use super::interfaces::types::DescriptorType;
use super::mount::{Mount, Operation};
use super::stat::inode;
use super::state::FilesystemView;
use crate::fs::simulated::{OpenEntry, OpenInode, OpenRequest};

/// How many bytes of entries one job fetches.
const BATCH: usize = 32 * 1024;

/// The entries that were fetched last, and the directory that has more of them. `.` and `..` are
/// among them.
///
/// An entry's position is good for as long as the directory is open. Positions within what was
/// fetched last are answered from that: on some filesystems they shift when entries before them are
/// removed.
#[derive(Debug)]
pub(crate) struct DirectoryCursor {
    mount: Arc<Mount>,
    /// An open file description of its own: its position is nobody else's.
    directory: Arc<Directory>,
    /// The position before the first entry.
    start: u64,
    entries: Vec<DirectoryEntry>,
    /// Nothing comes after the entries.
    ended: bool,
}

/// An entry of a directory.
#[derive(Debug)]
pub(crate) struct DirectoryEntry {
    /// Bytes, as the system has them.
    pub(crate) name: Vec<u8>,
    pub(crate) kind: DescriptorType,
    /// What identifies it, as its status says.
    pub(crate) inode: u64,
    /// The position after it.
    pub(crate) next: u64,
}

impl DirectoryCursor {
    /// Whether it knows what comes after a position.
    pub(crate) fn holds(&self, position: u64) -> bool {
        match self.index(position) {
            Some(index) => self.ended || index < self.entries.len(),
            None => false,
        }
    }

    /// The entries after a position that it holds.
    pub(crate) fn entries_from(&self, position: u64) -> &[DirectoryEntry] {
        let index = self.index(position);
        let from = index.and_then(|index| self.entries.get(index..));
        from.unwrap_or_default()
    }

    fn index(&self, position: u64) -> Option<usize> {
        if position == self.start {
            return Some(0);
        }
        let mut entries = self.entries.iter();
        let before = entries.position(|entry| entry.next == position);
        before.map(|index| index + 1)
    }

    /// Whether the directory stands at a position.
    fn stands_at(&self, position: u64) -> bool {
        self.entries
            .last()
            .is_some_and(|last| last.next == position)
    }
}

impl FilesystemView<'_> {
    /// A cursor over a directory that has fetched nothing yet.
    ///
    /// # Errors
    /// `not-directory`; `access` where it may not be listed; `insufficient-memory` where the call has
    /// all descriptors that it may have; what the system says.
    pub(crate) async fn cursor(
        &mut self,
        descriptor: &Resource<Descriptor>,
    ) -> Result<DirectoryCursor, FsError> {
        let (directory, mount) = self.directory(descriptor)?;
        mount.permit(Operation::List)?;
        let (held, own) = (self.hold(&mount)?, mount.clone());
        let directory = self
            .on_pool(&mount, move || {
                if let Some(inode) = directory.inode() {
                    let again = inode.open(".", OpenRequest::default())?;
                    return Ok(Directory::simulated(again, held));
                }
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let fd = openat(directory.dir()?, ".", flags, Mode::empty())?;
                let deferred_close = own.filesystem.deferred_close().clone();
                Ok(Directory::opened(
                    (fd, held),
                    deferred_close,
                    directory.class,
                ))
            })
            .await?;
        Ok(DirectoryCursor {
            mount,
            directory: Arc::new(directory),
            // No position that a guest can have.
            start: u64::MAX,
            entries: Vec::new(),
            ended: false,
        })
    }

    /// Fetches the entries after a position.
    ///
    /// # Errors
    /// `invalid` for what is no position; what the system says.
    pub(crate) async fn fetch(
        &mut self,
        cursor: &mut DirectoryCursor,
        position: u64,
    ) -> Result<(), FsError> {
        if i64::try_from(position).is_err() {
            return Err(Errno::INVAL.into());
        }
        let moves = !cursor.stands_at(position);
        let directory = cursor.directory.clone();
        let mount = cursor.mount.clone();
        let last = cursor.entries.last().filter(|_| !moves);
        let last = last.map(|last| last.name.clone());
        let fetched = self.on_pool(&mount, move || {
            if let Some(inode) = directory.inode() {
                return simulated(inode, position, last);
            }
            let dir = directory.dir()?;
            if moves {
                seek(dir, SeekFrom::Start(position))?;
            }
            entries(dir)
        });
        let entries = match fetched.await {
            // The directory was removed: nothing is in it.
            Err(FsError::Code(super::ErrorCode::NoEntry)) => Vec::new(),
            entries => entries?,
        };
        cursor.start = position;
        cursor.ended = entries.is_empty();
        cursor.entries = entries;
        Ok(())
    }
}

/// The next entries of a directory; none at its end. Blocks.
fn entries(fd: impl AsFd) -> io::Result<Vec<DirectoryEntry>> {
    let device = fstat(&fd)?.st_dev;
    let mut space = vec![MaybeUninit::uninit(); BATCH];
    let mut raw = RawDir::new(fd.as_fd(), &mut space);
    let mut entries = Vec::new();
    while let Some(entry) = raw.next() {
        let entry = entry?;
        let name = entry.file_name();
        let known = match entry.file_type() {
            // Some filesystems say what it is only when they are asked about it.
            FileType::Unknown => statat(&fd, name, AtFlags::SYMLINK_NOFOLLOW)
                .map_or(FileType::Unknown, |stat| {
                    FileType::from_raw_mode(stat.st_mode)
                }),
            known => known,
        };
        entries.push(DirectoryEntry {
            name: name.to_bytes().to_vec(),
            kind: kind(known),
            inode: inode(device, entry.ino()),
            next: entry.next_entry_cookie(),
        });
        if raw.is_buffer_empty() {
            break;
        }
    }
    Ok(entries)
}

/// All entries of a simulated directory after a position; after a name where the entry before is known, which
/// may be gone. Positions count the entries.
fn simulated(
    inode: &OpenInode,
    position: u64,
    last: Option<Vec<u8>>,
) -> io::Result<Vec<DirectoryEntry>> {
    let (own, parent) = inode.with_parent()?;
    let listed = inode.entries()?;
    let directory = |name: &[u8], inode| OpenEntry {
        name: name.to_vec(),
        kind: FileType::Directory,
        inode,
    };
    let itself = [directory(b".", own), directory(b"..", parent)];
    let all = itself.into_iter().chain(listed).enumerate();
    let last = last.filter(|name| name != b"." && name != b"..");
    let is_after = |(place, entry): &(usize, OpenEntry)| match &last {
        Some(last) => *place >= 2 && entry.name > *last,
        None => *place as u64 >= position,
    };
    let numbered = all.filter(is_after).zip(position + 1..);
    let entry = |((_, entry), next): ((usize, OpenEntry), u64)| DirectoryEntry {
        name: entry.name,
        kind: kind(entry.kind),
        inode: self::inode(inode.device(), entry.inode),
        next,
    };
    Ok(numbered.map(entry).collect())
}
