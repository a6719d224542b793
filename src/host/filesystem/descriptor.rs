//! `wasi:filesystem/types#descriptor`: an opened file or directory, and where it came from.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cap_std::fs::Dir;
use rustix::fs::{FileType, OFlags, fstat};
use rustix::io::Errno;

use super::interfaces::types::{DescriptorFlags, DescriptorType};
use super::mount::{Mount, Operation};
use crate::fs::simulated::OpenInode;
use crate::fs::{Class, DeferredClose, Filesystem};
use crate::quota::QuotaPermit;

/// `wasi:filesystem/types#descriptor`. It is a handle, not a path: renaming what it has opened
/// changes nothing.
#[derive(Debug)]
pub struct Descriptor {
    pub(super) node: Node,
    pub(super) flags: DescriptorFlags,
    pub(super) mount: Arc<Mount>,
}

/// What is opened.
#[derive(Clone, Debug)]
pub(super) enum Node {
    File(Arc<File>),
    Directory(Arc<Directory>),
}

/// A file, a device, a FIFO, a socket.
#[derive(Debug)]
pub(super) struct File {
    opened: Body<OwnedFd>,
    deferred_close: DeferredClose,
    pub(super) kind: DescriptorType,
    pub(super) class: Class,
    /// Writes wait for the disk.
    pub(super) sync: bool,
    /// The largest size that it may be given, in bytes.
    pub(super) size_limit: Option<u64>,
    /// Whether reads that do not wait work here; found out by trying.
    nowait: AtomicBool,
}

/// A directory.
#[derive(Debug)]
pub(super) struct Directory {
    dir: Dirs,
    deferred_close: DeferredClose,
    pub(super) class: Class,
}

/// What is opened of a file, by the system or in a simulation.
#[derive(Debug)]
enum Body<T> {
    System(Opened<T>),
    Simulated(Opened<OpenInode>),
    /// Only while it is dropped.
    Closed,
}

#[derive(Debug)]
enum Dirs {
    /// A mount's own.
    Root(Arc<Dir>),
    Opened(Body<Dir>),
    /// A mount's own in a simulation.
    SimulatedRoot(Arc<OpenInode>),
}

/// A descriptor that counts against its call's quota until it is closed: the fields are dropped in
/// this order.
#[derive(Debug)]
struct Opened<T> {
    fd: T,
    _held: QuotaPermit,
}

impl<T> Body<T> {
    fn take(&mut self) -> Body<T> {
        std::mem::replace(self, Body::Closed)
    }
}

impl Node {
    /// From what was opened with these flags beneath a filesystem, on one of this class.
    pub(super) fn new(
        filesystem: &Filesystem,
        (fd, held): (OwnedFd, QuotaPermit),
        flags: OFlags,
        class: Class,
    ) -> io::Result<Node> {
        let deferred_close = filesystem.deferred_close().clone();
        let kind = kind(FileType::from_raw_mode(fstat(&fd)?.st_mode));
        Ok(match kind {
            DescriptorType::Directory => Node::Directory(Arc::new(Directory::opened(
                (fd, held),
                deferred_close,
                class,
            ))),
            _ => Node::File(Arc::new(File {
                opened: Body::System(Opened { fd, _held: held }),
                deferred_close,
                kind,
                class,
                sync: flags.intersects(OFlags::SYNC | OFlags::DSYNC),
                size_limit: filesystem.size_limit(),
                nowait: AtomicBool::new(true),
            })),
        })
    }

    /// From what was opened with these flags in a simulated filesystem.
    pub(super) fn simulated((inode, held): (OpenInode, QuotaPermit), flags: OFlags) -> Node {
        let kind = kind(inode.kind());
        match kind {
            DescriptorType::Directory => {
                Node::Directory(Arc::new(Directory::simulated(inode, held)))
            }
            _ => Node::File(Arc::new(File {
                opened: Body::Simulated(Opened {
                    fd: inode,
                    _held: held,
                }),
                deferred_close: DeferredClose::inline(),
                kind,
                class: Class::Unknown,
                sync: flags.intersects(OFlags::SYNC | OFlags::DSYNC),
                size_limit: None,
                nowait: AtomicBool::new(true),
            })),
        }
    }
}

impl Node {
    /// The descriptor.
    ///
    /// # Errors
    /// `EBADF` once it is being dropped, when nobody can call this.
    pub(super) fn fd(&self) -> Result<BorrowedFd<'_>, Errno> {
        match self {
            Node::File(file) => file.fd(),
            Node::Directory(directory) => Ok(directory.dir()?.as_fd()),
        }
    }

    /// What it is in a simulated filesystem.
    pub(super) fn inode(&self) -> Option<&OpenInode> {
        match self {
            Node::File(file) => file.inode(),
            Node::Directory(directory) => directory.inode(),
        }
    }

    /// How its filesystem may be used.
    pub(super) fn class(&self) -> Class {
        match self {
            Node::File(file) => file.class,
            Node::Directory(directory) => directory.class,
        }
    }
}

