//! A path followed one name at a time, with every directory in which a name was looked up.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, fstat, mkdirat, openat, openat2,
    readlinkat, statat,
};
use rustix::io::Errno;

use super::error::PathError;
use super::location::{FileId, Location};

/// The most symbolic links of one path, as in the kernel.
const MAX_LINKS: usize = 40;
/// The most directories above one that are looked at.
const MAX_ANCESTORS: usize = 1024;

const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);

/// Where a path leads: to something that exists, or to something that is missing below a directory
/// that exists. Following it opens nothing.
#[derive(Debug)]
pub struct Walk {
    /// The directory that `resolved` is relative to; `None` for the working directory.
    start: Option<Arc<OwnedFd>>,
    /// The path to what exists, with its symbolic links replaced by what they lead to.
    resolved: PathBuf,
    id: FileId,
    kind: FileType,
    missing: Vec<OsString>,
    steps: Vec<Location>,
}

/// Asked before each name is looked up, with the directory that would hold it.
pub(super) type Permit<'a> = dyn FnMut(&Location) -> Result<(), PathError> + 'a;

impl Walk {
    /// Follows `path` from a directory that is open, or from the working directory.
    ///
    /// That something does not exist is no error.
    ///
    /// # Errors
    /// `System` with `ENOTDIR` when a name before the last is no directory, `EACCES` when the system
    /// refuses to look into one, `ELOOP` after 40 symbolic links, and what else `fstatat` gives.
    pub fn new(start: Option<Arc<OwnedFd>>, path: &Path) -> Result<Walk, PathError> {
        Walk::follow(start, path, false, &mut |_| Ok(()))
    }

    /// The same. If `beneath`, neither `..` nor a symbolic link may lead out of the start.
    pub(super) fn follow(
        start: Option<Arc<OwnedFd>>,
        path: &Path,
        beneath: bool,
        permit: &mut Permit<'_>,
    ) -> Result<Walk, PathError> {
        let escapes = || PathError::from(Errno::XDEV);
        let id = match &start {
            Some(fd) => FileId::of(fd)?,
            None => FileId::at(Path::new("."))?,
        };
        let root = id;
        let mut walk = Walk {
            start,
            resolved: PathBuf::new(),
            id,
            kind: FileType::Directory,
            missing: Vec::new(),
            steps: Vec::new(),
        };
        let mut names: VecDeque<Name> = names(path).collect();
        let mut links = 0;
        while let Some(name) = names.pop_front() {
            match name {
                Name::Root if beneath => return Err(escapes()),
                Name::Root => walk.restart()?,
                Name::Same if walk.missing.is_empty() && walk.kind != FileType::Directory => {
                    return Err(Errno::NOTDIR.into());
                }
                Name::Same => {}
                Name::Parent if !walk.missing.is_empty() => {
                    walk.missing.pop();
                }
                Name::Parent if beneath && walk.id == root => return Err(escapes()),
                Name::Parent => {
                    walk.step(permit)?;
                    walk.enter(OsStr::new(".."))?;
                }
                Name::Normal(name) => {
                    walk.step(permit)?;
                    if !walk.missing.is_empty() {
                        walk.missing.push(name);
                    } else if let Some(target) = walk.enter(&name)? {
                        links += 1;
                        if links > MAX_LINKS {
                            return Err(Errno::LOOP.into());
                        }
                        for name in self::names(&target).rev() {
                            names.push_front(name);
                        }
                    }
                }
            }
        }
        Ok(walk)
    }

    /// Notes that a name is about to be looked up where the walk is.
    fn step(&mut self, permit: &mut Permit<'_>) -> Result<(), PathError> {
        if self.kind != FileType::Directory {
            return Err(Errno::NOTDIR.into());
        }
        let location = self.location();
        permit(&location)?;
        self.steps.push(location);
        Ok(())
    }

    fn restart(&mut self) -> Result<(), PathError> {
        self.start = None;
        self.resolved = PathBuf::from("/");
        self.id = FileId::at(&self.resolved)?;
        self.kind = FileType::Directory;
        self.missing.clear();
        Ok(())
    }

    /// Goes on to a name; where that is a symbolic link, says what it holds instead.
    fn enter(&mut self, name: &OsStr) -> Result<Option<PathBuf>, PathError> {
        let path = self.resolved.join(name);
        let stat = match statat(self.from(), &path, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => {
                self.missing.push(name.to_owned());
                return Ok(None);
            }
            stat => stat?,
        };
        let kind = FileType::from_raw_mode(stat.st_mode);
        if kind == FileType::Symlink {
            let target = readlinkat(self.from(), &path, Vec::new())?;
            return Ok(Some(OsString::from_vec(target.into_bytes()).into()));
        }
        (self.resolved, self.id, self.kind) = (path, FileId::from(&stat), kind);
        Ok(None)
    }

