//! What `statfs` says of a filesystem: whether the page cache answers for it.

use std::os::fd::AsFd;

use rustix::fs::FsWord;

/// What `statfs` calls a filesystem.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Magic(FsWord);

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
const FUSE: FsWord = 0x6573_5546;
const NFS: FsWord = 0x6969;
const SMB2: FsWord = 0xfe53_4d42_u32 as FsWord;
const CEPH: FsWord = 0x00c3_6400;

impl Magic {
    /// That of the filesystem that a descriptor is on. Blocks.
    pub fn of(fd: impl AsFd) -> Option<Magic> {
        rustix::fs::fstatfs(fd)
            .ok()
            .map(|found| Magic(found.f_type))
    }

    /// Whether it tells from memory what it knows of a file, when that is all it is asked for
    /// (`AT_STATX_DONT_SYNC`). Others, 9p among them, ask their server even so.
    pub fn remembers(self) -> bool {
        Class::from_magic(self.0).is_known() || [FUSE, NFS, SMB2, CEPH].contains(&self.0)
    }
}

impl Class {
    /// The class of the filesystem that a descriptor is on. Blocks.
    pub fn of(fd: impl AsFd) -> Class {
        Magic::of(fd).map_or(Class::Unknown, Class::from)
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

impl From<Magic> for Class {
    fn from(magic: Magic) -> Class {
        Class::from_magic(magic.0)
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
        for magic in [NFS, FUSE, SMB2, 0x9fa0] {
            assert!(!Class::from_magic(magic).is_known(), "{magic:x}");
        }
    }

    #[test]
    fn what_asks_a_server_is_not_asked_inline() {
        assert!(Magic(TMPFS).remembers());
        assert!(Magic(FUSE).remembers());
        // 9p, and nothing at all.
        assert!(!Magic(0x0102_1997).remembers());
        assert!(!Magic(0).remembers());
    }
}
