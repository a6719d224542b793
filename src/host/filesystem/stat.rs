//! What is known of a file without opening it: `stat`, timestamps, hashes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;

use rustix::fs::{
    AtFlags, OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, fstat, futimens, statat,
    utimensat,
};
use wasmtime::component::Resource;
use wippy_dispatcher::WallTime;

use super::Descriptor;
use super::FilesystemView;
use super::cached::is_inline;
use super::descriptor::{Directory, Node, kind};
use super::error::{ErrorCode, FsError};
use super::interfaces::types::{
    Datetime, DescriptorStat, MetadataHashValue, NewTimestamp, PathFlags,
};
use super::mount::Operation;
use super::path::{follow, parent, relative};
use crate::fs::{FileTime, Status};

const NANOS: u32 = 1_000_000_000;

/// WASI's form of a status. Times before 1970 are left out.
pub(super) fn descriptor_stat(status: &Status) -> DescriptorStat {
    let time = |time: FileTime| {
        Some(Datetime {
            seconds: u64::try_from(time.seconds).ok()?,
            nanoseconds: u32::try_from(time.nanoseconds).ok()?,
        })
    };
    DescriptorStat {
        type_: kind(status.kind),
        link_count: status.links,
        size: status.size,
        data_access_timestamp: time(status.accessed),
        data_modification_timestamp: time(status.modified),
        status_change_timestamp: time(status.changed),
    }
}

/// A hash whose lower half identifies the object for as long as it exists (preview 1 takes it for the
/// inode number) and whose upper half changes with size and modification time.
pub(super) fn hash(status: &Status) -> MetadataHashValue {
    let mut object = DefaultHasher::new();
    (status.device, status.inode).hash(&mut object);
    let mut content = object.clone();
    let modified = status.modified;
    (status.size, modified.seconds, modified.nanoseconds).hash(&mut content);
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
pub(crate) fn identified(status: &Status) -> Identified {
    Identified {
        stat: descriptor_stat(status),
        inode: inode(status.device, status.inode),
    }
}

/// What identifies an object: a number that shows none of the host's.
pub(super) fn inode(device: u64, inode: u64) -> u64 {
    let mut object = DefaultHasher::new();
    (device, inode).hash(&mut object);
    object.finish()
}

/// A file's size, in bytes.
pub(crate) fn size(status: &Status) -> u64 {
    status.size
}

/// Asks about a path. Blocks.
fn stat_at(directory: &Directory, path: &str, follows: bool) -> io::Result<Status> {
    if let Some(inode) = directory.inode() {
        return Ok(inode.status_at(path, follows)?);
    }
    let dir = directory.dir()?;
    if follows || path.ends_with('/') {
        return Ok(Status::from(&fstat(follow(dir, path)?)?));
    }
    let (parent, name) = parent(dir, path)?;
    let stat = statat(&*parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(Status::from(&stat))
}

/// Sets the times of a path. Blocks.
fn set_times_at(
    directory: &Directory,
    path: &str,
    follows: bool,
    times: &Timestamps,
) -> io::Result<()> {
    if let Some(inode) = directory.inode() {
        return Ok(inode.set_times_at(path, follows, times)?);
    }
    let dir = directory.dir()?;
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
        read: fn(&Status) -> T,
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
        read: fn(&Status) -> T,
    ) -> Result<T, FsError> {
        self.spend(path.len());
        self.consume_budget().await?;
        let (directory, mount) = self.directory(base)?;
        relative(&path)?;
        let follows = flags.contains(PathFlags::SYMLINK_FOLLOW);
        let mut wanted = OFlags::PATH | OFlags::CLOEXEC;
        wanted.set(OFlags::NOFOLLOW, !follows);
        if let Some(fd) = self.open_cached(&directory, &path, wanted)? {
            return Ok(read(&Status::from(&fstat(fd)?)));
        }
        self.on_pool(&mount, move || {
            Ok(read(&stat_at(&directory, &path, follows)?))
        })
        .await
    }

    pub(super) async fn same_object(
        &mut self,
        one: &Resource<Descriptor>,
        other: &Resource<Descriptor>,
    ) -> Result<bool, FsError> {
        let object = |status: &Status| (status.device, status.inode);
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
            set_times_at(&directory, &path, follows, &times)
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
    fn stat<T>(&self, read: fn(&Status) -> T) -> io::Result<T> {
        let status = match self.inode() {
            Some(inode) => inode.status()?,
            None => Status::from(&fstat(self.fd()?)?),
        };
        Ok(read(&status))
    }

    fn set_times(&self, times: &Timestamps) -> io::Result<()> {
        match self.inode() {
            Some(inode) => inode.set_times(times)?,
            None => futimens(self.fd()?, times)?,
        }
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
