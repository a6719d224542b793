//! The directories that guests may write, and how the host opens paths that lead past them.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags, openat};

use super::error::PathError;
use super::location::{FileId, Location};
use super::walk::Walk;
use crate::io_reason::io_reason;

/// A directory that a mount lets a guest write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WritableDir {
    /// Its path, for messages and to find it where it was missing.
    pub path: PathBuf,
    /// Which directory it was when the project was loaded.
    pub location: Location,
    /// The entry whose guests may write there.
    pub entry: String,
}

/// The directory that a project's paths begin with. It was chosen by whoever started the program,
/// so the way to it is not checked, only what comes behind it.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// As given, and without `.` and `..` where these can be taken out of its text.
    paths: [PathBuf; 2],
    opened: Option<Arc<OwnedFd>>,
}

impl Base {
    /// Opens the directory; one that cannot be opened is treated like any other path.
    pub fn new(path: &Path) -> Base {
        let name = match path.as_os_str().is_empty() {
            true => Path::new("."),
            false => path,
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Base {
            paths: [path.to_owned(), normalize(path)],
            opened: openat(CWD, name, flags, Mode::empty()).ok().map(Arc::new),
        }
    }

    /// Where to start, and the path from there.
    fn split<'a>(&self, path: &'a Path) -> (Option<Arc<OwnedFd>>, &'a Path) {
        let mut rests = self.paths.iter().map(|base| path.strip_prefix(base));
        match (&self.opened, rests.find_map(Result::ok)) {
            (Some(fd), Some(rest)) => (Some(fd.clone()), rest),
            _ => (None, path),
        }
    }

    /// Follows a path that is this directory's or begins with it, without asking whether guests may
    /// write what it passes through.
    ///
    /// # Errors
    /// As [`Walk::new`].
    pub fn walk(&self, path: &Path) -> Result<Walk, PathError> {
        let (start, rest) = self.split(path);
        Walk::new(start, rest)
    }
}

/// The one gate for paths that the host opens for itself. Clones are cheap behind an [`Arc`]; it may
/// be used from every thread. All its functions block.
#[derive(Clone, Debug, Default)]
pub struct PathGuard {
    base: Base,
    dirs: Vec<WritableDir>,
    existing: HashMap<FileId, usize>,
    missing: Vec<usize>,
    closed: bool,
}

impl PathGuard {
    /// A guard of paths below `base` that knows of no directory that a guest may write.
    pub fn new(base: Base) -> PathGuard {
        PathGuard {
            base,
            ..PathGuard::default()
        }
    }

    /// The same guard, which refuses to read files.
    pub fn closed(&self) -> PathGuard {
        PathGuard {
            closed: true,
            ..self.clone()
        }
    }

    /// Whether it refuses to read files.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Adds a directory; false if it is known already.
    pub fn add(&mut self, dir: WritableDir) -> bool {
        let n = self.dirs.len();
        match dir.location.exists() {
            true if self.existing.contains_key(&dir.location.nearest) => return false,
            true => {
                self.existing.insert(dir.location.nearest, n);
            }
            false => {
                let known = |n: &usize| self.dirs.get(*n).map(|dir| &dir.location);
                if self.missing.iter().any(|n| known(n) == Some(&dir.location)) {
                    return false;
                }
                self.missing.push(n);
            }
        }
        self.dirs.push(dir);
        true
    }

    /// The directories that guests may write.
    pub fn dirs(&self) -> &[WritableDir] {
        &self.dirs
    }

    /// Follows a path; nothing of it is opened.
    ///
    /// # Errors
    /// `Writable` at the first step in a directory that a guest may write; those of [`Walk::new`].
    pub fn walk(&self, path: &Path) -> Result<Walk, PathError> {
        self.at_once().walk(path)
    }

