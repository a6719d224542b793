//! What is beneath a directory of the host, read once.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, openat, readlinkat, statat};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use super::content::Content;
use super::inode::{Body, Directory, FileData, Inode, Name};
use super::inodes::ROOT;
use crate::fs::status::FileTime;
use crate::io_reason::io_reason;

/// The most bytes of files that are read.
pub(super) const MAX_BYTES: u64 = 256 << 20;
/// The most files, directories and links.
pub(super) const MAX_INODES: usize = 1_000_000;
/// How deep directories may nest.
const MAX_DEPTH: usize = 256;
/// Bytes of names that are fetched at once.
const BATCH: usize = 32 * 1024;

/// The files beneath a directory as they were when it was read. Runs share it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) inodes: Arc<[Inode]>,
    /// Of all that the files hold.
    pub(super) hash: u64,
}

impl Snapshot {
    /// An empty directory.
    pub(super) fn empty(time: FileTime) -> Snapshot {
        let root = Inode::new(Body::Directory(Directory::new(ROOT)), time);
        Snapshot {
            inodes: [root].into(),
            hash: 0,
        }
    }

    /// Reads what is beneath an open directory. It depends on the files alone: names are read in their
    /// order, inodes numbered from 1, and all times are `time`. Blocks.
    ///
    /// # Errors
    /// What cannot be read, and why; which bound is exceeded.
    pub(super) fn read(directory: &OwnedFd, time: FileTime) -> Result<Snapshot, String> {
        // The one that is given may be good for paths only.
        let directory = open(directory, b".", OFlags::DIRECTORY);
        let directory = directory.map_err(|errno| cannot(Path::new(""), errno))?;
        let mut reading = Reading {
            inodes: Vec::new(),
            linked: HashMap::new(),
            bytes: 0,
            hasher: ContentHasher(Sha256::new()),
            time,
        };
        reading.directory(&directory, ROOT, Path::new(""), 0)?;
        Ok(Snapshot {
            inodes: reading.inodes.into(),
            hash: reading.hasher.finish(),
        })
    }
}

/// The hash of all that is read. It is in logs, and so the same in every build and on every machine.
struct ContentHasher(Sha256);

impl ContentHasher {
    fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    /// Behind their length, so that no bytes can be taken for those before or behind them.
    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    /// The first 8 bytes.
    fn finish(self) -> u64 {
        let digest = self.0.finalize();
        let first = digest.first_chunk().copied();
        first.map_or(0, u64::from_le_bytes)
    }
}

struct Reading {
    inodes: Vec<Inode>,
    /// Files with several names, by what the host calls them.
    linked: HashMap<(u64, u64), u64>,
    bytes: u64,
    hasher: ContentHasher,
    time: FileTime,
}

impl Reading {
    fn add(&mut self, body: Body) -> Result<u64, String> {
        if self.inodes.len() >= MAX_INODES {
            return Err(format!(
                "there are more than {MAX_INODES} files beneath it, which a simulation reads at most"
            ));
        }
        self.inodes.push(Inode::new(body, self.time));
        Ok(ROOT + self.inodes.len() as u64 - 1)
    }

    fn of(&mut self, number: u64) -> Option<&mut Inode> {
        self.inodes.get_mut((number - ROOT) as usize)
    }

    /// Adds an open directory and all that is beneath it.
    fn directory(
        &mut self,
        fd: &OwnedFd,
        parent: u64,
        path: &Path,
        depth: usize,
    ) -> Result<u64, String> {
        if depth > MAX_DEPTH {
            return Err(format!(
                "{} is nested deeper than {MAX_DEPTH} directories, which a simulation reads at most",
                path.display()
            ));
        }
        let number = self.add(Body::Directory(Directory::new(parent)))?;
        let names = names(fd).map_err(|errno| cannot(path, errno))?;
        let (mut entries, mut directories) = (BTreeMap::new(), 0);
        for name in names {
            let inside = path.join(text(&name));
            let child = self.child(fd, &name, number, &inside, depth);
            // What has gone since the names were listed is not there.
            let Some(child) = child? else { continue };
            self.hasher.bytes(&name);
            self.hasher.number(child);
            self.hasher.number(number);
            directories += u64::from(self.of(child).is_some_and(|child| child.is_directory()));
            entries.insert(name, child);
        }
        if let Some(Body::Directory(directory)) = self.of(number).map(|inode| &mut inode.body) {
            directory.entries = Arc::new(entries);
            directory.synced = directory.entries.clone();
            directory.directories = directories;
        }
        Ok(number)
    }

