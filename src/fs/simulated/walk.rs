//! Paths followed in a tree, never out of the directory that they begin in.

use std::collections::VecDeque;

use rustix::io::Errno;

use super::inode::{Body, Name};
use super::tree::Tree;

/// The most symbolic links of one path, as in the kernel.
const MAX_LINKS: usize = 40;
/// The most bytes of a name.
const NAME_MAX: usize = 255;
/// A path has less bytes than this.
pub(super) const PATH_MAX: usize = 4096;

/// Where a path leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// A directory that its last name does not name: `.`, or what `..` leads to.
    Directory(u64),
    /// A name in a directory, and what it names.
    Name {
        directory: u64,
        name: Name,
        inode: Option<u64>,
    },
}

/// A path that was followed.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) place: Place,
    /// It ends with a slash: a directory is meant.
    pub(super) has_slash: bool,
}

impl Resolved {
    /// What it leads to.
    ///
    /// # Errors
    /// `ENOENT`.
    pub(super) fn inode(&self) -> Result<u64, Errno> {
        match self.place {
            Place::Directory(directory) => Ok(directory),
            Place::Name { inode, .. } => inode.ok_or(Errno::NOENT),
        }
    }
}

/// Refuses what no path of the system can be.
///
/// # Errors
/// `EINVAL` for a zero byte, `ENAMETOOLONG`, `ENOENT` for an empty path.
pub(super) fn check(path: &str) -> Result<(), Errno> {
    match path {
        "" => Err(Errno::NOENT),
        _ if path.as_bytes().contains(&0) => Err(Errno::INVAL),
        _ if path.len() >= PATH_MAX => Err(Errno::NAMETOOLONG),
        _ => Ok(()),
    }
}

/// The names of a path, `.` and `..` among them.
fn names(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/')
        .filter(|name| !name.is_empty())
}

impl Tree {
    /// Follows a path from a directory. A link at its end is followed if `follows`, those before it always
    /// are.
    ///
    /// # Errors
    /// `EPERM` for a way out of the directory, `ENOENT`, `ENOTDIR`, `ELOOP`, `EACCES`, `ENAMETOOLONG`,
    /// `EINVAL`.
    pub(super) fn resolve(&self, base: u64, path: &str, follows: bool) -> Result<Resolved, Errno> {
        check(path)?;
        let mut has_slash = path.ends_with('/');
        let mut waiting: VecDeque<Name> = names(path.as_bytes()).map(Name::from).collect();
        let (mut here, mut links) = (base, 0);
        let mut place = Place::Directory(base);
        while let Some(name) = waiting.pop_front() {
            let is_last = waiting.is_empty();
            place = match &*name {
                b"." => Place::Directory(here),
                b".." if here == base => return Err(Errno::PERM),
                b".." => {
                    here = self.inodes.directory(here)?.parent;
                    Place::Directory(here)
                }
                _ => {
                    let inode = self.look_up(here, &name)?;
                    match inode.and_then(|number| Some((number, self.inodes.get(number)?))) {
                        None if is_last => {}
                        None => return Err(Errno::NOENT),
                        Some((number, inode)) => match &inode.body {
                            Body::Link(target) if follows || !is_last => {
                                links += 1;
                                if links > MAX_LINKS {
                                    return Err(Errno::LOOP);
                                }
                                if target.starts_with(b"/") {
                                    return Err(Errno::PERM);
                                }
                                if is_last {
                                    has_slash |= target.ends_with(b"/");
                                }
                                for name in names(target).rev() {
                                    waiting.push_front(name.into());
                                }
                                continue;
                            }
                            Body::Directory(_) if !is_last => {
                                here = number;
                                continue;
                            }
                            _ if !is_last => return Err(Errno::NOTDIR),
                            _ => {}
                        },
                    }
                    Place::Name {
                        directory: here,
                        name,
                        inode,
                    }
                }
            };
        }
        Ok(Resolved { place, has_slash })
    }

    /// What a name in a directory names.
    ///
    /// # Errors
    /// `EACCES` where the process could not read the directory, `ENAMETOOLONG`, `ENOTDIR`.
    fn look_up(&self, directory: u64, name: &[u8]) -> Result<Option<u64>, Errno> {
        if self.inodes.get(directory).is_some_and(|it| it.is_denied) {
            return Err(Errno::ACCESS);
        }
        if name.len() > NAME_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        Ok(self.inodes.directory(directory)?.entries.get(name).copied())
    }

    /// Follows a path as [`Tree::resolve`] to something that is there, which is a directory where the path
    /// ends with a slash.
    ///
    /// # Errors
    /// As [`Tree::resolve`].
    pub(super) fn follow(&self, base: u64, path: &str, follows: bool) -> Result<u64, Errno> {
        let resolved = self.resolve(base, path, follows || path.ends_with('/'))?;
        let number = resolved.inode()?;
        let inode = self.inodes.get(number).ok_or(Errno::NOENT)?;
        match resolved.has_slash && !inode.is_directory() {
            true => Err(Errno::NOTDIR),
            false => Ok(number),
        }
    }
}
