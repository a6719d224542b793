//! How structures lie in a guest's memory, and the bits of flags and rights.

use super::errno::{Answer, Errno};
use super::state::Standard;
use super::version::Version;
use crate::host::clocks::interfaces::wall_clock::Datetime;
use crate::host::filesystem::stat::Identified;
use crate::host::filesystem::{DescriptorFlags, DescriptorType};

/// A descriptor's flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FdFlags(pub(super) u16);

impl FdFlags {
    pub(super) const APPEND: u16 = 1;
    pub(super) const DSYNC: u16 = 2;
    pub(super) const NONBLOCK: u16 = 4;
    pub(super) const RSYNC: u16 = 8;
    pub(super) const SYNC: u16 = 16;

    /// # Errors
    /// `inval` for unknown bits.
    pub(super) fn new(bits: u32) -> Result<FdFlags, Errno> {
        match u16::try_from(bits) {
            Ok(bits) if bits < 32 => Ok(FdFlags(bits)),
            _ => Err(Errno::INVAL),
        }
    }

    /// Whether one of these is set.
    pub(super) fn has(self, flags: u16) -> bool {
        self.0 & flags != 0
    }

    pub(super) fn set(&mut self, flag: u16, is_set: bool) {
        if is_set {
            self.0 |= flag;
        }
    }
}

/// What may be done with a descriptor, or with what is opened through it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rights(u64);

macro_rules! rights {
    ($($name:ident = $bit:literal;)*) => {
        impl Rights {
            $(pub(super) const $name: u64 = 1 << $bit;)*
        }
    };
}

rights! {
    FD_DATASYNC = 0;
    FD_READ = 1;
    FD_SEEK = 2;
    FD_FDSTAT_SET_FLAGS = 3;
    FD_SYNC = 4;
    FD_TELL = 5;
    FD_WRITE = 6;
    FD_ADVISE = 7;
    FD_ALLOCATE = 8;
    PATH_CREATE_DIRECTORY = 9;
    PATH_CREATE_FILE = 10;
    PATH_LINK_SOURCE = 11;
    PATH_LINK_TARGET = 12;
    PATH_OPEN = 13;
    FD_READDIR = 14;
    PATH_READLINK = 15;
    PATH_RENAME_SOURCE = 16;
    PATH_RENAME_TARGET = 17;
    PATH_FILESTAT_GET = 18;
    PATH_FILESTAT_SET_SIZE = 19;
    PATH_FILESTAT_SET_TIMES = 20;
    FD_FILESTAT_GET = 21;
    FD_FILESTAT_SET_SIZE = 22;
    FD_FILESTAT_SET_TIMES = 23;
    PATH_SYMLINK = 24;
    PATH_REMOVE_DIRECTORY = 25;
    PATH_UNLINK_FILE = 26;
    POLL_FD_READWRITE = 27;
}

impl Rights {
    const ALL: u64 = (1 << 30) - 1;

    /// What can be done with a directory that a guest starts with. Libraries look for these.
    const PREOPEN: u64 = Rights::PATH_CREATE_DIRECTORY
        | Rights::PATH_CREATE_FILE
        | Rights::PATH_LINK_SOURCE
        | Rights::PATH_LINK_TARGET
        | Rights::PATH_OPEN
        | Rights::FD_READDIR
        | Rights::PATH_READLINK
        | Rights::PATH_RENAME_SOURCE
        | Rights::PATH_RENAME_TARGET
        | Rights::PATH_SYMLINK
        | Rights::PATH_REMOVE_DIRECTORY
        | Rights::PATH_UNLINK_FILE
        | Rights::PATH_FILESTAT_GET
        | Rights::PATH_FILESTAT_SET_TIMES
        | Rights::FD_FILESTAT_GET
        | Rights::FD_FILESTAT_SET_TIMES;

