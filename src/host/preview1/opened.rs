//! What is opened: its status, its flags, its number, and what is done to a file as a whole.

use super::errno::{Answer, Errno};
use super::guest::Guest;
use super::layout::{self, FdFlags, Rights};
use super::lookup::handle;
use super::state::{Descriptor, Directory, File};
use super::times::timestamps;
use super::version::Version;
use crate::host::filesystem::interfaces::types::{Advice, HostDescriptor};
use crate::host::filesystem::{DescriptorFlags, DescriptorType, stat};

pub(super) async fn fd_advise(
    guest: &mut Guest<'_>,
    (fd, offset, length, advice): (u32, u64, u64, u32),
) -> Answer {
    let advice = match advice {
        0 => Advice::Normal,
        1 => Advice::Sequential,
        2 => Advice::Random,
        3 => Advice::WillNeed,
        4 => Advice::DontNeed,
        5 => Advice::NoReuse,
        _ => return Err(Errno::INVAL.into()),
    };
    let file = handle(guest.file(fd)?.descriptor);
    Ok(guest.files().advise(file, offset, length, advice).await?)
}

/// Not every filesystem has it.
pub(super) fn fd_allocate(guest: &mut Guest<'_>, (fd, _, _): (u32, u64, u64)) -> Answer {
    guest.file(fd)?;
    Err(Errno::NOTSUP.into())
}

/// It asks for no interface: nothing can be done with what it ends.
pub(super) fn fd_close(guest: &mut Guest<'_>, (fd,): (u32,)) -> Answer {
    let closed = guest.descriptors()?.remove(fd)?;
    guest.drop_descriptor(closed)
}

/// The number of the second descriptor, which is closed, is the first one's from now on.
pub(super) fn fd_renumber(guest: &mut Guest<'_>, (from, to): (u32, u32)) -> Answer {
    match guest.descriptors()?.renumber(from, to)? {
        Some(closed) => guest.drop_descriptor(closed),
        None => Ok(()),
    }
}

/// Of a directory as well, by which programs make sure of the names in it.
pub(super) async fn fd_datasync(guest: &mut Guest<'_>, (fd,): (u32,)) -> Answer {
    let opened = guest.either_handle(fd)?;
    Ok(guest.files().sync_data(opened).await?)
}

/// As [`fd_datasync`].
pub(super) async fn fd_sync(guest: &mut Guest<'_>, (fd,): (u32,)) -> Answer {
    let opened = guest.either_handle(fd)?;
    Ok(guest.files().sync(opened).await?)
}

pub(super) fn fd_fdstat_get(guest: &mut Guest<'_>, (fd, result): (u32, u32)) -> Answer {
    guest.check(result, layout::FDSTAT)?;
    let status = match guest.descriptor(fd)? {
        Descriptor::Standard(standard) => layout::standard_status(
            standard.which,
            standard.is_terminal,
            standard.stream.nonblocking,
        ),
        Descriptor::Directory(Directory {
            preopen: Some(_), ..
        }) => layout::preopen_status(),
        Descriptor::Directory(Directory { descriptor, .. }) => {
            let opened = handle(*descriptor);
            let files = guest.files();
            layout::file_status(
                files.kind_of(&opened)?,
                files.flags_of(&opened)?,
                FdFlags(0),
            )
        }
        Descriptor::File(file) => {
            let mut own = FdFlags(0);
            own.set(FdFlags::APPEND, file.append);
            own.set(FdFlags::NONBLOCK, file.stream.nonblocking);
            let opened = handle(file.descriptor);
            let files = guest.files();
            layout::file_status(files.kind_of(&opened)?, files.flags_of(&opened)?, own)
        }
    };
    guest.store(result, &status)?;
    Ok(())
}

/// `append` and `nonblock` can be set and cleared. What is written through standard streams goes to
/// their ends anyway.
pub(super) fn fd_fdstat_set_flags(guest: &mut Guest<'_>, (fd, flags): (u32, u32)) -> Answer {
    let flags = FdFlags::new(flags)?;
    let synchronous = flags.has(FdFlags::DSYNC | FdFlags::RSYNC | FdFlags::SYNC);
    let (stream, append) = match guest.descriptor(fd)? {
        Descriptor::Standard(standard) => (&mut standard.stream, None),
        Descriptor::File(file) => (&mut file.stream, Some(&mut file.append)),
        Descriptor::Directory(_) => return Err(Errno::BADF.into()),
    };
    if synchronous {
        return Err(Errno::INVAL.into());
    }
    stream.nonblocking = flags.has(FdFlags::NONBLOCK);
    if let Some(append) = append {
        *append = flags.has(FdFlags::APPEND);
    }
    Ok(())
}

