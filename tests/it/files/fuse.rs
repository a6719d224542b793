//! A FUSE filesystem of a few files, some of which never answer, spoken by hand.
//!
//! | file | what it does |
//! |---|---|
//! | `read` | opens; reading it and closing it are never answered |
//! | `lookup-…` | looking it up is never answered |
//! | `stat` | is found, and asking about it is never answered |
//! | `torn` | 8192 bytes, of which the second half cannot be read; its data cannot be synced |
//! | `full` | its data can be synced, and the file as a whole cannot |
//!
//! Listing the root is never answered. What is new cannot be created.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{JoinHandle, spawn};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use rustix::pipe::pipe;

const READ: u64 = 2;
const STAT: u64 = 3;
const TORN: u64 = 4;
const FULL: u64 = 5;

/// Requests, by the protocol's numbers.
pub mod ask {
    pub const LOOKUP: u32 = 1;
    pub const FORGET: u32 = 2;
    pub const GETATTR: u32 = 3;
    pub const OPEN: u32 = 14;
    pub const READ: u32 = 15;
    pub const STATFS: u32 = 17;
    pub const RELEASE: u32 = 18;
    pub const FSYNC: u32 = 20;
    pub const FLUSH: u32 = 25;
    pub const INIT: u32 = 26;
    pub const OPENDIR: u32 = 27;
    pub const READDIR: u32 = 28;
    pub const RELEASEDIR: u32 = 29;
    pub const INTERRUPT: u32 = 36;
    pub const BATCH_FORGET: u32 = 42;
    pub const READDIRPLUS: u32 = 44;
}

/// A mounted filesystem. Dropping it ends the connection: whoever waits for it gets an error.
pub struct Fuse {
    at: PathBuf,
    stop: Option<OwnedFd>,
    server: Option<JoinHandle<()>>,
}

impl Fuse {
    /// Mounts it here, and answers on a thread. What it does not answer it tells.
    pub fn mount(at: &Path) -> std::io::Result<(Fuse, Receiver<u32>)> {
        let device = File::options()
            .read(true)
            .write(true)
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open("/dev/fuse")?;
        let number = std::os::fd::AsRawFd::as_raw_fd(&device);
        let data = format!("fd={number},rootmode=40000,user_id=0,group_id=0");
        let data = std::ffi::CString::new(data).expect("no zero");
        mount("none", at, "fuse", MountFlags::empty(), &*data)?;
        let (stopped, stop) = pipe()?;
        let (tell, unanswered) = channel();
        let server = spawn(move || Server { device, tell }.serve(&stopped));
        let fuse = Fuse {
            at: at.to_owned(),
            stop: Some(stop),
            server: Some(server),
        };
        Ok((fuse, unanswered))
    }

    /// Ends it.
    pub fn end(&mut self) {
        drop(self.stop.take());
        if let Some(server) = self.server.take() {
            server.join().expect("a server");
            let _ = unmount(&self.at, UnmountFlags::DETACH);
        }
    }
}

impl Drop for Fuse {
    fn drop(&mut self) {
        self.end();
    }
}

struct Server {
    device: File,
    tell: Sender<u32>,
}

enum Reply {
    Bytes(Vec<u8>),
    Error(Errno),
    /// The protocol has none.
    Nothing,
    /// Whoever asked waits for ever.
    Never,
}

impl Server {
    fn serve(mut self, stopped: &OwnedFd) {
        let mut buffer = vec![0; 1 << 20];
        loop {
            let mut ready = [
                PollFd::new(&self.device, PollFlags::IN),
                PollFd::from_borrowed_fd(stopped.as_fd(), PollFlags::IN),
            ];
            poll(&mut ready, None).expect("a poll");
            if !ready[1].revents().is_empty() {
                return;
            }
            match self.device.read(&mut buffer) {
                Ok(length) => self.request(&buffer[..length]),
                // Taken back by whoever asked.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.raw_os_error() == Some(Errno::NOENT.raw_os_error()) => {}
                Err(_) => return,
            }
        }
    }