    /// What can be done with what is opened in it.
    const PREOPEN_INHERITING: u64 = Rights::PREOPEN
        | Rights::FD_DATASYNC
        | Rights::FD_READ
        | Rights::FD_SEEK
        | Rights::FD_FDSTAT_SET_FLAGS
        | Rights::FD_SYNC
        | Rights::FD_TELL
        | Rights::FD_WRITE
        | Rights::FD_ADVISE
        | Rights::FD_ALLOCATE
        | Rights::FD_FILESTAT_SET_SIZE
        | Rights::POLL_FD_READWRITE;

    /// # Errors
    /// `inval` for unknown bits.
    pub(super) fn new(bits: u64) -> Result<Rights, Errno> {
        match bits & !Rights::ALL {
            0 => Ok(Rights(bits)),
            _ => Err(Errno::INVAL),
        }
    }

    pub(super) fn has(self, right: u64) -> bool {
        self.0 & right != 0
    }
}

const UNKNOWN: u8 = 0;
const CHARACTER_DEVICE: u8 = 2;
const DIRECTORY: u8 = 3;

/// The number of a type of file. Preview 1 has none for a FIFO.
pub(super) fn filetype(kind: DescriptorType) -> u8 {
    match kind {
        DescriptorType::Unknown | DescriptorType::Fifo => UNKNOWN,
        DescriptorType::BlockDevice => 1,
        DescriptorType::CharacterDevice => CHARACTER_DEVICE,
        DescriptorType::Directory => DIRECTORY,
        DescriptorType::RegularFile => 4,
        DescriptorType::Socket => 6,
        DescriptorType::SymbolicLink => 7,
    }
}

/// The type of a standard stream.
fn standard_type(is_terminal: bool) -> u8 {
    match is_terminal {
        true => CHARACTER_DEVICE,
        false => UNKNOWN,
    }
}

/// Bytes that are put together field by field.
struct Fields<const N: usize>([u8; N]);

impl<const N: usize> Fields<N> {
    fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.0.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }
}

/// The size of a descriptor's status.
pub(super) const FDSTAT: usize = 24;

fn fdstat(kind: u8, flags: FdFlags, base: u64, inheriting: u64) -> [u8; FDSTAT] {
    let mut fields = Fields([0; FDSTAT]);
    fields.put(0, &[kind]);
    fields.put(2, &flags.0.to_le_bytes());
    fields.put(8, &base.to_le_bytes());
    fields.put(16, &inheriting.to_le_bytes());
    fields.0
}

/// The status of a standard stream. Without the right to seek, by which libraries know a terminal.
pub(super) fn standard_status(
    which: Standard,
    is_terminal: bool,
    nonblocking: bool,
) -> [u8; FDSTAT] {
    let rights = match which {
        Standard::Input => Rights::FD_READ,
        Standard::Output | Standard::Error => Rights::FD_WRITE,
    };
    let mut flags = FdFlags(0);
    flags.set(FdFlags::NONBLOCK, nonblocking);
    fdstat(standard_type(is_terminal), flags, rights, rights)
}

/// The status of a directory that a guest starts with.
pub(super) fn preopen_status() -> [u8; FDSTAT] {
    fdstat(
        DIRECTORY,
        FdFlags(0),
        Rights::PREOPEN,
        Rights::PREOPEN_INHERITING,
    )
}

/// The status of anything else, with the flags that preview 1 keeps itself.
pub(super) fn file_status(
    kind: DescriptorType,
    opened: DescriptorFlags,
    mut flags: FdFlags,
) -> [u8; FDSTAT] {
    let mut rights = Rights::ALL;
    if kind == DescriptorType::Directory {
        rights &=
            !(Rights::FD_SEEK | Rights::FD_FILESTAT_SET_SIZE | Rights::PATH_FILESTAT_SET_SIZE);
    }
    if !opened.contains(DescriptorFlags::READ) {
        rights &= !(Rights::FD_READ | Rights::FD_READDIR);
    }
    if !opened.contains(DescriptorFlags::WRITE) {
        rights &= !Rights::FD_WRITE;
    }
    let pairs = [
        (DescriptorFlags::DATA_INTEGRITY_SYNC, FdFlags::DSYNC),
        (DescriptorFlags::REQUESTED_WRITE_SYNC, FdFlags::RSYNC),
        (DescriptorFlags::FILE_INTEGRITY_SYNC, FdFlags::SYNC),
    ];
    for (flag, own) in pairs {
        flags.set(own, opened.contains(flag));
    }
    fdstat(filetype(kind), flags, rights, rights)
}

