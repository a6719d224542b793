//! What `statfs` says of a filesystem: whether the page cache answers for it.

use std::os::fd::AsFd;

use rustix::fs::FsWord;

/// How a filesystem may be used on the dispatcher's thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// A local one whose cached operations return at once: ext2 to ext4, xfs, btrfs, overlayfs.
    Local,
    /// Memory is all there is: tmpfs. Its reads return at once as well.
    Memory,
    /// Anything else: the network's, FUSE, devices. Nothing of it runs on the dispatcher's thread.
    Unknown,
}

const EXT: FsWord = 0xef53;
const XFS: FsWord = 0x5846_5342;
const BTRFS: FsWord = 0x9123_683e;
const OVERLAY: FsWord = 0x794c_7630;
const TMPFS: FsWord = 0x0102_1994;

impl Class {
    /// The class of the filesystem that a descriptor is on. Blocks.
    pub fn of(fd: impl AsFd) -> Class {
        match rustix::fs::fstatfs(fd) {
            Ok(told) => Class::from_magic(told.f_type),
            Err(_) => Class::Unknown,
        }
    }

    fn from_magic(magic: FsWord) -> Class {
        match magic {
            EXT | XFS | BTRFS | OVERLAY => Class::Local,
            TMPFS => Class::Memory,
            _ => Class::Unknown,
        }
    }

    /// Whether `fstat`, cached opens and buffered writes may run on the dispatcher's thread.
    pub fn is_known(self) -> bool {
        self != Class::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_filesystems_are_used_inline() {
        for magic in [EXT, XFS, BTRFS, OVERLAY] {
            assert_eq!(Class::from_magic(magic), Class::Local);
        }
        assert_eq!(Class::from_magic(TMPFS), Class::Memory);
        // NFS, FUSE, SMB 2, procfs.
        for magic in [0x6969, 0x6573_5546, 0xfe53_4d42_u32 as FsWord, 0x9fa0] {
            assert!(!Class::from_magic(magic).is_known(), "{magic:x}");
        }
    }
}
