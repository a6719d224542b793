//! Names: `path_*`, and the directories that a guest starts with.

use super::errno::{Answer, Errno};
use super::guest::Guest;
use super::layout::{self, FdFlags, Rights};
use super::lookup::handle;
use super::opened::descriptor_flags;
use super::state::{Descriptor, Directory, File, Stream};
use super::times::timestamps;
use crate::host::filesystem::interfaces::types::HostDescriptor;
use crate::host::filesystem::{DescriptorType, OpenFlags, PathFlags, stat};
use crate::host::limits::descriptor_permit;

/// Whether a link at the end of a path is followed.
///
/// # Errors
/// `inval` for unknown bits.
fn lookup(flags: u32) -> Result<PathFlags, Errno> {
    match flags {
        0 => Ok(PathFlags::empty()),
        1 => Ok(PathFlags::SYMLINK_FOLLOW),
        _ => Err(Errno::INVAL),
    }
}

fn open_flags(flags: u32) -> Result<OpenFlags, Errno> {
    let pairs = [
        (1, OpenFlags::CREATE),
        (2, OpenFlags::DIRECTORY),
        (4, OpenFlags::EXCLUSIVE),
        (8, OpenFlags::TRUNCATE),
    ];
    if flags > 15 {
        return Err(Errno::INVAL);
    }
    let mut open = OpenFlags::empty();
    for (bit, flag) in pairs {
        if flags & bit != 0 {
            open |= flag;
        }
    }
    Ok(open)
}

pub(super) fn fd_prestat_get(guest: &mut Guest<'_>, (fd, result): (u32, u32)) -> Answer {
    let length = match guest.descriptors()?.get(fd)? {
        Descriptor::Directory(Directory {
            preopen: Some(path),
            ..
        }) => path.len(),
        _ => return Err(Errno::BADF.into()),
    };
    let length = u32::try_from(length).map_err(|_| Errno::OVERFLOW)?;
    // The first four bytes are the kind: a directory, the only one there is.
    guest.store_u64(result, u64::from(length) << 32)?;
    Ok(())
}

pub(super) fn fd_prestat_dir_name(
    guest: &mut Guest<'_>,
    (fd, buffer, length): (u32, u32, u32),
) -> Answer {
    let path = match guest.descriptors()?.get(fd)? {
        Descriptor::Directory(Directory {
            preopen: Some(path),
            ..
        }) => path.clone(),
        _ => return Err(Errno::NOTDIR.into()),
    };
    if path.len() > length as usize {
        return Err(Errno::NAMETOOLONG.into());
    }
    guest.store(buffer, path.as_bytes())?;
    guest.call().spend(path.len());
    Ok(())
}

pub(super) async fn path_create_directory(
    guest: &mut Guest<'_>,
    (fd, path, length): (u32, u32, u32),
) -> Answer {
    let base = guest.directory_handle(fd)?;
    let path = guest.path(path, length)?;
    Ok(guest.files().create_directory_at(base, path).await?)
}

pub(super) async fn path_filestat_get(
    guest: &mut Guest<'_>,
    (fd, flags, path, length, result): (u32, u32, u32, u32, u32),
) -> Answer {
    let version = guest.version;
    guest.check(result, layout::filestat_size(version))?;
    let flags = lookup(flags)?;
    let base = guest.directory_handle(fd)?;
    let path = guest.path(path, length)?;
    let mut files = guest.files();
    let found = files
        .stat_path(&base, flags, path, stat::identified)
        .await?;
    guest.store(result, &layout::filestat(version, &found)?)?;
    Ok(())
}

type SetTimes = (u32, u32, u32, u32, u64, u64, u32);

pub(super) async fn path_filestat_set_times(
    guest: &mut Guest<'_>,
    (fd, flags, path, length, access, modification, which): SetTimes,
) -> Answer {
    let flags = lookup(flags)?;
    let (access, modification) = timestamps(access, modification, which)?;
    let base = guest.directory_handle(fd)?;
    let path = guest.path(path, length)?;
    let mut files = guest.files();
    let set = files.set_times_at(base, flags, path, access, modification);
    Ok(set.await?)
}

type Link = (u32, u32, u32, u32, u32, u32, u32);

