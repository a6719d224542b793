//! A file, a directory or a link of a simulated filesystem.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rustix::fs::FileType;

use super::content::Content;
use crate::fs::status::FileTime;

/// A name in a directory: bytes without `/`.
pub(super) type Name = Box<[u8]>;
/// What a directory holds, in the order of names.
pub(super) type Entries = Arc<BTreeMap<Name, u64>>;

#[derive(Clone, Debug)]
pub(super) struct Inode {
    pub(super) body: Body,
    /// How many names it has; for a directory 1 or, once it is removed, 0.
    pub(super) links: u64,
    /// How many descriptors have it open.
    pub(super) opens: u64,
    pub(super) times: Times,
    /// The host's process could not read it when the tree was read.
    pub(super) is_denied: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    File(FileData),
    Directory(Directory),
    /// With its target.
    Link(Box<[u8]>),
    /// A FIFO, a socket, a device: it has a name and cannot be opened.
    Special(FileType),
}

/// The bytes of a file: what its readers see, and what of it is on the disk.
#[derive(Clone, Debug, Default)]
pub(super) struct FileData {
    pub(super) content: Content,
    /// As of the last sync.
    pub(super) synced: Content,
    /// What was changed since then, in order.
    pub(super) unsynced: VecDeque<DataChange>,
}

/// A change of a file's bytes.
#[derive(Clone, Debug)]
pub(super) enum DataChange {
    Write { offset: u64, bytes: Box<[u8]> },
    Size(u64),
}

/// The names in a directory: what its readers see, and what of it is on the disk.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    pub(super) entries: Entries,
    pub(super) synced: Entries,
    pub(super) parent: u64,
    /// How many directories are in it.
    pub(super) directories: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) accessed: FileTime,
    pub(super) modified: FileTime,
    pub(super) changed: FileTime,
}

impl Times {
    pub(super) fn all(time: FileTime) -> Times {
        Times {
            accessed: time,
            modified: time,
            changed: time,
        }
    }
}

impl FileData {
    /// A file that is on the disk as it is.
    pub(super) fn synced(content: Content) -> FileData {
        FileData {
            synced: content.clone(),
            content,
            unsynced: VecDeque::new(),
        }
    }
}

impl Directory {
    pub(super) fn new(parent: u64) -> Directory {
        Directory {
            entries: Entries::default(),
            synced: Entries::default(),
            parent,
            directories: 0,
        }
    }
}

impl Inode {
    pub(super) fn new(body: Body, time: FileTime) -> Inode {
        Inode {
            body,
            links: 1,
            opens: 0,
            times: Times::all(time),
            is_denied: false,
        }
    }

    pub(super) fn kind(&self) -> FileType {
        match &self.body {
            Body::File(_) => FileType::RegularFile,
            Body::Directory(_) => FileType::Directory,
            Body::Link(_) => FileType::Symlink,
            Body::Special(kind) => *kind,
        }
    }

    pub(super) fn is_directory(&self) -> bool {
        matches!(self.body, Body::Directory(_))
    }

    /// Bytes that it takes of its filesystem's capacity.
    pub(super) fn allocated(&self) -> u64 {
        match &self.body {
            Body::File(file) => file.content.allocated(),
            _ => 0,
        }
    }

    /// Neither a name nor a descriptor is left.
    pub(super) fn is_orphan(&self) -> bool {
        self.links == 0 && self.opens == 0
    }
}

impl DataChange {
    pub(super) fn apply(&self, content: &mut Content) {
        match self {
            DataChange::Write { offset, bytes } => content.write(bytes, *offset),
            DataChange::Size(size) => content.set_size(*size),
        }
    }
}
