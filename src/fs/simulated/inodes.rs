//! The inodes of a tree by their numbers: those of a snapshot, which many trees share, and what a tree has
//! changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustix::io::Errno;

use super::inode::{Body, Directory, FileData, Inode};

/// The number of a tree's root.
pub(super) const ROOT: u64 = 1;

#[derive(Clone, Debug)]
pub(super) struct Inodes {
    /// From [`ROOT`] on.
    snapshot: Arc<[Inode]>,
    /// Instead of those or beside them. `None`: it is gone.
    changed: BTreeMap<u64, Option<Inode>>,
    next: u64,
    /// How many there are.
    count: u64,
}

impl Inodes {
    pub(super) fn new(snapshot: Arc<[Inode]>) -> Inodes {
        let count = snapshot.len() as u64;
        Inodes {
            snapshot,
            changed: BTreeMap::new(),
            next: ROOT + count,
            count,
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn get(&self, number: u64) -> Option<&Inode> {
        match self.changed.get(&number) {
            Some(changed) => changed.as_ref(),
            None => self.of_snapshot(number),
        }
    }

    fn of_snapshot(&self, number: u64) -> Option<&Inode> {
        let place = usize::try_from(number.checked_sub(ROOT)?).ok()?;
        self.snapshot.get(place)
    }

    /// An inode to be changed: of the snapshot's a copy.
    ///
    /// # Errors
    /// `EIO` where there is none, which no name and no descriptor leads to.
    pub(super) fn get_mut(&mut self, number: u64) -> Result<&mut Inode, Errno> {
        if !self.changed.contains_key(&number) {
            let copy = self.of_snapshot(number).cloned();
            self.changed.insert(number, copy);
        }
        let changed = self.changed.get_mut(&number).and_then(Option::as_mut);
        changed.ok_or(Errno::IO)
    }

    /// A directory.
    ///
    /// # Errors
    /// `ENOTDIR`.
    pub(super) fn directory(&self, number: u64) -> Result<&Directory, Errno> {
        match self.get(number).map(|inode| &inode.body) {
            Some(Body::Directory(directory)) => Ok(directory),
            _ => Err(Errno::NOTDIR),
        }
    }

    /// The same, to be changed.
    ///
    /// # Errors
    /// `ENOTDIR`.
    pub(super) fn directory_mut(&mut self, number: u64) -> Result<&mut Directory, Errno> {
        match &mut self.get_mut(number)?.body {
            Body::Directory(directory) => Ok(directory),
            _ => Err(Errno::NOTDIR),
        }
    }

    /// The bytes of a file, to be changed.
    ///
    /// # Errors
    /// `EINVAL` for what is no regular file.
    pub(super) fn file_mut(&mut self, number: u64) -> Result<&mut FileData, Errno> {
        match &mut self.get_mut(number)?.body {
            Body::File(file) => Ok(file),
            _ => Err(Errno::INVAL),
        }
    }

    /// Adds one: its number.
    pub(super) fn add(&mut self, inode: Inode) -> u64 {
        let number = self.next;
        self.next += 1;
        self.count += 1;
        self.changed.insert(number, Some(inode));
        number
    }

    pub(super) fn remove(&mut self, number: u64) {
        if self.get(number).is_some() {
            self.count -= 1;
            match self.of_snapshot(number) {
                Some(_) => self.changed.insert(number, None),
                None => self.changed.remove(&number),
            };
        }
    }

    /// The numbers of all.
    pub(super) fn numbers(&self) -> Vec<u64> {
        let all = ROOT..self.next;
        all.filter(|number| self.get(*number).is_some()).collect()
    }
}
