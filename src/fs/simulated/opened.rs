//! Files and directories of a simulated filesystem that are open.

use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{FileType, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use rustix::io::Errno;
use wippy_dispatcher::Handle;

use super::inode::Name;
use super::inodes::ROOT;
use super::names::OpenRequest;
use super::tree::Tree;
use super::volume::{Life, Volume};
use crate::fs::status::{FileTime, Status};

/// An open file or directory. Its operations take no virtual time by themselves: they are made within
/// jobs, which do.
#[derive(Debug)]
pub struct OpenInode {
    volume: Arc<Volume>,
    handle: Handle,
    life: Life,
    number: u64,
    kind: FileType,
    /// Beneath the filesystem's directory, as it was opened.
    path: Box<str>,
}

/// An entry of a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenEntry {
    /// Bytes, as the host had them.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: FileType,
    /// Its number.
    pub inode: u64,
}

/// A path beneath a directory, without `.` and `..` where names alone say what they lead to.
fn joined(base: &str, path: &str) -> Box<str> {
    let mut names: Vec<&str> = base.split('/').filter(|name| !name.is_empty()).collect();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    names.join("/").into()
}

impl OpenInode {
    /// The root of a filesystem, for the present life of a host.
    pub fn root(volume: Arc<Volume>, handle: Handle) -> OpenInode {
        OpenInode {
            life: volume.open_root(),
            volume,
            handle,
            number: ROOT,
            kind: FileType::Directory,
            path: "".into(),
        }
    }

    /// What it is.
    pub fn kind(&self) -> FileType {
        self.kind
    }

    /// Its filesystem's number among those of its host.
    pub fn device(&self) -> u64 {
        self.volume.device
    }

    /// What the operations on its filesystem since the last question take longer than others, in virtual
    /// time.
    pub fn take_delay(&self) -> Duration {
        self.volume.take_delay()
    }

    fn operate<R>(
        &self,
        operation: impl FnOnce(&mut Tree) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let (path, number) = (&*self.path, self.number);
        let who = (&self.handle, self.life);
        self.volume.operate(who, (number, path), operation)
    }

    /// The same at a path beneath this directory.
    fn at<R>(
        &self,
        path: &str,
        operation: impl FnOnce(&mut Tree) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let path = joined(&self.path, path);
        let who = (&self.handle, self.life);
        self.volume.operate(who, (self.number, &path), operation)
    }

    /// Opens a path beneath this directory.
    ///
    /// # Errors
    /// Those of `openat(2)`; `EPERM` for a path that leads out of the directory.
    pub fn open(&self, path: &str, request: OpenRequest) -> Result<OpenInode, Errno> {
        let (number, kind) = self.at(path, |tree| {
            let number = tree.open(self.number, path, request)?;
            tree.open_inode(number)?;
            let kind = tree.inodes.get(number).map(|inode| inode.kind());
            Ok((number, kind.unwrap_or(FileType::Unknown)))
        })?;
        Ok(OpenInode {
            volume: self.volume.clone(),
            handle: self.handle.clone(),
            life: self.life,
            number,
            kind,
            path: joined(&self.path, path),
        })
    }

    /// Reads from an offset on, up to the end of the file.
    ///
    /// # Errors
    /// `EINVAL` for offsets beyond all files, `EIO` as faults have it.
    pub fn read(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
        self.operate(|tree| tree.read(self.number, buffer, offset))
    }

    /// Writes at an offset, or with `None` at the end, as much as there is room for. With `syncs` it is on the
    /// disk then.
    ///
    /// # Errors
    /// `ENOSPC` without any room, `EFBIG` beyond the largest file, `EINVAL`, `EIO` as faults have it.
    pub fn write(&self, bytes: &[u8], offset: Option<u64>, syncs: bool) -> Result<usize, Errno> {
        self.operate(|tree| {
            let offset = match offset {
                Some(offset) => offset,
                None => tree.size(self.number)?,
            };
            let written = tree.write(self.number, bytes, offset)?;
            if syncs {
                tree.sync(self.number);
            }
            Ok(written)
        })
    }

    /// Cuts the file off, or lengthens it.
    ///
    /// # Errors
    /// `EFBIG`, `EINVAL`, `EIO` as faults have it.
    pub fn set_size(&self, size: u64) -> Result<(), Errno> {
        self.operate(|tree| tree.set_size(self.number, size))
    }

    /// Writes the file's bytes, or the directory's names, to the disk.
    ///
    /// # Errors
    /// `EIO` as faults have it.
    pub fn sync(&self) -> Result<(), Errno> {
        self.operate(|tree| {
            tree.sync(self.number);
            Ok(())
        })
    }

    /// What is known of it.
    ///
    /// # Errors
    /// `EIO` as faults have it.
    pub fn status(&self) -> Result<Status, Errno> {
        self.operate(|tree| tree.status(self.volume.device, self.number))
    }

    /// The same of a path beneath this directory.
    ///
    /// # Errors
    /// Those of `fstatat(2)`; `EPERM` for a path that leads out of the directory.
    pub fn status_at(&self, path: &str, follows: bool) -> Result<Status, Errno> {
        self.at(path, |tree| {
            let number = tree.follow(self.number, path, follows)?;
            tree.status(self.volume.device, number)
        })
    }