/// Rights are what a descriptor was opened with.
pub(super) fn fd_fdstat_set_rights(
    guest: &mut Guest<'_>,
    (fd, base, inheriting): (u32, u64, u64),
) -> Answer {
    Rights::new(base)?;
    Rights::new(inheriting)?;
    guest.either_handle(fd)?;
    Err(Errno::NOTSUP.into())
}

pub(super) async fn fd_filestat_get(guest: &mut Guest<'_>, (fd, result): (u32, u32)) -> Answer {
    let version = guest.version;
    guest.check(result, layout::filestat_size(version))?;
    let status = match guest.descriptor(fd)? {
        Descriptor::Standard(standard) => layout::standard_filestat(version, standard.is_terminal),
        Descriptor::File(File { descriptor, .. })
        | Descriptor::Directory(Directory { descriptor, .. }) => {
            let opened = handle(*descriptor);
            let status = guest.files().stat_of(&opened, stat::identified).await?;
            layout::filestat(version, &status)?
        }
    };
    guest.store(result, &status)?;
    Ok(())
}

pub(super) async fn fd_filestat_set_size(guest: &mut Guest<'_>, (fd, size): (u32, u64)) -> Answer {
    let file = handle(guest.file(fd)?.descriptor);
    // No system has such files, whatever its disk has room for.
    if i64::try_from(size).is_err() {
        return Err(Errno::INVAL.into());
    }
    Ok(guest.files().set_size(file, size).await?)
}

pub(super) async fn fd_filestat_set_times(
    guest: &mut Guest<'_>,
    (fd, access, modification, flags): (u32, u64, u64, u32),
) -> Answer {
    let (access, modification) = timestamps(access, modification, flags)?;
    let opened = guest.either_handle(fd)?;
    let files = &mut guest.files();
    Ok(files.set_times(opened, access, modification).await?)
}

pub(super) async fn fd_seek(
    guest: &mut Guest<'_>,
    (fd, offset, whence, result): (u32, u64, u32, u32),
) -> Answer {
    guest.check(result, 8)?;
    let whence = Whence::new(guest.version, whence)?;
    let position = seekable(guest, fd)?;
    let offset = offset.cast_signed();
    let start = match whence {
        Whence::Set => 0,
        Whence::Current => position,
        Whence::End => {
            let file = handle(guest.file(fd)?.descriptor);
            guest.files().stat_of(&file, stat::size).await?
        }
    };
    let position = start.checked_add_signed(offset).ok_or(Errno::INVAL)?;
    guest.file(fd)?.position = position;
    guest.store_u64(result, position)?;
    Ok(())
}

pub(super) fn fd_tell(guest: &mut Guest<'_>, (fd, result): (u32, u32)) -> Answer {
    let position = seekable(guest, fd)?;
    guest.store_u64(result, position)?;
    Ok(())
}

/// The position of a file.
fn seekable(guest: &mut Guest<'_>, fd: u32) -> Answer<u64> {
    match guest.descriptor(fd)? {
        Descriptor::Standard(_) => Err(Errno::SPIPE.into()),
        Descriptor::Directory(_) => Err(Errno::BADF.into()),
        Descriptor::File(File {
            descriptor,
            position,
            ..
        }) => {
            let (opened, position) = (handle(*descriptor), *position);
            match guest.files().kind_of(&opened)? {
                DescriptorType::RegularFile => Ok(position),
                _ => Err(Errno::SPIPE.into()),
            }
        }
    }
}

/// What `fd_seek` counts from.
enum Whence {
    Set,
    Current,
    End,
}

impl Whence {
    /// The versions number them differently.
    fn new(version: Version, number: u32) -> Result<Whence, Errno> {
        match (version, number) {
            (Version::Snapshot, 0) | (Version::Unstable, 2) => Ok(Whence::Set),
            (Version::Snapshot, 1) | (Version::Unstable, 0) => Ok(Whence::Current),
            (Version::Snapshot, 2) | (Version::Unstable, 1) => Ok(Whence::End),
            _ => Err(Errno::INVAL),
        }
    }
}

/// The flags of `path_open` as the descriptor has them.
pub(super) fn descriptor_flags(rights: Rights, flags: FdFlags) -> DescriptorFlags {
    let mut opened = DescriptorFlags::empty();
    let pairs = [
        (rights.has(Rights::FD_READ), DescriptorFlags::READ),
        (rights.has(Rights::FD_WRITE), DescriptorFlags::WRITE),
        (
            flags.has(FdFlags::SYNC),
            DescriptorFlags::FILE_INTEGRITY_SYNC,
        ),
        (
            flags.has(FdFlags::DSYNC),
            DescriptorFlags::DATA_INTEGRITY_SYNC,
        ),
        (
            flags.has(FdFlags::RSYNC),
            DescriptorFlags::REQUESTED_WRITE_SYNC,
        ),
    ];
    for (is_set, flag) in pairs {
        if is_set {
            opened |= flag;
        }
    }
    opened
}
