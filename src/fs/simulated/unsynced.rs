//! What is not on the disk yet, how it gets there, and what a crash leaves of it.
//!
//! The bytes of a file and the names in a directory are independent of each other: a file that was synced
//! may have lost its name. What one operation does to names is one change, so that a rename is there as a
//! whole or not at all, and it is on the disk once one of its directories was synced. Changes of the same
//! names take effect in their order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use rustix::io::Errno;
use wippy_dispatcher::Handle;

use super::inode::{DataChange, Entries, Name};
use super::inodes::ROOT;
use super::name_change::{Entry, NameChange};
use super::tree::{ORPHANS_MAX, Tree};

/// The most memory of changes that are not on the disk. Beyond it all of them are written there, as a
/// kernel does when too much of its memory waits for the disk.
const UNSYNCED_MAX: u64 = 16 << 20;
/// What a change takes beside its bytes.
const CHANGE_SIZE: u64 = 128;

impl Tree {
    /// Changes what names mean, as one operation.
    ///
    /// # Errors
    /// `ENOTDIR` where something is no directory.
    pub(super) fn rename_entries(&mut self, entries: Vec<Entry>) -> Result<(), Errno> {
        let now = self.now;
        let mut before = Vec::with_capacity(entries.len());
        for (number, name, after) in &entries {
            let inode = self.inodes.get_mut(*number)?;
            (inode.times.modified, inode.times.changed) = (now, now);
            let directory = self.inodes.directory_mut(*number)?;
            let live = Arc::make_mut(&mut directory.entries);
            before.push(match after {
                Some(after) => live.insert(name.clone(), *after),
                None => live.remove(name),
            });
        }
        self.names.push_back(NameChange {
            entries,
            before,
            is_synced: false,
        });
        self.note(CHANGE_SIZE);
        Ok(())
    }

    /// A change of a file's bytes was made.
    pub(super) fn note_data(&mut self, number: u64, change: DataChange) -> Result<(), Errno> {
        let size = size(&change);
        self.inodes.file_mut(number)?.unsynced.push_back(change);
        self.files.insert(number);
        self.note(size);
        Ok(())
    }

    fn note(&mut self, size: u64) {
        self.unsynced_bytes += size;
        if self.unsynced_bytes > UNSYNCED_MAX {
            self.sync_all();
        }
    }

    /// Writes all to the disk.
    fn sync_all(&mut self) {
        for number in std::mem::take(&mut self.files) {
            self.sync_file(number);
        }
        for change in &mut self.names {
            change.is_synced = true;
        }
        self.settle_names();
        debug_assert_eq!(self.unsynced_bytes, 0, "all was counted");
    }

    /// Writes the bytes of a file to the disk, or the names in a directory.
    pub(super) fn sync(&mut self, number: u64) {
        if self.inodes.directory(number).is_err() {
            self.files.remove(&number);
            self.sync_file(number);
            return;
        }
        for change in &mut self.names {
            change.is_synced |= change.entries.iter().any(|(it, ..)| *it == number);
        }
        self.settle_names();
    }

    fn sync_file(&mut self, number: u64) {
        if let Ok(file) = self.inodes.file_mut(number) {
            let written: u64 = file.unsynced.drain(..).map(|change| size(&change)).sum();
            file.synced = file.content.clone();
            self.unsynced_bytes -= written;
        }
    }

    /// Changes of names that were written are on the disk once those before them are.
    fn settle_names(&mut self) {
        while let Some(change) = self.names.pop_front_if(|change| change.is_synced) {
            self.unsynced_bytes -= CHANGE_SIZE;
            self.write_names(change.entries);
        }
        self.drop_orphans();
    }

    fn write_names(&mut self, entries: Vec<Entry>) {
        for (directory, name, after) in entries {
            // A directory that is gone has no names on the disk either.
            let Ok(directory) = self.inodes.directory_mut(directory) else {
                continue;
            };
            let synced = Arc::make_mut(&mut directory.synced);
            match after {
                Some(after) => synced.insert(name, after),
                None => synced.remove(&name),
            };
        }
    }

    /// Forgets inodes that nothing leads to and no crash can bring back.
    pub(super) fn drop_orphans(&mut self) {
        if self.orphan_bytes > UNSYNCED_MAX && !self.names.is_empty() {
            self.sync_all();
            return;
        }
        let mut held = BTreeSet::new();
        match self.names.is_empty() {
            true => {}
            false if self.orphans.len() < self.next_scan => return,
            false => {
                for change in &self.names {
                    let after = change.entries.iter().filter_map(|(_, _, after)| *after);
                    held.extend(after.chain(change.before.iter().flatten().copied()));
                    held.extend(change.entries.iter().map(|(directory, ..)| *directory));
                }
            }
        }
        self.orphan_bytes = 0;
        for number in std::mem::take(&mut self.orphans) {
            match held.contains(&number) {
                true => {
                    let inode = self.inodes.get(number);
                    self.orphan_bytes += inode.map_or(0, |inode| inode.allocated());
                    self.orphans.insert(number);
                }
                false => {
                    self.files.remove(&number);
                    self.sync_file(number);
                    self.inodes.remove(number);
                }
            }
        }
        // Where most have to stay, looking at all of them again for each new one would be quadratic.
        self.next_scan = ORPHANS_MAX.max(self.orphans.len() * 2);
    }