    /// Sets its times.
    ///
    /// # Errors
    /// `EIO` as faults have it.
    pub fn set_times(&self, times: &Timestamps) -> Result<(), Errno> {
        self.operate(|tree| set_times(tree, self.number, times))
    }

    /// The same of a path beneath this directory.
    ///
    /// # Errors
    /// Those of `utimensat(2)`; `EPERM` for a path that leads out of the directory.
    pub fn set_times_at(&self, path: &str, follows: bool, times: &Timestamps) -> Result<(), Errno> {
        self.at(path, |tree| {
            let number = tree.follow(self.number, path, follows)?;
            set_times(tree, number, times)
        })
    }

    /// Makes a directory.
    ///
    /// # Errors
    /// Those of `mkdirat(2)`; `EPERM` for a path that leads out of the directory.
    pub fn make_directory(&self, path: &str) -> Result<(), Errno> {
        self.at(path, |tree| tree.make_directory(self.number, path))
    }

    /// Removes a directory.
    ///
    /// # Errors
    /// Those of `unlinkat(2)`; `EPERM` for a path that leads out of the directory.
    pub fn remove_directory(&self, path: &str) -> Result<(), Errno> {
        self.at(path, |tree| tree.remove_directory(self.number, path))
    }

    /// Removes a name of a file.
    ///
    /// # Errors
    /// Those of `unlinkat(2)`; `EPERM` for a path that leads out of the directory.
    pub fn unlink(&self, path: &str) -> Result<(), Errno> {
        self.at(path, |tree| tree.unlink(self.number, path))
    }

    /// Makes a symbolic link.
    ///
    /// # Errors
    /// Those of `symlinkat(2)`; `EPERM` for a path that leads out of the directory.
    pub fn make_link(&self, target: &str, path: &str) -> Result<(), Errno> {
        self.at(path, |tree| tree.make_link(self.number, target, path))
    }

    /// The target of a symbolic link.
    ///
    /// # Errors
    /// Those of `readlinkat(2)`; `EPERM` for a path that leads out of the directory, and for a target that
    /// begins at a root.
    pub fn read_link(&self, path: &str) -> Result<String, Errno> {
        self.at(path, |tree| tree.read_link(self.number, path))
    }

    /// Gives a file another name, beneath `other`.
    ///
    /// # Errors
    /// Those of `linkat(2)`; `XDEV` on another filesystem; `EPERM` for a path that leads out of its directory.
    pub fn link(&self, path: &str, other: &OpenInode, new: &str) -> Result<(), Errno> {
        self.check_same(other)?;
        self.at(path, |tree| {
            tree.link((self.number, path), (other.number, new))
        })
    }

    /// Gives something another name instead of its own, beneath `other`.
    ///
    /// # Errors
    /// Those of `renameat(2)`; `XDEV` on another filesystem; `EPERM` for a path that leads out of its directory.
    pub fn rename(&self, path: &str, other: &OpenInode, new: &str) -> Result<(), Errno> {
        self.check_same(other)?;
        self.at(path, |tree| {
            tree.rename((self.number, path), (other.number, new))
        })
    }

    fn check_same(&self, other: &OpenInode) -> Result<(), Errno> {
        match Arc::ptr_eq(&self.volume, &other.volume) {
            true => Ok(()),
            false => Err(Errno::XDEV),
        }
    }

    /// Its entries in the order of their names, without `.` and `..`.
    ///
    /// # Errors
    /// `ENOENT` where it is removed, `ENOTDIR`, `EIO` as faults have it.
    pub fn entries(&self) -> Result<Vec<OpenEntry>, Errno> {
        self.operate(|tree| {
            tree.check_alive(self.number)?;
            let directory = tree.inodes.directory(self.number)?;
            let entry = |(name, &number): (&Name, &u64)| OpenEntry {
                name: name.to_vec(),
                kind: tree
                    .inodes
                    .get(number)
                    .map_or(FileType::Unknown, |it| it.kind()),
                inode: number,
            };
            Ok(directory.entries.iter().map(entry).collect())
        })
    }

    /// Its own number and that of the directory that holds it.
    ///
    /// # Errors
    /// As [`OpenInode::entries`].
    pub fn with_parent(&self) -> Result<(u64, u64), Errno> {
        self.operate(|tree| Ok((self.number, tree.inodes.directory(self.number)?.parent)))
    }
}

impl Drop for OpenInode {
    fn drop(&mut self) {
        self.volume.close(self.life, self.number);
    }
}

fn set_times(tree: &mut Tree, number: u64, times: &Timestamps) -> Result<(), Errno> {
    let now = tree.now;
    let time = |time: &Timespec| match time.tv_nsec {
        UTIME_OMIT => None,
        UTIME_NOW => Some(now),
        _ => Some(FileTime {
            seconds: time.tv_sec,
            nanoseconds: u64::try_from(time.tv_nsec).unwrap_or(0),
        }),
    };
    tree.set_times(
        number,
        time(&times.last_access),
        time(&times.last_modification),
    )
}