    fn request(&mut self, bytes: &[u8]) {
        let word = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().expect("a word"));
        let long = |at: usize| u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("a long"));
        let (kind, unique, node) = (word(4), long(8), long(16));
        let (error, answer) = match reply(kind, node, &bytes[40..]) {
            Reply::Bytes(answer) => (0, answer),
            Reply::Error(errno) => (-errno.raw_os_error(), Vec::new()),
            Reply::Nothing => return,
            Reply::Never => {
                let _ = self.tell.send(kind);
                return;
            }
        };
        let length = u32::try_from(16 + answer.len()).expect("short");
        let mut whole = Vec::new();
        whole.extend(length.to_ne_bytes());
        whole.extend(error.to_ne_bytes());
        whole.extend(unique.to_ne_bytes());
        whole.extend(answer);
        // Nobody may want it any more.
        let _ = self.device.write(&whole);
    }
}

fn reply(kind: u32, node: u64, body: &[u8]) -> Reply {
    match kind {
        ask::INIT => Reply::Bytes(init()),
        ask::LOOKUP => match body.strip_suffix(b"\0").unwrap_or(body) {
            b"read" => Reply::Bytes(entry(READ)),
            name if name.starts_with(b"lookup") => Reply::Never,
            b"stat" => Reply::Bytes(entry(STAT)),
            b"torn" => Reply::Bytes(entry(TORN)),
            b"full" => Reply::Bytes(entry(FULL)),
            _ => Reply::Error(Errno::NOENT),
        },
        ask::GETATTR if node != STAT => Reply::Bytes(attributes_of(node)),
        // A handle, and that reads are not to be cached.
        ask::OPEN | ask::OPENDIR => Reply::Bytes(words(&[0, 0, 1, 0])),
        ask::READ if node == TORN => {
            let offset = u64::from_ne_bytes(body[8..16].try_into().expect("a long"));
            let size = u32::from_ne_bytes(body[16..20].try_into().expect("a word"));
            match 4096u64.checked_sub(offset) {
                Some(left) if left > 0 => Reply::Bytes(vec![b'x'; size.min(left as u32) as usize]),
                _ => Reply::Error(Errno::IO),
            }
        }
        ask::FSYNC => {
            let data_only = u32::from_ne_bytes(body[8..12].try_into().expect("a word")) & 1 == 1;
            match data_only {
                true if node == TORN => Reply::Error(Errno::IO),
                true => Reply::Bytes(Vec::new()),
                false => Reply::Error(Errno::NOSPC),
            }
        }
        ask::FLUSH if node == TORN || node == FULL => Reply::Bytes(Vec::new()),
        ask::RELEASE | ask::RELEASEDIR => Reply::Bytes(Vec::new()),
        ask::STATFS => Reply::Bytes(vec![0; 80]),
        ask::FORGET | ask::BATCH_FORGET | ask::INTERRUPT => Reply::Nothing,
        ask::GETATTR | ask::READ | ask::READDIR | ask::READDIRPLUS | ask::FLUSH => Reply::Never,
        _ => Reply::Error(Errno::NOSYS),
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().copied().flat_map(u32::to_ne_bytes).collect()
}

fn longs(longs: &[u64]) -> Vec<u8> {
    longs.iter().copied().flat_map(u64::to_ne_bytes).collect()
}

/// Version 7.31, names looked up side by side, writes of 4096 bytes.
fn init() -> Vec<u8> {
    const PARALLEL: u32 = 1 << 18;
    let mut answer = words(&[7, 31, 4096, PARALLEL, 0, 4096, 1, 1]);
    answer.resize(64, 0);
    answer
}

/// What is told of a node that was looked up. The name and, but for `stat`, what is known of it
/// stay valid.
fn entry(node: u64) -> Vec<u8> {
    let known = if node == STAT { 0 } else { 1 << 20 };
    [
        longs(&[node, 0, 1 << 20, known]),
        words(&[0, 0]),
        attributes(node),
    ]
    .concat()
}

fn attributes_of(node: u64) -> Vec<u8> {
    [longs(&[1 << 20, 0]), attributes(node)].concat()
}

fn attributes(node: u64) -> Vec<u8> {
    let (mode, size) = match node {
        1 => (0o040_755, 0),
        _ => (0o100_644, 8192),
    };
    [
        longs(&[node, size, 16, 1, 1, 1]),
        words(&[0, 0, 0, mode, 1, 0, 0, 0, 4096, 0]),
    ]
    .concat()
}
