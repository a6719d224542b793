//! Loops over files and standard output, for measuring.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/clocks",
        "../../../wit/deps/cli",
        "../../../wit/deps/filesystem",
        "../wit/bench-files.wit",
    ],
    world: "test:guests/bench-files-guest",
    generate_all,
});

use alloc::string::String;
use alloc::vec;

use exports::test::guests::file_loops::Guest;
use wasi::cli::stdout::get_stdout;
use wasi::clocks::monotonic_clock::now;
use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, OpenFlags, PathFlags,
};
use wasi::io::streams::StreamError;

struct FileLoops;
export!(FileLoops);

/// Writes stay below this offset.
const WRITTEN_MAX: u64 = 1 << 20;

fn root() -> Descriptor {
    get_directories().swap_remove(0).0
}

fn open(path: &str, create: bool) -> Descriptor {
    let (how, flags) = match create {
        true => (OpenFlags::CREATE | OpenFlags::TRUNCATE, DescriptorFlags::WRITE),
        false => (OpenFlags::empty(), DescriptorFlags::READ),
    };
    root()
        .open_at(PathFlags::empty(), path, how, flags)
        .expect("a file")
}

/// A small generator; what matters is that the offsets are no sequence.
fn next(random: &mut u64) -> u64 {
    *random = random
        .wrapping_mul(6364136223846793005)
        .wrapping_add(1442695040888963407);
    *random >> 33
}

impl Guest for FileLoops {
    fn read_blocks(path: String, block: u32, count: u32, random: bool) -> u64 {
        let file = open(&path, false);
        let block = u64::from(block);
        let blocks = file.stat().expect("a stat").size / block;
        let mut seed = 1;
        let start = now();
        for number in 0..u64::from(count) {
            let at = if random { next(&mut seed) } else { number } % blocks;
            let (bytes, _) = file.read(block, at * block).expect("a read");
            assert_eq!(bytes.len() as u64, block);
        }
        now() - start
    }

    fn write_blocks(path: String, block: u32, count: u32) -> u64 {
        let file = open(&path, true);
        let bytes = vec![7u8; block as usize];
        let blocks = (WRITTEN_MAX / u64::from(block)).max(1);
        let start = now();
        for number in 0..u64::from(count) {
            let at = number % blocks * u64::from(block);
            assert_eq!(file.write(&bytes, at), Ok(u64::from(block)));
        }
        now() - start
    }

    fn cross(path: String, count: u32) -> u64 {
        let file = open(&path, false);
        let start = now();
        for _ in 0..count {
            assert_eq!(file.get_type(), Ok(DescriptorType::RegularFile));
        }
        now() - start
    }

    fn stat_open(path: String, count: u32) -> u64 {
        let file = open(&path, false);
        let start = now();
        for _ in 0..count {
            assert!(file.stat().expect("a stat").size > 0);
        }
        now() - start
    }

    fn stat_path(path: String, count: u32) -> u64 {
        let root = root();
        let start = now();
        for _ in 0..count {
            let stat = root.stat_at(PathFlags::empty(), &path).expect("a stat");
            assert!(stat.size > 0);
        }
        now() - start
    }

    fn open_close(path: String, count: u32) -> u64 {
        let root = root();
        let start = now();
        for _ in 0..count {
            let file = root.open_at(
                PathFlags::empty(),
                &path,
                OpenFlags::empty(),
                DescriptorFlags::READ,
            );
            drop(file.expect("a file"));
        }
        now() - start
    }

    fn list_directory(path: String, entries: u32) -> u64 {
        let directory = root()
            .open_at(
                PathFlags::empty(),
                &path,
                OpenFlags::DIRECTORY,
                DescriptorFlags::READ,
            )
            .expect("a directory");
        let start = now();
        let stream = directory.read_directory().expect("a stream");
        let mut count = 0;
        while stream.read_directory_entry().expect("an entry").is_some() {
            count += 1;
        }
        assert_eq!(count, entries);
        now() - start
    }

    fn write_stdout(_path: String, block: u32, count: u32) -> u64 {
        let mut bytes = vec![b'x'; block as usize];
        if let Some(last) = bytes.last_mut() {
            *last = b'\n';
        }
        let stdout = get_stdout();
        let start = now();
        for _ in 0..count {
            stdout.blocking_write_and_flush(&bytes).expect("a write");
        }
        now() - start
    }

    fn read_stream(path: String, block: u32) -> u64 {
        let file = open(&path, false);
        let size = file.stat().expect("a stat").size;
        let start = now();
        let stream = file.read_via_stream(0).expect("a stream");
        let mut read = 0;
        loop {
            match stream.blocking_read(u64::from(block)) {
                Ok(bytes) => read += bytes.len() as u64,
                Err(StreamError::Closed) => break,
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(read, size);
        now() - start
    }
}