    fn from(&self) -> BorrowedFd<'_> {
        self.start.as_ref().map_or(CWD, |start| start.as_fd())
    }

    fn resolved(&self) -> &Path {
        match self.resolved.as_os_str().is_empty() {
            true => Path::new("."),
            false => &self.resolved,
        }
    }

    /// What it leads to, as a directory that may be missing.
    pub fn location(&self) -> Location {
        Location {
            nearest: self.id,
            missing: self.missing.clone(),
        }
    }

    /// What it leads to, if that exists.
    pub fn id(&self) -> Option<FileId> {
        self.missing.is_empty().then_some(self.id)
    }

    /// Whether it leads to a directory that exists.
    pub fn is_dir(&self) -> bool {
        self.missing.is_empty() && self.kind == FileType::Directory
    }

    /// Whether it leads to nothing that exists.
    pub fn is_missing(&self) -> bool {
        !self.missing.is_empty()
    }

    /// The directories in which its names were looked up, in this order.
    pub fn steps(&self) -> &[Location] {
        &self.steps
    }

    /// The directories above what it leads to, the nearest first.
    ///
    /// # Errors
    /// `System` with what `fstatat` gives, or with `ELOOP` when there are more than 1,024.
    pub fn ancestors(&self) -> Result<Vec<Location>, PathError> {
        let mut above = Vec::new();
        for n in (0..self.missing.len()).rev() {
            above.push(Location {
                nearest: self.id,
                missing: self.missing.get(..n).unwrap_or_default().to_vec(),
            });
        }
        let mut path = self.resolved().to_owned();
        let mut id = self.id;
        if self.kind != FileType::Directory {
            path.pop();
            id = FileId::from(&statat(self.from(), or_here(&path), AtFlags::empty())?);
            above.push(Location::existing(id));
        }
        for _ in 0..MAX_ANCESTORS {
            path.push("..");
            let parent = FileId::from(&statat(self.from(), &path, AtFlags::empty())?);
            if parent == id {
                return Ok(above);
            }
            id = parent;
            above.push(Location::existing(id));
        }
        Err(Errno::LOOP.into())
    }

    /// Opens the directory that it leads to.
    ///
    /// # Errors
    /// `System` with `ENOENT` for what is missing, `ENOTDIR` for a file, and what else `openat2` gives;
    /// `Changed` when something else stands there by now.
    pub fn open_dir(&self) -> Result<OwnedFd, PathError> {
        if self.is_missing() {
            return Err(Errno::NOENT.into());
        }
        self.open(OFlags::RDONLY | DIRECTORY)
    }

    /// Opens the regular file that it leads to.
    ///
    /// # Errors
    /// `Irregular` for what is no regular file; `System` with `ENOENT` for what is missing, and what
    /// else `openat2` gives; `Changed` when something else stands there by now.
    pub fn open_file(&self) -> Result<File, PathError> {
        if self.is_missing() {
            return Err(Errno::NOENT.into());
        }
        // Looked at before opening: opening a device may do something, a FIFO waits for its writer.
        if self.kind != FileType::RegularFile {
            return Err(PathError::Irregular);
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        Ok(File::from(self.open(flags)?))
    }

    /// Makes the directories that are missing, all but the last `left` names, and leads there.
    ///
    /// # Errors
    /// `System` with what `mkdirat` gives, or with `ENOTDIR` when something else was made there
    /// meanwhile.
    pub fn create_dirs(&mut self, mode: u32, left: usize) -> Result<(), PathError> {
        let count = self.missing.len().saturating_sub(left);
        let names: Vec<OsString> = self.missing.drain(..count).collect();
        for name in names {
            match mkdirat(self.from(), self.resolved.join(&name), Mode::from(mode)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(e) => return Err(e.into()),
            }
            // What stands there now may be somebody else's; a link there leads nowhere of ours.
            if self.enter(&name)?.is_some() || self.kind != FileType::Directory {
                return Err(Errno::NOTDIR.into());
            }
        }
        Ok(())
    }

    /// Makes the file that is missing, empty, where its directory exists.
    ///
    /// # Errors
    /// `System` with what `openat` gives, or with `ELOOP` when a symbolic link was made there
    /// meanwhile.
    pub fn create_file(&mut self, mode: u32) -> Result<(), PathError> {
        let Some(name) = self.missing.pop() else {
            return Ok(());
        };
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let path = self.resolved.join(&name);
        match openat(self.from(), &path, flags, Mode::from(mode)) {
            Ok(_) | Err(Errno::EXIST) => {}
            Err(e) => return Err(e.into()),
        }
        match self.enter(&name)? {
            None => Ok(()),
            Some(_) => Err(Errno::LOOP.into()),
        }
    }

    /// Opens what was found, and nothing else that may stand there meanwhile.
    fn open(&self, flags: OFlags) -> Result<OwnedFd, PathError> {
        let no_links = ResolveFlags::NO_SYMLINKS;
        let opened = match openat2(self.from(), self.resolved(), flags, Mode::empty(), no_links) {
            // Older kernels, and sandboxes that do not know the call.
            Err(Errno::NOSYS | Errno::PERM) => openat(
                self.from(),
                self.resolved(),
                flags | OFlags::NOFOLLOW,
                Mode::empty(),
            ),
            opened => opened,
        }?;
        match FileId::from(&fstat(&opened)?) == self.id {
            true => Ok(opened),
            false => Err(PathError::Changed),
        }
    }
}

fn or_here(path: &Path) -> PathBuf {
    match path.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => path.to_owned(),
    }
}

enum Name {
    Root,
    Same,
    Parent,
    Normal(OsString),
}

fn names(path: &Path) -> impl DoubleEndedIterator<Item = Name> + '_ {
    // A slash at the end wants a directory, which the next step would notice.
    let slash = path
        .as_os_str()
        .as_bytes()
        .ends_with(b"/")
        .then_some(Name::Same);
    let components = path.components().map(|component| match component {
        Component::RootDir => Name::Root,
        Component::ParentDir => Name::Parent,
        Component::Normal(name) => Name::Normal(name.to_owned()),
        Component::CurDir | Component::Prefix(_) => Name::Same,
    });
    components.chain(slash)
}
