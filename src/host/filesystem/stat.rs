//! What is known of a file without opening it: `stat`, timestamps, hashes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;

use cap_std::fs::Dir;
use rustix::fs::{
    AtFlags, FileType, OFlags, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, fstat, futimens,
    statat, utimensat,
};
use wasmtime::component::Resource;
use wippy_dispatcher::WallTime;

use super::Descriptor;
use super::FilesystemView;
use super::cached::is_inline;
use super::descriptor::{Node, kind};
use super::error::{ErrorCode, FsError};
use super::interfaces::types::{
    Datetime, DescriptorStat, MetadataHashValue, NewTimestamp, PathFlags,
};
use super::mount::Operation;
use super::path::{follow, parent, relative};

const NANOS: u32 = 1_000_000_000;

/// WASI's form of what `fstat` returned. Times before 1970 are left out.
pub(super) fn descriptor_stat(stat: &Stat) -> DescriptorStat {
    let time = |seconds: i64, nanoseconds: u64| {
        Some(Datetime {
            seconds: u64::try_from(seconds).ok()?,
            nanoseconds: u32::try_from(nanoseconds).ok()?,
        })
    };
    DescriptorStat {
        type_: kind(FileType::from_raw_mode(stat.st_mode)),
        link_count: stat.st_nlink,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        data_access_timestamp: time(stat.st_atime, stat.st_atime_nsec),
        data_modification_timestamp: time(stat.st_mtime, stat.st_mtime_nsec),
        status_change_timestamp: time(stat.st_ctime, stat.st_ctime_nsec),
    }
}

/// A hash whose lower half identifies the object for as long as it exists (preview 1 takes it for the
/// inode number) and whose upper half changes with size and modification time.
pub(super) fn hash(stat: &Stat) -> MetadataHashValue {
    let mut object = DefaultHasher::new();
    (stat.st_dev, stat.st_ino).hash(&mut object);
    let mut content = object.clone();
    (stat.st_size, stat.st_mtime, stat.st_mtime_nsec).hash(&mut content);
    MetadataHashValue {
        lower: object.finish(),
        upper: content.finish(),
    }
}

/// What a file's status says, with what identifies the file.
pub(crate) struct Identified {
    pub(crate) stat: DescriptorStat,
    /// The same number for the same object, for as long as it exists.
    pub(crate) inode: u64,
}

/// The status of an object, identified.
pub(crate) fn identified(stat: &Stat) -> Identified {
    Identified {
        stat: descriptor_stat(stat),
        inode: inode(stat.st_dev, stat.st_ino),
    }
}

/// What identifies an object: a number that shows none of the host's.
pub(super) fn inode(device: u64, inode: u64) -> u64 {
    let mut object = DefaultHasher::new();
    (device, inode).hash(&mut object);
    object.finish()
}

