//! A simulated filesystem: its files and directories, what is free, and what is not on the disk yet.

use std::collections::{BTreeSet, VecDeque};

use rustix::io::Errno;

use super::inode::{Body, Inode, Name};
use super::inodes::Inodes;
use super::name_change::NameChange;
use super::snapshot::{MAX_INODES, Snapshot};
use crate::fs::status::{FileTime, Status};

/// So many inodes without names are kept at least until it is looked which of them may come back.
pub(super) const ORPHANS_MAX: usize = 1 << 16;
/// What the sizes of directories are, in bytes.
const DIRECTORY_SIZE: u64 = 4096;

#[derive(Debug)]
pub(super) struct Tree {
    pub(super) inodes: Inodes,
    /// The time of the operation that is under way.
    pub(super) now: FileTime,
    /// The most bytes that its files may take.
    pub(super) capacity: u64,
    /// How many they take.
    pub(super) used: u64,
    /// Changes of names that are not on the disk, in order, and between them some that are.
    pub(super) names: VecDeque<NameChange>,
    /// Files of which not all is on the disk.
    pub(super) files: BTreeSet<u64>,
    /// The memory that the changes take which are not on the disk.
    pub(super) unsynced_bytes: u64,
    /// Inodes without names and descriptors, which a crash may still bring back.
    pub(super) orphans: BTreeSet<u64>,
    /// The bytes of their files.
    pub(super) orphan_bytes: u64,
    /// How many of them there are when it is looked again which may come back.
    pub(super) next_scan: usize,
}

impl Tree {
    /// A tree that holds what a snapshot does.
    pub(super) fn new(snapshot: &Snapshot, capacity: u64) -> Tree {
        let used = snapshot.inodes.iter().map(Inode::allocated).sum();
        Tree {
            inodes: Inodes::new(snapshot.inodes.clone()),
            now: FileTime::default(),
            capacity,
            used,
            names: VecDeque::new(),
            files: BTreeSet::new(),
            unsynced_bytes: 0,
            orphans: BTreeSet::new(),
            orphan_bytes: 0,
            next_scan: ORPHANS_MAX,
        }
    }

    /// What is known of an inode.
    ///
    /// # Errors
    /// `EIO` where there is none.
    pub(super) fn status(&self, device: u64, number: u64) -> Result<Status, Errno> {
        let inode = self.inodes.get(number).ok_or(Errno::IO)?;
        let (links, size) = match &inode.body {
            Body::File(file) => (inode.links, file.content.size()),
            Body::Link(target) => (inode.links, target.len() as u64),
            Body::Special(_) => (inode.links, 0),
            // Its name, its own `.`, and the `..` of each directory in it.
            Body::Directory(directory) => {
                (inode.links * (2 + directory.directories), DIRECTORY_SIZE)
            }
        };
        Ok(Status {
            device,
            inode: number,
            kind: inode.kind(),
            links,
            size,
            accessed: inode.times.accessed,
            modified: inode.times.modified,
            changed: inode.times.changed,
        })
    }

    /// Sets times; `None` leaves one as it is.
    ///
    /// # Errors
    /// `EIO` where there is no such inode.
    pub(super) fn set_times(
        &mut self,
        number: u64,
        accessed: Option<FileTime>,
        modified: Option<FileTime>,
    ) -> Result<(), Errno> {
        let now = self.now;
        let times = &mut self.inodes.get_mut(number)?.times;
        times.accessed = accessed.unwrap_or(times.accessed);
        times.modified = modified.unwrap_or(times.modified);
        times.changed = now;
        Ok(())
    }

    /// A descriptor has it open.
    pub(super) fn open_inode(&mut self, number: u64) -> Result<(), Errno> {
        self.inodes.get_mut(number)?.opens += 1;
        Ok(())
    }

    /// A descriptor has let go of it.
    pub(super) fn close_inode(&mut self, number: u64) {
        if let Ok(inode) = self.inodes.get_mut(number) {
            debug_assert!(inode.opens > 0, "what is closed was open");
            inode.opens -= 1;
            self.release(number);
        }
    }

    /// One of its names is gone; of a directory it is the only one.
    pub(super) fn unlink_inode(&mut self, number: u64) -> Result<(), Errno> {
        let now = self.now;
        let inode = self.inodes.get_mut(number)?;
        inode.links -= 1;
        inode.times.changed = now;
        self.release(number);
        Ok(())
    }

    /// Gives back what an inode takes if nothing leads to it. It stays where a crash may bring its name back.
    fn release(&mut self, number: u64) {
        let inode = self.inodes.get(number);
        let Some(inode) = inode.filter(|inode| inode.is_orphan()) else {
            return;
        };
        let allocated = inode.allocated();
        self.used -= allocated;
        self.orphans.insert(number);
        self.orphan_bytes += allocated;
        self.drop_orphans();
    }

    /// Adds a file, a directory or a link under a name that is free.
    ///
    /// # Errors
    /// `ENOENT` in a directory that is removed; `ENOSPC` beyond the bound on inodes.
    pub(super) fn create(&mut self, directory: u64, name: Name, body: Body) -> Result<u64, Errno> {
        self.check_alive(directory)?;
        if self.inodes.count() >= MAX_INODES as u64 {
            return Err(Errno::NOSPC);
        }
        let number = self.inodes.add(Inode::new(body, self.now));
        self.rename_entries(vec![(directory, name, Some(number))])?;
        Ok(number)
    }

    /// Refuses names in a directory that is removed.
    ///
    /// # Errors
    /// `ENOENT`.
    pub(super) fn check_alive(&self, directory: u64) -> Result<(), Errno> {
        match self.inodes.get(directory) {
            Some(inode) if inode.links > 0 => Ok(()),
            _ => Err(Errno::NOENT),
        }
    }
}
