//! Which file or directory a path means, whatever it is called.

use std::ffi::OsString;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{Stat, fstat, stat};

/// Which file or directory it is: the same for every path that leads to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// The file or directory that is open.
    ///
    /// # Errors
    /// Those of `fstat`, such as `EIO` of a file system over a network that does not answer.
    pub fn of(fd: impl AsFd) -> std::io::Result<FileId> {
        Ok(FileId::from(&fstat(fd)?))
    }

    /// The file or directory that a path leads to now, symbolic links followed.
    ///
    /// # Errors
    /// Those of `stat`: `NotFound`, `NotADirectory`, `PermissionDenied`, `ELOOP` for too many symbolic
    /// links.
    pub fn at(path: &Path) -> std::io::Result<FileId> {
        let path = match path.as_os_str().is_empty() {
            true => Path::new("."),
            false => path,
        };
        Ok(FileId::from(&stat(path)?))
    }
}

impl From<&Stat> for FileId {
    fn from(stat: &Stat) -> FileId {
        FileId {
            device: stat.st_dev,
            inode: stat.st_ino,
        }
    }
}

/// A directory that may be missing: its nearest ancestor that exists, and the names from there.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Location {
    /// The directory itself, or its nearest ancestor that exists.
    pub nearest: FileId,
    /// What is missing below that; empty where the directory exists.
    pub missing: Vec<OsString>,
}

impl Location {
    /// A directory that exists.
    pub fn existing(nearest: FileId) -> Location {
        Location {
            nearest,
            missing: Vec::new(),
        }
    }

    /// Whether the directory exists.
    pub fn exists(&self) -> bool {
        self.missing.is_empty()
    }

    /// Whether this is the other directory, or lies below it where the latter is missing.
    pub fn is_within(&self, other: &Location) -> bool {
        self.nearest == other.nearest && self.missing.starts_with(&other.missing)
    }
}