/// A file's size, in bytes.
pub(crate) fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// Asks about a path. Blocks.
fn stat_at(dir: &Dir, path: &str, follows: bool) -> io::Result<Stat> {
    if follows || path.ends_with('/') {
        return Ok(fstat(follow(dir, path)?)?);
    }
    let (parent, name) = parent(dir, path)?;
    Ok(statat(&*parent, name, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Sets the times of a path. Blocks.
fn set_times_at(dir: &Dir, path: &str, follows: bool, times: &Timestamps) -> io::Result<()> {
    if follows || path.ends_with('/') {
        let fd = follow(dir, path)?;
        return Ok(utimensat(fd, "", times, AtFlags::EMPTY_PATH)?);
    }
    let (parent, name) = parent(dir, path)?;
    Ok(utimensat(&*parent, name, times, AtFlags::SYMLINK_NOFOLLOW)?)
}

impl FilesystemView<'_> {
    /// Calls `fstat` on an opened file and gives what `read` takes of the result, which is all that
    /// has to come back from the blocking pool.
    pub(crate) async fn stat_of<T: Send + 'static>(
        &mut self,
        descriptor: &Resource<Descriptor>,
        read: fn(&Stat) -> T,
    ) -> Result<T, FsError> {
        self.consume_budget().await?;
        let Descriptor { node, mount, .. } = self.table.get(descriptor)?;
        if is_inline(self.call, node.class()) {
            let stat = node.stat(read);
            self.spend_system_call();
            return Ok(stat?);
        }
        let (node, mount) = (node.clone(), mount.clone());
        self.on_pool(&mount, move || node.stat(read)).await
    }

    /// The same of a path.
    pub(crate) async fn stat_path<T: Send + 'static>(
        &mut self,
        base: &Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        read: fn(&Stat) -> T,
    ) -> Result<T, FsError> {
        self.spend(path.len());
        self.consume_budget().await?;
        let (directory, mount) = self.directory(base)?;
        relative(&path)?;
        let follows = flags.contains(PathFlags::SYMLINK_FOLLOW);
        let mut wanted = OFlags::PATH | OFlags::CLOEXEC;
        wanted.set(OFlags::NOFOLLOW, !follows);
        if let Some(fd) = self.open_cached(&directory, &path, wanted)? {
            return Ok(read(&fstat(fd)?));
        }
        self.on_pool(&mount, move || {
            Ok(read(&stat_at(directory.dir()?, &path, follows)?))
        })
        .await
    }

    pub(super) async fn same_object(
        &mut self,
        one: &Resource<Descriptor>,
        other: &Resource<Descriptor>,
    ) -> Result<bool, FsError> {
        let object = |stat: &Stat| (stat.st_dev, stat.st_ino);
        Ok(self.stat_of(one, object).await? == self.stat_of(other, object).await?)
    }

    pub(super) async fn change_times(
        &mut self,
        descriptor: &Resource<Descriptor>,
        access: NewTimestamp,
        modification: NewTimestamp,
    ) -> Result<(), FsError> {
        self.consume_budget().await?;
        let Descriptor { node, mount, .. } = self.table.get(descriptor)?;
        let (node, mount) = (node.clone(), mount.clone());
        mount.permit(Operation::Change)?;
        let times = self.times(access, modification)?;
        self.on_pool(&mount, move || node.set_times(&times)).await
    }

    pub(super) async fn change_times_at(
        &mut self,
        base: &Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        access: NewTimestamp,
        modification: NewTimestamp,
    ) -> Result<(), FsError> {
        self.spend(path.len());
        self.consume_budget().await?;
        let (directory, mount) = self.directory(base)?;
        mount.permit(Operation::Change)?;
        relative(&path)?;
        let times = self.times(access, modification)?;
        let follows = flags.contains(PathFlags::SYMLINK_FOLLOW);
        self.on_pool(&mount, move || {
            set_times_at(directory.dir()?, &path, follows, &times)
        })
        .await
    }

    fn times(
        &self,
        access: NewTimestamp,
        modification: NewTimestamp,
    ) -> Result<Timestamps, FsError> {
        // In a simulation "now" is the dispatcher's time, which the kernel does not know.
        let now = match self.handle.is_simulated()? {
            true => Some(self.handle.wall_time()?),
            false => None,
        };
        Ok(Timestamps {
            last_access: timespec(access, now)?,
            last_modification: timespec(modification, now)?,
        })
    }
}

impl Node {
    fn stat<T>(&self, read: fn(&Stat) -> T) -> io::Result<T> {
        Ok(read(&fstat(self.fd()?)?))
    }

    fn set_times(&self, times: &Timestamps) -> io::Result<()> {
        futimens(self.fd()?, times)?;
        Ok(())
    }
}

fn timespec(wanted: NewTimestamp, now: Option<WallTime>) -> Result<Timespec, FsError> {
    let (seconds, nanoseconds) = match (wanted, now) {
        (NewTimestamp::NoChange, _) => {
            return Ok(Timespec {
                tv_sec: 0,
                tv_nsec: UTIME_OMIT,
            });
        }
        (NewTimestamp::Now, None) => {
            return Ok(Timespec {
                tv_sec: 0,
                tv_nsec: UTIME_NOW,
            });
        }
        (NewTimestamp::Now, Some(now)) => (now.seconds, now.nanoseconds),
        (NewTimestamp::Timestamp(time), _) => (time.seconds, time.nanoseconds),
    };
    match i64::try_from(seconds) {
        Ok(seconds) if nanoseconds < NANOS => Ok(Timespec {
            tv_sec: seconds,
            tv_nsec: nanoseconds.into(),
        }),
        Ok(_) => Err(ErrorCode::Invalid.into()),
        Err(_) => Err(ErrorCode::Overflow.into()),
    }
}