/// How many bytes a file's status takes at most.
const FILESTAT: usize = 64;

/// How many bytes a file's status takes.
pub(super) fn filestat_size(version: Version) -> usize {
    match version {
        Version::Snapshot => FILESTAT,
        Version::Unstable => 56,
    }
}

/// What a file's status is made of.
#[derive(Default)]
struct FileStatus {
    device: u64,
    inode: u64,
    kind: u8,
    links: u64,
    size: u64,
    times: [u64; 3],
}

impl FileStatus {
    fn bytes(&self, version: Version) -> Vec<u8> {
        let mut fields = Fields([0; FILESTAT]);
        fields.put(0, &self.device.to_le_bytes());
        fields.put(8, &self.inode.to_le_bytes());
        fields.put(16, &[self.kind]);
        let rest = match version {
            Version::Snapshot => {
                fields.put(24, &self.links.to_le_bytes());
                32
            }
            Version::Unstable => {
                let links = u32::try_from(self.links).unwrap_or(u32::MAX);
                fields.put(20, &links.to_le_bytes());
                24
            }
        };
        for (at, number) in (rest..)
            .step_by(8)
            .zip([self.size].iter().chain(&self.times))
        {
            fields.put(at, &number.to_le_bytes());
        }
        let mut bytes = fields.0.to_vec();
        bytes.truncate(filestat_size(version));
        bytes
    }
}

/// The file's status of a standard stream.
pub(super) fn standard_filestat(version: Version, is_terminal: bool) -> Vec<u8> {
    let status = FileStatus {
        kind: standard_type(is_terminal),
        ..FileStatus::default()
    };
    status.bytes(version)
}

/// All files are on one device: what identifies a file does so over all of them.
const DEVICE: u64 = 1;

/// The status of a file.
///
/// # Errors
/// `overflow` for a time after the year 2554.
pub(super) fn filestat(version: Version, file: &Identified) -> Answer<Vec<u8>> {
    let stat = &file.stat;
    let status = FileStatus {
        device: DEVICE,
        inode: file.inode,
        kind: filetype(stat.type_),
        links: stat.link_count,
        size: stat.size,
        times: [
            time(stat.data_access_timestamp)?,
            time(stat.data_modification_timestamp)?,
            time(stat.status_change_timestamp)?,
        ],
    };
    Ok(status.bytes(version))
}

fn time(time: Option<Datetime>) -> Result<u64, Errno> {
    let Some(time) = time else {
        return Ok(0);
    };
    let seconds = time.seconds.checked_mul(1_000_000_000);
    let nanos = seconds.and_then(|nanos| nanos.checked_add(time.nanoseconds.into()));
    nanos.ok_or(Errno::OVERFLOW)
}

/// The size of what describes an entry of a directory, without its name.
pub(super) const DIRENT: usize = 24;

pub(super) fn dirent(next: u64, inode: u64, name_length: u32, kind: u8) -> [u8; DIRENT] {
    let mut fields = Fields([0; DIRENT]);
    fields.put(0, &next.to_le_bytes());
    fields.put(8, &inode.to_le_bytes());
    fields.put(16, &name_length.to_le_bytes());
    fields.put(20, &[kind]);
    fields.0
}

/// The size of an event.
pub(super) const EVENT: usize = 32;

/// An event of `poll_oneoff`.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Event {
    pub(super) userdata: u64,
    pub(super) kind: u8,
    pub(super) bytes: u64,
    pub(super) hung_up: bool,
}

impl Event {
    pub(super) fn to_bytes(self) -> [u8; EVENT] {
        let mut fields = Fields([0; EVENT]);
        fields.put(0, &self.userdata.to_le_bytes());
        fields.put(10, &[self.kind]);
        fields.put(16, &self.bytes.to_le_bytes());
        fields.put(24, &u16::from(self.hung_up).to_le_bytes());
        fields.0
    }
}