    /// The host has crashed: each change that is not on the disk is kept, lost, or a part of it is kept, as
    /// the seed draws. Nothing is open any more.
    pub(super) fn crash(&mut self, handle: &Handle) {
        for number in std::mem::take(&mut self.files) {
            if let Ok(file) = self.inodes.file_mut(number) {
                let changes: VecDeque<DataChange> = std::mem::take(&mut file.unsynced);
                let mut content = file.synced.clone();
                for change in changes {
                    if let Some(kept) = kept(handle, number, change) {
                        kept.apply(&mut content);
                    }
                }
                (file.synced, file.content) = (content.clone(), content);
            }
        }
        for change in std::mem::take(&mut self.names) {
            let directory = change.entries.first().map_or(ROOT, |(it, ..)| *it);
            let is_kept = change.is_synced || handle.draw_unsynced_name(directory).unwrap_or(true);
            if is_kept {
                self.write_names(change.entries);
            }
        }
        (self.unsynced_bytes, self.orphan_bytes) = (0, 0);
        self.orphans.clear();
        self.next_scan = ORPHANS_MAX;
        self.rebuild();
    }

    /// Makes the tree what its directories say on the disk. A directory has one name: of several that a
    /// crash has left, all but the first are removed.
    fn rebuild(&mut self) {
        let mut links: BTreeMap<u64, u64> = BTreeMap::from([(ROOT, 1)]);
        let mut waiting = VecDeque::from([(ROOT, ROOT)]);
        while let Some((number, parent)) = waiting.pop_front() {
            let Ok(directory) = self.inodes.directory(number) else {
                continue;
            };
            let mut kept: BTreeMap<Name, u64> = BTreeMap::new();
            let mut directories = 0;
            for (name, &child) in directory.synced.iter() {
                let Some(inode) = self.inodes.get(child) else {
                    continue;
                };
                let count = links.entry(child).or_insert(0);
                if inode.is_directory() {
                    if *count > 0 {
                        continue;
                    }
                    directories += 1;
                    waiting.push_back((child, number));
                }
                *count += 1;
                kept.insert(name.clone(), child);
            }
            let is_same = directory.parent == parent
                && directory.directories == directories
                && *directory.entries == kept
                && *directory.synced == kept;
            if let (false, Ok(directory)) = (is_same, self.inodes.directory_mut(number)) {
                directory.entries = Entries::new(kept);
                directory.synced = directory.entries.clone();
                (directory.parent, directory.directories) = (parent, directories);
            }
        }
        self.used = 0;
        for number in self.inodes.numbers() {
            let Some(&links) = links.get(&number) else {
                self.inodes.remove(number);
                continue;
            };
            let Some(inode) = self.inodes.get(number) else {
                continue;
            };
            self.used += inode.allocated();
            if (inode.links, inode.opens) != (links, 0)
                && let Ok(inode) = self.inodes.get_mut(number)
            {
                (inode.links, inode.opens) = (links, 0);
            }
        }
    }

    /// Whether all that a directory's or a file's readers see is on the disk.
    #[cfg(test)]
    pub(super) fn is_synced(&self) -> bool {
        self.files.is_empty() && self.names.is_empty()
    }
}

/// The memory that a change takes.
fn size(change: &DataChange) -> u64 {
    CHANGE_SIZE
        + match change {
            DataChange::Write { bytes, .. } => bytes.len() as u64,
            DataChange::Size(_) => 0,
        }
}

/// What a crash leaves of a change of a file's bytes.
fn kept(handle: &Handle, number: u64, change: DataChange) -> Option<DataChange> {
    let (offset, length) = match &change {
        DataChange::Write { offset, bytes } => (*offset, bytes.len() as u64),
        DataChange::Size(size) => (*size, 0),
    };
    // A dispatcher that has ended crashes no hosts.
    let kept = handle
        .draw_unsynced_write(number, offset, length)
        .unwrap_or(Some(length))?;
    Some(match change {
        DataChange::Write { offset, bytes } => DataChange::Write {
            offset,
            bytes: bytes.get(..kept as usize).map_or(bytes.clone(), Box::from),
        },
        size => size,
    })
}
