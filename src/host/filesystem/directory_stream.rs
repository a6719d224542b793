//! `read-directory`: the names in a directory, a batch at a time.

use std::collections::VecDeque;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, openat, statat};
use wasmtime::component::Resource;

use super::Descriptor;
use super::FilesystemView;
use super::descriptor::{Directory, kind};
use super::error::{ErrorCode, FsError};
use super::interfaces::types::DirectoryEntry;
use super::mount::{Mount, Operation};
use crate::fs::simulated::{OpenEntry, OpenInode, OpenRequest};
use crate::host::table::HostResource;

/// How many bytes of names one job fetches.
const BATCH: usize = 32 * 1024;

/// `wasi:filesystem/types#directory-entry-stream`.
#[derive(Debug)]
pub struct DirectoryStream {
    mount: Arc<Mount>,
    /// An open file description of its own: its position is nobody else's.
    directory: Arc<Directory>,
    /// Fetched and not yet given. A name that is not Unicode is an error in its place.
    entries: VecDeque<Result<DirectoryEntry, ErrorCode>>,
    ended: bool,
}

impl HostResource for DirectoryStream {
    const NAME: &'static str = "directory-entry-stream";
}

#[cfg(test)]
impl DirectoryStream {
    /// One that has come to its end.
    pub(crate) fn at_end(of: Descriptor) -> DirectoryStream {
        let super::descriptor::Node::Directory(directory) = of.node else {
            panic!("not a directory");
        };
        DirectoryStream {
            mount: of.mount,
            directory,
            entries: VecDeque::new(),
            ended: true,
        }
    }
}

/// The next names of a directory; none at its end. Blocks.
fn fetch(fd: impl AsFd) -> io::Result<VecDeque<Result<DirectoryEntry, ErrorCode>>> {
    let mut space = vec![MaybeUninit::uninit(); BATCH];
    let mut names = RawDir::new(fd.as_fd(), &mut space);
    let mut entries = VecDeque::new();
    while let Some(entry) = names.next() {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_bytes() != b"." && name.to_bytes() != b".." {
            let known = match entry.file_type() {
                // Some filesystems say what it is only when they are asked about it.
                FileType::Unknown => statat(&fd, name, AtFlags::SYMLINK_NOFOLLOW)
                    .map_or(FileType::Unknown, |stat| {
                        FileType::from_raw_mode(stat.st_mode)
                    }),
                known => known,
            };
            entries.push_back(match name.to_str() {
                Ok(name) => Ok(DirectoryEntry {
                    type_: kind(known),
                    name: name.to_owned(),
                }),
                Err(_) => Err(ErrorCode::IllegalByteSequence),
            });
        }
        if names.is_buffer_empty() && !entries.is_empty() {
            break;
        }
    }
    Ok(entries)
}

/// All names of a simulated directory, in their order.
fn simulated(inode: &OpenInode) -> io::Result<VecDeque<Result<DirectoryEntry, ErrorCode>>> {
    let entry = |entry: OpenEntry| match String::from_utf8(entry.name) {
        Ok(name) => Ok(DirectoryEntry {
            type_: kind(entry.kind),
            name,
        }),
        Err(_) => Err(ErrorCode::IllegalByteSequence),
    };
    Ok(inode.entries()?.into_iter().map(entry).collect())
}

impl FilesystemView<'_> {
    pub(super) async fn list(
        &mut self,
        descriptor: Resource<Descriptor>,
    ) -> Result<Resource<DirectoryStream>, FsError> {
        self.consume_budget().await?;
        let (directory, mount) = self.directory(&descriptor)?;
        mount.permit(Operation::List)?;
        let (held, own) = (self.hold(&mount)?, mount.clone());
        let (directory, entries) = self
            .on_pool(&mount, move || {
                if let Some(inode) = directory.inode() {
                    let entries = simulated(inode)?;
                    let again = inode.open(".", OpenRequest::default())?;
                    return Ok((Directory::simulated(again, held), entries));
                }
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let fd = openat(directory.dir()?, ".", flags, Mode::empty())?;
                let deferred_close = own.filesystem.deferred_close().clone();
                let directory = Directory::opened((fd, held), deferred_close, directory.class);
                let entries = fetch(directory.dir()?)?;
                Ok((directory, entries))
            })
            .await?;
        Ok(self.table.push(DirectoryStream {
            mount,
            // In a simulation these are all.
            ended: entries.is_empty() || directory.inode().is_some(),
            directory: Arc::new(directory),
            entries,
        })?)
    }

    pub(super) async fn next_entry(
        &mut self,
        stream: Resource<DirectoryStream>,
    ) -> Result<Option<DirectoryEntry>, FsError> {
        self.consume_budget().await?;
        let names = self.table.get_mut(&stream)?;
        if names.entries.is_empty() && !names.ended {
            let (directory, mount) = (names.directory.clone(), names.mount.clone());
            let entries = match self.on_pool(&mount, move || fetch(directory.dir()?)).await {
                // The directory was removed: nothing is in it.
                Err(FsError::Code(ErrorCode::NoEntry)) => VecDeque::new(),
                entries => entries?,
            };
            let names = self.table.get_mut(&stream)?;
            names.ended = entries.is_empty();
            names.entries = entries;
        }
        match self.table.get_mut(&stream)?.entries.pop_front() {
            Some(entry) => Ok(Some(entry?)),
            None => Ok(None),
        }
    }
}
