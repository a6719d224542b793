//! What a directory of compiled code holds, and what goes when it is too much.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Dir, Stat, statat};

use super::directory::{Directory, is_part, is_whole};
use super::error::CacheError;

/// The most files that a directory keeps: sorting them by age must stay quick.
const MAX_FILES: usize = 16_384;

/// What a directory of compiled code holds.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct CacheContents {
    /// The files: one for each component and engine.
    pub files: u64,
    /// Their length in bytes.
    pub bytes: u64,
    /// Whether this process may write there; not if there is no such directory.
    pub is_writable: bool,
}

/// A file, in the order in which they go: what was used longest ago first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    /// Seconds and nanoseconds.
    used: (i64, i64),
    name: String,
    bytes: u64,
}

impl Kept {
    fn new(name: String, stat: &Stat) -> Kept {
        Kept {
            used: (
                stat.st_mtime,
                i64::try_from(stat.st_mtime_nsec).unwrap_or(0),
            ),
            name,
            bytes: u64::try_from(stat.st_size).unwrap_or(0),
        }
    }
}

impl Directory {
    /// What it holds.
    ///
    /// # Errors
    /// `Path` with what listing it gives.
    pub(super) fn contents(&self) -> Result<CacheContents, CacheError> {
        let kept = self.kept()?;
        Ok(CacheContents {
            files: kept.len() as u64,
            bytes: kept.iter().map(|file| file.bytes).sum(),
            is_writable: self.is_writable(),
        })
    }

    /// Removes all that it holds, and tells what that was.
    ///
    /// # Errors
    /// `Path` with what listing it gives, or `EACCES` where nothing can be removed.
    pub(super) fn clear(&self) -> Result<CacheContents, CacheError> {
        let mut removed = CacheContents {
            is_writable: self.is_writable(),
            ..CacheContents::default()
        };
        let kept = self.kept()?;
        let any = !kept.is_empty();
        for file in kept.iter().filter(|file| self.remove(&file.name)) {
            removed.files += 1;
            removed.bytes += file.bytes;
        }
        self.remove_parts()?;
        match any && removed.files == 0 {
            true => Err(CacheError::system(rustix::io::Errno::ACCESS)),
            false => Ok(removed),
        }
    }

    /// Removes what was used longest ago until no more than `bytes` are left, and what writers that
    /// have ended left behind.
    ///
    /// # Errors
    /// `Path` with what listing it gives.
    pub(super) fn sweep(&self, bytes: u64) -> Result<(), CacheError> {
        self.remove_parts()?;
        let mut kept = self.kept()?;
        let mut total: u64 = kept.iter().map(|file| file.bytes).sum();
        let mut files = kept.len();
        kept.sort_unstable();
        for file in &kept {
            if total <= bytes && files <= MAX_FILES {
                break;
            }
            // What another process has removed is gone as well.
            self.remove(&file.name);
            total -= file.bytes;
            files -= 1;
        }
        Ok(())
    }

    fn kept(&self) -> Result<Vec<Kept>, CacheError> {
        let mut kept = Vec::new();
        self.each(|name| {
            // Another process may have removed it.
            if is_whole(&name)
                && let Ok(stat) = statat(self.as_fd(), &name, AtFlags::SYMLINK_NOFOLLOW)
            {
                kept.push(Kept::new(name, &stat));
            }
        })?;
        Ok(kept)
    }

    fn remove_parts(&self) -> Result<(), CacheError> {
        self.each(|name| {
            if is_part(&name) {
                self.remove_dead(&name);
            }
        })
    }

    fn each(&self, mut found: impl FnMut(String)) -> Result<(), CacheError> {
        for entry in Dir::read_from(self.as_fd()).map_err(CacheError::system)? {
            let entry = entry.map_err(CacheError::system)?;
            if let Ok(name) = entry.file_name().to_str() {
                found(name.to_owned());
            }
        }
        Ok(())
    }
}