    /// For many paths one after the other: what was missing is looked for once.
    pub fn at_once(&self) -> AtOnce<'_> {
        AtOnce {
            guard: self,
            made: self.made(),
        }
    }

    /// Opens a directory, which is made first where it is missing and `create` has its mode.
    ///
    /// # Errors
    /// As [`PathGuard::walk`], [`Walk::create_dirs`] and [`Walk::open_dir`].
    pub fn open_dir(&self, path: &Path, create: Option<u32>) -> Result<OwnedFd, PathError> {
        let mut walk = self.walk(path)?;
        if let Some(mode) = create {
            walk.create_dirs(mode, 0)?;
        }
        walk.open_dir()
    }

    /// Reads a regular file of at most `limit` bytes.
    ///
    /// # Errors
    /// The rest of a message that begins with the path, such as `cannot be read: no such file`.
    pub fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, String> {
        self.walk(path)
            .and_then(|walk| self.open(&walk))
            .map_or_else(
                |error| Err(cannot_be_read(&error)),
                |file| read_bounded(file, limit),
            )
    }

    /// The same for a path below a directory, which neither `..` nor a symbolic link leaves.
    ///
    /// # Errors
    /// As [`PathGuard::read`].
    pub fn read_beneath(&self, dir: &Path, path: &Path, limit: u64) -> Result<Vec<u8>, String> {
        let walk = self.walk_beneath(dir, path);
        walk.and_then(|walk| self.open(&walk)).map_or_else(
            |error| Err(cannot_be_read(&error)),
            |file| read_bounded(file, limit),
        )
    }

    /// Checks the way to a file below a directory; see [`PathGuard::read_beneath`].
    ///
    /// # Errors
    /// As [`PathGuard::walk`]; `System` with `EXDEV` for a path that leads out of `dir`.
    pub fn walk_beneath(&self, dir: &Path, path: &Path) -> Result<Walk, PathError> {
        self.at_once().walk_beneath(dir, path)
    }

    /// Opens the file that a walk of this guard leads to.
    ///
    /// # Errors
    /// `Closed` when this guard refuses to read files; those of [`Walk::open_file`].
    pub fn open(&self, walk: &Walk) -> Result<File, PathError> {
        self.permits_files()?;
        walk.open_file()
    }

    /// Permits that files are read and made at all.
    ///
    /// # Errors
    /// `Closed` when this guard refuses to read files.
    pub fn permits_files(&self) -> Result<(), PathError> {
        match self.closed {
            true => Err(PathError::Closed),
            false => Ok(()),
        }
    }

    /// Checks the steps of a path that was followed before all directories were known.
    ///
    /// # Errors
    /// `Writable` at the first step in a directory that a guest may write.
    pub fn check<'a>(
        &self,
        steps: impl IntoIterator<Item = &'a Location>,
    ) -> Result<(), PathError> {
        let made = self.made();
        steps
            .into_iter()
            .try_for_each(|step| self.permit(step, &made))
    }

    fn permit(&self, step: &Location, made: &[(usize, Location)]) -> Result<(), PathError> {
        let known = self.existing.get(&step.nearest).copied();
        let missing = || {
            let mut missing = self.missing.iter().copied();
            missing.find(|n| {
                let dir = self.dirs.get(*n);
                dir.is_some_and(|dir| step.is_within(&dir.location))
            })
        };
        let made = || {
            made.iter()
                .find(|(_, now)| step.is_within(now))
                .map(|(n, _)| *n)
        };
        match known
            .or_else(missing)
            .or_else(made)
            .and_then(|n| self.dirs.get(n))
        {
            None => Ok(()),
            Some(dir) => Err(PathError::Writable {
                dir: dir.path.clone(),
                entry: dir.entry.clone(),
            }),
        }
    }

    /// The present locations of the directories that did not exist when the project was loaded.
    fn made(&self) -> Vec<(usize, Location)> {
        let now = |n: &usize| {
            Some((
                *n,
                self.base.walk(&self.dirs.get(*n)?.path).ok()?.location(),
            ))
        };
        self.missing.iter().filter_map(now).collect()
    }
}

/// A guard together with the directories that were created after the project was loaded.
#[derive(Debug)]
pub struct AtOnce<'a> {
    guard: &'a PathGuard,
    made: Vec<(usize, Location)>,
}

impl AtOnce<'_> {
    /// As [`PathGuard::walk`].
    ///
    /// # Errors
    /// As [`PathGuard::walk`].
    pub fn walk(&self, path: &Path) -> Result<Walk, PathError> {
        let (start, rest) = self.guard.base.split(path);
        self.follow(start, rest, false)
    }

    /// As [`PathGuard::walk_beneath`].
    ///
    /// # Errors
    /// As [`PathGuard::walk_beneath`].
    pub fn walk_beneath(&self, dir: &Path, path: &Path) -> Result<Walk, PathError> {
        let root = Arc::new(self.walk(dir)?.open_dir()?);
        self.follow(Some(root), path, true)
    }

    fn follow(
        &self,
        start: Option<Arc<OwnedFd>>,
        path: &Path,
        beneath: bool,
    ) -> Result<Walk, PathError> {
        Walk::follow(start, path, beneath, &mut |step| {
            self.guard.permit(step, &self.made)
        })
    }
}

/// What a message says of a file that cannot be read.
pub(crate) fn cannot_be_read(error: &PathError) -> String {
    match error {
        PathError::Irregular => error.to_string(),
        PathError::System(error) => format!("cannot be read: {}", io_reason(error, "file")),
        _ => format!("is not read: {error}"),
    }
}

/// Reads an open file of at most `limit` bytes.
///
/// # Errors
/// The rest of a message that begins with the path: `is larger than N bytes`, or `cannot be read: ` and
/// the system's error.
pub(crate) fn read_bounded(file: File, limit: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|e| format!("cannot be read: {e}"))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    Ok(bytes)
}

/// What a message says of a file that is larger than `limit` bytes.
pub(crate) fn too_large(limit: u64) -> String {
    format!("is larger than {limit} bytes")
}

/// The path without `.` and with `..` taken back, by its text alone. Leading `..` stay.
pub(crate) fn normalize(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                let last = out.components().next_back();
                match last {
                    Some(Component::Normal(_)) => {
                        out.pop();
                    }
                    Some(Component::RootDir) => {}
                    _ => out.push(".."),
                }
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_by_their_text() {
        let cases = [
            ("a/./b/../c", "a/c"),
            ("../a/..", ".."),
            ("/../a", "/a"),
            ("a/../../b", "../b"),
            ("./a", "a"),
        ];
        for (path, expected) in cases {
            assert_eq!(normalize(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
