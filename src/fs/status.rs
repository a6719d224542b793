//! What is known of a file without reading it, whichever system says it.

use rustix::fs::{FileType, Stat};

/// A time of a file, in Unix seconds and nanoseconds of the second.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FileTime {
    /// Seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds of the second.
    pub nanoseconds: u64,
}

/// The status of a file, a directory or a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    /// The filesystem.
    pub device: u64,
    /// Its number within the filesystem.
    pub inode: u64,
    /// What it is.
    pub kind: FileType,
    /// How many names it has.
    pub links: u64,
    /// Bytes.
    pub size: u64,
    /// When it was read last.
    pub accessed: FileTime,
    /// When its bytes or names changed last.
    pub modified: FileTime,
    /// When anything of it changed last.
    pub changed: FileTime,
}

impl From<&Stat> for Status {
    #[inline]
    fn from(stat: &Stat) -> Status {
        let time = |seconds, nanoseconds| FileTime {
            seconds,
            nanoseconds,
        };
        Status {
            device: stat.st_dev,
            inode: stat.st_ino,
            kind: FileType::from_raw_mode(stat.st_mode),
            links: stat.st_nlink,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            accessed: time(stat.st_atime, stat.st_atime_nsec),
            modified: time(stat.st_mtime, stat.st_mtime_nsec),
            changed: time(stat.st_ctime, stat.st_ctime_nsec),
        }
    }
}
