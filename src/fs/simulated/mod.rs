//! Filesystems of simulated hosts: what the host's directory held when it was read, in memory, with what
//! guests have changed of it. Nothing is written to the host.

mod content;
mod data;
mod disk;
mod faults;
mod inode;
mod inodes;
mod name_change;
mod names;
mod opened;
mod pattern;
mod snapshot;
mod snapshots;
mod tree;
mod unsynced;
mod volume;
mod walk;

#[cfg(test)]
mod tests;

pub use disk::HostDisk;
pub use faults::DiskFaults;
pub use names::OpenRequest;
pub use opened::{OpenEntry, OpenInode};
pub use snapshots::Snapshots;