impl File {
    /// The descriptor.
    ///
    /// # Errors
    /// `EBADF` in a simulation, and once it is being dropped, when nobody can call this.
    pub(super) fn fd(&self) -> Result<BorrowedFd<'_>, Errno> {
        match &self.opened {
            Body::System(opened) => Ok(opened.fd.as_fd()),
            Body::Simulated(_) | Body::Closed => Err(Errno::BADF),
        }
    }

    /// What it is in a simulated filesystem.
    pub(super) fn inode(&self) -> Option<&OpenInode> {
        match &self.opened {
            Body::Simulated(opened) => Some(&opened.fd),
            Body::System(_) | Body::Closed => None,
        }
    }

    pub(super) fn is_regular(&self) -> bool {
        self.kind == DescriptorType::RegularFile
    }

    /// Whether it may be written on the dispatcher's thread.
    pub(super) fn writes_inline(&self) -> bool {
        self.is_regular() && self.class.is_known() && !self.sync
    }

    pub(super) fn tries_nowait(&self) -> bool {
        self.is_regular() && self.nowait.load(Ordering::Relaxed)
    }

    pub(super) fn knows_no_nowait(&self) {
        self.nowait.store(false, Ordering::Relaxed);
    }
}

impl Directory {
    /// The root of a filesystem.
    pub(super) fn root(filesystem: &Filesystem) -> Directory {
        Directory {
            dir: match (filesystem.root(), filesystem.simulated_root()) {
                (Some(root), _) => Dirs::Root(root.clone()),
                (None, Some(root)) => Dirs::SimulatedRoot(root.clone()),
                (None, None) => Dirs::Opened(Body::Closed),
            },
            deferred_close: filesystem.deferred_close().clone(),
            class: filesystem.class(),
        }
    }

    /// One that was opened, on a filesystem of this class.
    pub(super) fn opened(
        (fd, held): (OwnedFd, QuotaPermit),
        deferred_close: DeferredClose,
        class: Class,
    ) -> Directory {
        let fd = Dir::from_std_file(fd.into());
        Directory {
            dir: Dirs::Opened(Body::System(Opened { fd, _held: held })),
            deferred_close,
            class,
        }
    }

    /// One that was opened in a simulated filesystem.
    pub(super) fn simulated(inode: OpenInode, held: QuotaPermit) -> Directory {
        Directory {
            dir: Dirs::Opened(Body::Simulated(Opened {
                fd: inode,
                _held: held,
            })),
            deferred_close: DeferredClose::inline(),
            class: Class::Unknown,
        }
    }

    /// The directory.
    ///
    /// # Errors
    /// `EBADF` in a simulation, and once it is being dropped, when nobody can call this.
    pub(super) fn dir(&self) -> Result<&Dir, Errno> {
        match &self.dir {
            Dirs::Root(dir) => Ok(dir),
            Dirs::Opened(Body::System(opened)) => Ok(&opened.fd),
            Dirs::Opened(Body::Simulated(_) | Body::Closed) | Dirs::SimulatedRoot(_) => {
                Err(Errno::BADF)
            }
        }
    }

    /// What it is in a simulated filesystem.
    pub(super) fn inode(&self) -> Option<&OpenInode> {
        match &self.dir {
            Dirs::SimulatedRoot(root) => Some(root),
            Dirs::Opened(Body::Simulated(opened)) => Some(&opened.fd),
            Dirs::Root(_) | Dirs::Opened(Body::System(_) | Body::Closed) => None,
        }
    }
}

/// Closing may wait for a server, or for what a device still holds.
impl Drop for File {
    fn drop(&mut self) {
        let slow = match self.kind {
            DescriptorType::RegularFile => !self.class.is_known(),
            DescriptorType::Fifo | DescriptorType::Socket => false,
            _ => true,
        };
        if slow && let Body::System(opened) = self.opened.take() {
            self.deferred_close.close(opened);
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.class.is_known() {
            return;
        }
        match std::mem::replace(&mut self.dir, Dirs::Opened(Body::Closed)) {
            Dirs::Opened(Body::System(opened)) => self.deferred_close.close(opened),
            Dirs::Root(root) => {
                if let Some(last) = Arc::into_inner(root) {
                    self.deferred_close.close(last);
                }
            }
            // A simulated one has nothing that waits.
            Dirs::Opened(Body::Simulated(_) | Body::Closed) | Dirs::SimulatedRoot(_) => {}
        }
    }
}

/// What a right is needed for.
pub(super) fn operation(needed: DescriptorFlags) -> Operation {
    match needed.contains(DescriptorFlags::WRITE) {
        true => Operation::Change,
        false => Operation::Read,
    }
}

/// The type that WASI has for a type of the system.
pub(super) fn kind(kind: FileType) -> DescriptorType {
    match kind {
        FileType::RegularFile => DescriptorType::RegularFile,
        FileType::Directory => DescriptorType::Directory,
        FileType::Symlink => DescriptorType::SymbolicLink,
        FileType::Fifo => DescriptorType::Fifo,
        FileType::Socket => DescriptorType::Socket,
        FileType::CharacterDevice => DescriptorType::CharacterDevice,
        FileType::BlockDevice => DescriptorType::BlockDevice,
        FileType::Unknown => DescriptorType::Unknown,
    }
}
