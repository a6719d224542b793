//! Names: created, linked, renamed and removed, with the errors of the system.

use rustix::fs::FileType;
use rustix::io::Errno;

use super::inode::{Body, Directory, FileData, Name};
use super::tree::Tree;
use super::walk::{Place, check};

/// How something is opened, as `open(2)` has it.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenRequest {
    /// A link at the end of the path is followed.
    pub follows: bool,
    /// A file is made where there is none.
    pub creates: bool,
    /// What is created must not be there.
    pub is_exclusive: bool,
    /// The file is emptied.
    pub truncates: bool,
    /// It has to be a directory.
    pub is_directory: bool,
    /// It is opened for writing.
    pub writes: bool,
}

impl Tree {
    /// Opens a path, which may create and truncate a file: the inode.
    ///
    /// # Errors
    /// Those of `openat(2)`.
    pub(super) fn open(
        &mut self,
        base: u64,
        path: &str,
        request: OpenRequest,
    ) -> Result<u64, Errno> {
        let is_new = request.creates && request.is_exclusive;
        let slash = path.ends_with('/') && !request.creates;
        let resolved = self.resolve(base, path, (request.follows || slash) && !is_new)?;
        if request.creates && resolved.has_slash {
            return Err(Errno::ISDIR);
        }
        let number = match resolved.place {
            Place::Directory(directory) => directory,
            Place::Name {
                inode: Some(inode), ..
            } => inode,
            Place::Name {
                directory,
                name,
                inode: None,
            } if request.creates => {
                return self.create(directory, name, Body::File(FileData::default()));
            }
            Place::Name { .. } => return Err(Errno::NOENT),
        };
        if is_new {
            return Err(Errno::EXIST);
        }
        let inode = self.inodes.get(number).ok_or(Errno::IO)?;
        let must_be_directory = request.is_directory || resolved.has_slash;
        match inode.kind() {
            FileType::Directory if request.creates || request.writes => return Err(Errno::ISDIR),
            FileType::Directory => {}
            _ if must_be_directory => return Err(Errno::NOTDIR),
            FileType::Symlink => return Err(Errno::LOOP),
            FileType::RegularFile => {}
            _ => return Err(Errno::NXIO),
        }
        if inode.is_denied {
            return Err(Errno::ACCESS);
        }
        if request.truncates {
            self.set_size(number, 0)?;
        }
        Ok(number)
    }

    pub(super) fn make_directory(&mut self, base: u64, path: &str) -> Result<(), Errno> {
        match self.resolve(base, path, false)?.place {
            Place::Name {
                directory,
                name,
                inode: None,
            } => {
                let body = Body::Directory(Directory::new(directory));
                self.create(directory, name, body)?;
                self.inodes.directory_mut(directory)?.directories += 1;
                Ok(())
            }
            _ => Err(Errno::EXIST),
        }
    }

    pub(super) fn make_link(&mut self, base: u64, target: &str, path: &str) -> Result<(), Errno> {
        check(target)?;
        let resolved = self.resolve(base, path, false)?;
        match resolved.place {
            Place::Name { inode: None, .. } if resolved.has_slash => Err(Errno::NOENT),
            Place::Name {
                directory,
                name,
                inode: None,
            } => {
                let body = Body::Link(target.as_bytes().into());
                self.create(directory, name, body)?;
                Ok(())
            }
            _ => Err(Errno::EXIST),
        }
    }

    pub(super) fn read_link(&self, base: u64, path: &str) -> Result<String, Errno> {
        let resolved = self.resolve(base, path, false)?;
        if resolved.has_slash {
            self.follow(base, path, true)?;
            return Err(Errno::INVAL);
        }
        let inode = self.inodes.get(resolved.inode()?).ok_or(Errno::IO)?;
        let Body::Link(target) = &inode.body else {
            return Err(Errno::INVAL);
        };
        let text = std::str::from_utf8(target).map_err(|_| Errno::ILSEQ)?;
        match text.starts_with('/') {
            true => Err(Errno::PERM),
            false => Ok(text.to_owned()),
        }
    }

    pub(super) fn unlink(&mut self, base: u64, path: &str) -> Result<(), Errno> {
        let resolved = self.resolve(base, path, false)?;
        let number = resolved.inode()?;
        let Place::Name {
            directory, name, ..
        } = resolved.place
        else {
            return Err(Errno::ISDIR);
        };
        if self.inodes.get(number).is_some_and(|it| it.is_directory()) {
            return Err(Errno::ISDIR);
        }
        if resolved.has_slash {
            return Err(Errno::NOTDIR);
        }
        self.rename_entries(vec![(directory, name, None)])?;
        self.unlink_inode(number)
    }