pub(super) async fn path_link(
    guest: &mut Guest<'_>,
    (old, flags, old_path, old_length, new, new_path, new_length): Link,
) -> Answer {
    let flags = lookup(flags)?;
    let (old, new) = (guest.directory_handle(old)?, guest.directory_handle(new)?);
    let old_path = guest.path(old_path, old_length)?;
    let new_path = guest.path(new_path, new_length)?;
    let mut files = guest.files();
    Ok(files.link_at(old, flags, old_path, new, new_path).await?)
}

type Open = (u32, u32, u32, u32, u32, u64, u64, u32, u32);

pub(super) async fn path_open(
    guest: &mut Guest<'_>,
    (fd, lookup_flags, path, length, open, rights, inheriting, flags, result): Open,
) -> Answer {
    guest.check(result, 4)?;
    let (lookup_flags, open) = (lookup(lookup_flags)?, open_flags(open)?);
    let (rights, flags) = (Rights::new(rights)?, FdFlags::new(flags)?);
    Rights::new(inheriting)?;
    let base = match guest.descriptor(fd)? {
        Descriptor::Directory(directory) => handle(directory.descriptor),
        Descriptor::File(_) => return Err(Errno::NOTDIR.into()),
        Descriptor::Standard(_) => return Err(Errno::BADF.into()),
    };
    let path = guest.path(path, length)?;
    let call = guest.call();
    // What has no room is refused before something is created or truncated.
    if call.table.is_full() || descriptor_permit(&call.descriptors).is_err() {
        return Err(Errno::MFILE.into());
    }
    let mut files = guest.files();
    let opened = files
        .open_at(
            base,
            lookup_flags,
            path,
            open,
            descriptor_flags(rights, flags),
        )
        .await?;
    let descriptor = opened.rep();
    let opened = match files.kind_of(&opened)? {
        DescriptorType::Directory => Descriptor::Directory(Directory {
            descriptor,
            preopen: None,
            cursor: None,
        }),
        _ => Descriptor::File(File {
            descriptor,
            position: 0,
            append: flags.has(FdFlags::APPEND),
            stream: Stream {
                nonblocking: flags.has(FdFlags::NONBLOCK),
                ..Stream::default()
            },
        }),
    };
    let number = guest.descriptors()?.push(opened)?;
    guest.store_u32(result, number)?;
    Ok(())
}

type ReadLink = (u32, u32, u32, u32, u32, u32);

/// What does not fit is cut off.
pub(super) async fn path_readlink(
    guest: &mut Guest<'_>,
    (fd, path, length, buffer, size, result): ReadLink,
) -> Answer {
    guest.check(result, 4)?;
    guest.check(buffer, size as usize)?;
    let base = guest.directory_handle(fd)?;
    let path = guest.path(path, length)?;
    let target = guest.files().readlink_at(base, path).await?;
    let target = target.as_bytes();
    let target = target.get(..size as usize).unwrap_or(target);
    guest.store(buffer, target)?;
    let length = u32::try_from(target.len()).map_err(|_| Errno::OVERFLOW)?;
    guest.store_u32(result, length)?;
    Ok(())
}

pub(super) async fn path_remove_directory(
    guest: &mut Guest<'_>,
    (fd, path, length): (u32, u32, u32),
) -> Answer {
    let base = guest.directory_handle(fd)?;
    let path = guest.path(path, length)?;
    Ok(guest.files().remove_directory_at(base, path).await?)
}

type Rename = (u32, u32, u32, u32, u32, u32);

pub(super) async fn path_rename(
    guest: &mut Guest<'_>,
    (old, old_path, old_length, new, new_path, new_length): Rename,
) -> Answer {
    let (old, new) = (guest.directory_handle(old)?, guest.directory_handle(new)?);
    let old_path = guest.path(old_path, old_length)?;
    let new_path = guest.path(new_path, new_length)?;
    let mut files = guest.files();
    Ok(files.rename_at(old, old_path, new, new_path).await?)
}

pub(super) async fn path_symlink(
    guest: &mut Guest<'_>,
    (target, target_length, fd, path, length): (u32, u32, u32, u32, u32),
) -> Answer {
    let base = guest.directory_handle(fd)?;
    let target = guest.path(target, target_length)?;
    let path = guest.path(path, length)?;
    Ok(guest.files().symlink_at(base, target, path).await?)
}

pub(super) async fn path_unlink_file(
    guest: &mut Guest<'_>,
    (fd, path, length): (u32, u32, u32),
) -> Answer {
    let base = guest.directory_handle(fd)?;
    let path = guest.path(path, length)?;
    Ok(guest.files().unlink_file_at(base, path).await?)
}
