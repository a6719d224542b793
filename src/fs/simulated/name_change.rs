//! A change of names.

use super::inode::Name;

/// A name in a directory, and what it names from now on.
pub(super) type Entry = (u64, Name, Option<u64>);

/// What one operation has changed of names.
#[derive(Debug)]
pub(super) struct NameChange {
    pub(super) entries: Vec<Entry>,
    /// What these names meant before.
    pub(super) before: Vec<Option<u64>>,
    /// It was written while others before it were not.
    pub(super) is_synced: bool,
}
