//! Loops around one operation, timed by the guest itself. What fails traps.

use alloc::vec;

use crate::wasi::clocks::monotonic_clock::now;
use crate::wasi::filesystem::preopens::get_directories;
use crate::wasi::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};

const PAGE: u64 = 4096;

fn root() -> Descriptor {
    get_directories().into_iter().next().expect("a mount").0
}

fn open(path: &str, flags: DescriptorFlags) -> Descriptor {
    root()
        .open_at(PathFlags::empty(), path, OpenFlags::empty(), flags)
        .expect("a file")
}

fn timed(work: impl FnOnce()) -> u64 {
    let start = now();
    work();
    now() - start
}

pub fn sequential_reads(path: &str, part: u32, total: u64) -> u64 {
    let file = open(path, DescriptorFlags::READ);
    timed(|| {
        let (mut read, mut at) = (0, 0);
        while read < total {
            let (bytes, end) = file.read(part.into(), at).expect("bytes");
            read += bytes.len() as u64;
            at = if end { 0 } else { at + bytes.len() as u64 };
            assert!(!bytes.is_empty() || end);
        }
    })
}

pub fn random_reads(path: &str, count: u32) -> u64 {
    let file = open(path, DescriptorFlags::READ);
    let pages = (file.stat().expect("a size").size / PAGE).max(1);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    timed(|| {
        for _ in 0..count {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let (bytes, _) = file.read(PAGE, state % pages * PAGE).expect("bytes");
            assert!(!bytes.is_empty());
        }
    })
}

pub fn writes(path: &str, count: u32) -> u64 {
    let file = open(path, DescriptorFlags::WRITE);
    let page = vec![7; PAGE as usize];
    timed(|| {
        for at in 0..u64::from(count) {
            let written = file.write(&page, at % 256 * PAGE).expect("room");
            assert!(written == PAGE);
        }
    })
}

pub fn stream_writes(path: &str, count: u32) -> u64 {
    let file = open(path, DescriptorFlags::WRITE);
    let stream = file.write_via_stream(0).expect("a stream");
    let page = vec![7; PAGE as usize];
    timed(|| {
        for _ in 0..count {
            stream.blocking_write_and_flush(&page).expect("room");
        }
    })
}

pub fn stats(path: &str, count: u32) -> u64 {
    let file = open(path, DescriptorFlags::READ);
    timed(|| {
        for _ in 0..count {
            file.stat().expect("a size");
        }
    })
}

pub fn path_stats(path: &str, count: u32) -> u64 {
    let root = root();
    timed(|| {
        for _ in 0..count {
            root.stat_at(PathFlags::SYMLINK_FOLLOW, path)
                .expect("a size");
        }
    })
}

pub fn opens(path: &str, count: u32) -> u64 {
    let root = root();
    timed(|| {
        for _ in 0..count {
            root.open_at(
                PathFlags::SYMLINK_FOLLOW,
                path,
                OpenFlags::empty(),
                DescriptorFlags::READ,
            )
            .expect("a file");
        }
    })
}

pub fn crossings(path: &str, count: u32) -> u64 {
    let file = open(path, DescriptorFlags::READ);
    timed(|| {
        for _ in 0..count {
            file.get_type().expect("a type");
        }
    })
}

pub fn lists(path: &str, entries: u32) -> u64 {
    let directory = open(path, DescriptorFlags::READ);
    timed(|| {
        let stream = directory.read_directory().expect("a directory");
        let mut count = 0;
        while stream.read_directory_entry().expect("a name").is_some() {
            count += 1;
        }
        assert!(count == entries);
    })
}