    pub(super) fn remove_directory(&mut self, base: u64, path: &str) -> Result<(), Errno> {
        let resolved = self.resolve(base, path, false)?;
        let number = resolved.inode()?;
        let Place::Name {
            directory, name, ..
        } = resolved.place
        else {
            return Err(Errno::INVAL);
        };
        if !self.inodes.directory(number)?.entries.is_empty() {
            return Err(Errno::NOTEMPTY);
        }
        self.rename_entries(vec![(directory, name, None)])?;
        self.inodes.directory_mut(directory)?.directories -= 1;
        self.unlink_inode(number)
    }

    /// Gives a file another name.
    pub(super) fn link(&mut self, old: (u64, &str), new: (u64, &str)) -> Result<(), Errno> {
        let from = self.resolve(old.0, old.1, false)?;
        let to = self.resolve(new.0, new.1, false)?;
        if from.has_slash {
            self.follow(old.0, old.1, true)?;
            return Err(Errno::PERM);
        }
        let number = from.inode()?;
        let (directory, name) = match to.place {
            Place::Name { inode: None, .. } if to.has_slash => return Err(Errno::NOENT),
            Place::Name {
                directory,
                name,
                inode: None,
            } => (directory, name),
            _ => return Err(Errno::EXIST),
        };
        if self.inodes.get(number).is_some_and(|it| it.is_directory()) {
            return Err(Errno::PERM);
        }
        self.check_alive(directory)?;
        let now = self.now;
        let inode = self.inodes.get_mut(number)?;
        inode.links += 1;
        inode.times.changed = now;
        self.rename_entries(vec![(directory, name, Some(number))])
    }

    /// Gives something another name instead of its own; what had that name loses it.
    pub(super) fn rename(&mut self, old: (u64, &str), new: (u64, &str)) -> Result<(), Errno> {
        let from = self.resolve(old.0, old.1, false)?;
        let to = self.resolve(new.0, new.1, false)?;
        let (old_directory, old_name, number) = match from.place {
            Place::Directory(_) => return Err(Errno::BUSY),
            Place::Name {
                directory,
                name,
                inode,
            } => (directory, name, inode),
        };
        let Place::Name {
            directory: new_directory,
            name: new_name,
            inode: replaced,
        } = to.place
        else {
            return Err(Errno::BUSY);
        };
        let number = number.ok_or(Errno::NOENT)?;
        let is_directory = self.inodes.directory(number).is_ok();
        if !is_directory && (from.has_slash || to.has_slash) {
            return Err(Errno::NOTDIR);
        }
        if is_directory && self.is_beneath(new_directory, number) {
            return Err(Errno::INVAL);
        }
        match replaced {
            Some(replaced) if self.is_beneath(old_directory, replaced) => {
                return Err(Errno::NOTEMPTY);
            }
            Some(replaced) if replaced == number => return Ok(()),
            Some(replaced) => self.check_replaced(is_directory, replaced)?,
            None => {}
        }
        self.check_alive(new_directory)?;
        self.move_entry((old_directory, old_name), (new_directory, new_name), number)?;
        if let Some(replaced) = replaced {
            self.unlink_inode(replaced)?;
        }
        if is_directory {
            self.inodes.directory_mut(number)?.parent = new_directory;
            self.inodes.directory_mut(old_directory)?.directories -= 1;
            // One that is replaced was counted.
            if replaced.is_none() {
                self.inodes.directory_mut(new_directory)?.directories += 1;
            }
        }
        Ok(())
    }

    fn move_entry(
        &mut self,
        (old_directory, old_name): (u64, Name),
        (new_directory, new_name): (u64, Name),
        number: u64,
    ) -> Result<(), Errno> {
        let now = self.now;
        self.inodes.get_mut(number)?.times.changed = now;
        self.rename_entries(vec![
            (old_directory, old_name, None),
            (new_directory, new_name, Some(number)),
        ])
    }

    /// Whether something that has a name may lose it to a directory or to a file.
    fn check_replaced(&self, is_directory: bool, replaced: u64) -> Result<(), Errno> {
        match (is_directory, self.inodes.directory(replaced)) {
            (true, Ok(directory)) if !directory.entries.is_empty() => Err(Errno::NOTEMPTY),
            (true, Err(_)) => Err(Errno::NOTDIR),
            (false, Ok(_)) => Err(Errno::ISDIR),
            _ => Ok(()),
        }
    }

    /// Whether a directory is another one or beneath it.
    fn is_beneath(&self, directory: u64, above: u64) -> bool {
        let mut here = directory;
        loop {
            if here == above {
                return true;
            }
            match self.inodes.directory(here) {
                Ok(directory) if directory.parent != here => here = directory.parent,
                _ => return false,
            }
        }
    }
}
