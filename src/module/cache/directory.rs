//! The directory of compiled code, opened and checked.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{
    Access, AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, accessat, flock, fstat, openat,
    renameat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use super::error::CacheError;
use super::file::{self, VerifiedFile, check_owner};
use super::key::Key;
use crate::fs::survive_the_limit;
use crate::trust::{FileId, Location, PathError, PathGuard};

/// The end of the name of a file that is whole; the key stands before it.
const WHOLE: &str = ".code";
/// The end of the name of a file that is being written.
const PART: &str = ".part";
/// The hexadecimal digits of a key.
const KEY_DIGITS: usize = 64;
/// How long a file may be written, in seconds, where no lock says that its writer lives.
const MAX_WRITING: i64 = 3600;
/// How many names are tried for a file that is being written.
const MAX_NAMES: u32 = 16;

/// The permissions of a directory and its files that only their owner may use.
pub(super) const PRIVATE: Permissions = Permissions {
    directory: 0o700,
    file: 0o600,
};

/// The same where others may read them.
pub(super) const READABLE: Permissions = Permissions {
    directory: 0o755,
    file: 0o644,
};

/// What a directory and its files are made with; the process's mask takes away from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Permissions {
    pub directory: u32,
    pub file: u32,
}

/// Whether a directory that is missing is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Make {
    Missing,
    Never,
}

/// A directory that only its owner may write. All its functions block.
#[derive(Debug)]
pub(super) struct Directory {
    fd: OwnedFd,
    permissions: Permissions,
    is_writable: bool,
}

impl Directory {
    /// Opens it; none if it is not there and is not to be made.
    ///
    /// # Errors
    /// `NotAbsolute`, `NotDirectory`, `SymbolicLink`, `OtherOwner`, `WritableByOthers`; `Path` when a
    /// guest may write it or what leads there, and with what the system says.
    pub(super) fn open(
        path: &Path,
        permissions: Permissions,
        guard: &PathGuard,
        make: Make,
    ) -> Result<Option<Directory>, CacheError> {
        if !path.is_absolute() {
            return Err(CacheError::NotAbsolute);
        }
        let mut walk = guard.walk(path)?;
        if walk.is_missing() {
            if make == Make::Never {
                return Ok(None);
            }
            walk.create_dirs(permissions.directory, 0)?;
        }
        let own = statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW).map_err(CacheError::system)?;
        if FileType::from_raw_mode(own.st_mode) == FileType::Symlink {
            return Err(CacheError::SymbolicLink);
        }
        if !walk.is_dir() {
            return Err(CacheError::NotDirectory);
        }
        let fd = walk.open_dir()?;
        // Whether guests may write in it, not only on the way there.
        let inside = guard.walk(&path.join(WHOLE))?;
        let opened = FileId::of(&fd).map_err(CacheError::system)?;
        if inside.steps().last() != Some(&Location::existing(opened)) {
            return Err(PathError::Changed.into());
        }
        check_owner(&fstat(&fd).map_err(CacheError::system)?)?;
        Ok(Some(Directory {
            is_writable: accessat(&fd, ".", Access::WRITE_OK, AtFlags::EACCESS).is_ok(),
            fd,
            permissions,
        }))
    }

    /// Whether something can be written there.
    pub(super) fn is_writable(&self) -> bool {
        self.is_writable
    }

    /// The code of a key, verified.
    ///
    /// # Errors
    /// Those of [`VerifiedFile::verify`]; `SymbolicLink`.
    pub(super) fn find(&self, key: &Key) -> Result<Option<VerifiedFile>, CacheError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match openat(&self.fd, format!("{key}{WHOLE}"), flags, Mode::empty()) {
            Ok(file) => VerifiedFile::verify(File::from(file), key).map(Some),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::LOOP) => Err(CacheError::SymbolicLink),
            Err(error) => Err(CacheError::system(error)),
        }
    }

    /// Keeps the code of a key in place of what may be there.
    ///
    /// It is not synchronised with the disk: what a power failure leaves is found damaged and compiled
    /// again.
    ///
    /// # Errors
    /// `Path` with what the system says, such as `StorageFull`.
    pub(super) fn write(&self, key: &Key, code: &[u8]) -> Result<(), CacheError> {
        if getrlimit(Resource::Fsize).current.is_some() {
            survive_the_limit().map_err(CacheError::system)?;
        }
        let (part, file) = self.part(key).map_err(CacheError::system)?;
        let written = file::write(&file, key, code).map_err(CacheError::system);
        let kept = written.and_then(|()| {
            let name = format!("{key}{WHOLE}");
            renameat(&self.fd, &part, &self.fd, name).map_err(CacheError::system)
        });
        if kept.is_err() {
            // The reason is known already.
            let _ = unlinkat(&self.fd, &part, AtFlags::empty());
        }
        kept
    }

    /// Removes the code of a key, if that is permitted.
    pub(super) fn discard(&self, key: &Key) {
        self.remove(&format!("{key}{WHOLE}"));
    }

    /// A new file to write to. It is locked while it is open, which says that its writer lives.
    fn part(&self, key: &Key) -> Result<(String, File), Errno> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::from(self.permissions.file);
        for _ in 0..MAX_NAMES {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("{key}.{}.{number}{PART}", process::id());
            let fd = match openat(&self.fd, &name, flags, mode) {
                Ok(fd) => fd,
                // Of a process that had the same number.
                Err(Errno::EXIST) => continue,
                Err(error) => return Err(error),
            };
            match flock(&fd, FlockOperation::NonBlockingLockExclusive) {
                // Somebody who clears up was quicker than the lock.
                Err(Errno::WOULDBLOCK) => continue,
                Ok(()) if fstat(&fd)?.st_nlink == 0 => continue,
                // Filesystems without locks have nobody who takes the file for a dead writer's either.
                Ok(()) | Err(_) => return Ok((name, File::from(fd))),
            }
        }
        Err(Errno::EXIST)
    }

    /// Removes a file that is being written, if its writer has ended: then nobody holds its lock. Where
    /// the filesystem knows no locks, it has ended after an hour.
    pub(super) fn remove_dead(&self, part: &str) -> bool {
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let Ok(file) = openat(&self.fd, part, flags, Mode::empty()) else {
            return false;
        };
        let is_dead = match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => true,
            Err(Errno::WOULDBLOCK) => false,
            // The directory changed when a file was made or removed there last.
            Err(_) => match (fstat(&self.fd), fstat(&file)) {
                (Ok(directory), Ok(file)) => {
                    directory.st_mtime.saturating_sub(file.st_mtime) > MAX_WRITING
                }
                _ => false,
            },
        };
        is_dead && self.remove(part)
    }

    /// Removes a file; whoever has mapped it keeps what is in it.
    pub(super) fn remove(&self, name: &str) -> bool {
        unlinkat(&self.fd, name, AtFlags::empty()).is_ok()
    }
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Whether a name is that of a file of compiled code.
pub(super) fn is_whole(name: &str) -> bool {
    name.strip_suffix(WHOLE).is_some_and(is_key)
}

/// Whether a name is that of a file that is, or was, being written.
pub(super) fn is_part(name: &str) -> bool {
    let name = name.strip_suffix(PART);
    name.and_then(|name| name.split_once('.'))
        .is_some_and(|(key, _)| is_key(key))
}

fn is_key(text: &str) -> bool {
    text.len() == KEY_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