    fn child(
        &mut self,
        fd: &OwnedFd,
        name: &[u8],
        parent: u64,
        path: &Path,
        depth: usize,
    ) -> Result<Option<u64>, String> {
        let failed = |errno| cannot(path, errno);
        let stat = match statat(fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(failed(errno)),
        };
        let kind = FileType::from_raw_mode(stat.st_mode);
        let object = (stat.st_dev, stat.st_ino);
        let has_names = kind != FileType::Directory && stat.st_nlink > 1;
        if has_names && let Some(&known) = self.linked.get(&object) {
            if let Some(inode) = self.of(known) {
                inode.links += 1;
            }
            return Ok(Some(known));
        }
        self.hasher.number(u64::from(kind.as_raw_mode()));
        let number = match kind {
            FileType::Directory => match open(fd, name, OFlags::DIRECTORY) {
                Ok(opened) => self.directory(&opened, parent, path, depth + 1)?,
                Err(Errno::ACCESS) => self.denied(Body::Directory(Directory::new(parent)))?,
                Err(errno) => return Err(failed(errno)),
            },
            FileType::RegularFile => match self.file(fd, name, path)? {
                Some(content) => self.add(Body::File(FileData::synced(content)))?,
                None => self.denied(Body::File(FileData::default()))?,
            },
            FileType::Symlink => {
                let target = readlinkat(fd, name, Vec::new()).map_err(failed)?;
                self.hasher.bytes(target.as_bytes());
                self.add(Body::Link(target.into_bytes().into()))?
            }
            special => self.add(Body::Special(special))?,
        };
        if has_names {
            self.linked.insert(object, number);
        }
        Ok(Some(number))
    }

    /// Adds what the process may not read.
    fn denied(&mut self, body: Body) -> Result<u64, String> {
        let number = self.add(body)?;
        if let Some(inode) = self.of(number) {
            inode.is_denied = true;
        }
        Ok(number)
    }

    /// The bytes of a file; `None` where the process may not read it.
    fn file(&mut self, fd: &OwnedFd, name: &[u8], path: &Path) -> Result<Option<Content>, String> {
        let opened = match open(fd, name, OFlags::NONBLOCK) {
            Ok(opened) => opened,
            Err(Errno::ACCESS) => return Ok(None),
            Err(errno) => return Err(cannot(path, errno)),
        };
        let (left, mut bytes) = (MAX_BYTES - self.bytes, Vec::new());
        let read = File::from(opened).take(left + 1).read_to_end(&mut bytes);
        read.map_err(|error| cannot(path, error))?;
        if bytes.len() as u64 > left {
            return Err(format!(
                "the files beneath it have more than {MAX_BYTES} bytes, which a simulation reads at most"
            ));
        }
        self.bytes += bytes.len() as u64;
        self.hasher.bytes(&bytes);
        Ok(Some(Content::new(&bytes)))
    }
}

/// Opens a name to be read; without a change of its time of access where the process may.
fn open(fd: &OwnedFd, name: &[u8], more: OFlags) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | more;
    match openat(fd, name, flags | OFlags::NOATIME, Mode::empty()) {
        Err(Errno::PERM) => openat(fd, name, flags, Mode::empty()),
        opened => opened,
    }
}

/// The names in a directory, in their order.
fn names(fd: impl AsFd) -> Result<Vec<Name>, Errno> {
    let mut space = Vec::with_capacity(BATCH);
    let mut raw = RawDir::new(fd, space.spare_capacity_mut());
    let mut names = Vec::new();
    while let Some(entry) = raw.next() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(Name::from(name));
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn text(name: &[u8]) -> PathBuf {
    String::from_utf8_lossy(name).into_owned().into()
}

fn cannot(path: &Path, error: impl Into<io::Error>) -> String {
    let reason = io_reason(&error.into(), "file");
    match path.as_os_str().is_empty() {
        true => reason,
        false => format!("{} cannot be read: {reason}", path.display()),
    }
}
