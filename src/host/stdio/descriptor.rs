//! How to read and write a descriptor that we may not change, without ever blocking on it.
//!
//! `O_NONBLOCK` belongs to the open file description, which the shell and its other children share,
//! so it is never set on what was inherited. Pipes take `RWF_NOWAIT`, sockets `MSG_DONTWAIT`,
//! terminals are opened anew; files answer at once. What is left goes to the blocking pool.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags, fstat};
use rustix::io::{Errno, ReadWriteFlags};
use rustix::net::{RecvFlags, SendFlags};
use wippy_dispatcher::{Error, Handle, Interest, Source};

/// The offset that means "where the description stands".
const CURRENT: u64 = u64::MAX;

/// How a descriptor is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum IoMode {
    /// `preadv2` and `pwritev2` with `RWF_NOWAIT`.
    Nowait,
    /// `recv` and `send` with `MSG_DONTWAIT`.
    Socket,
    /// An open file description of our own, with `O_NONBLOCK`.
    Reopened,
    /// It never blocks for long: a regular file, `/dev/null`.
    Inline,
    /// On the blocking pool.
    Pool,
    /// A directory, which cannot be read as a stream.
    Directory,
}

/// A descriptor, how it is used, and its readiness where it has one.
#[derive(Debug)]
pub(super) struct Descriptor {
    handle: Handle,
    interest: Interest,
    fd: Arc<OwnedFd>,
    mode: IoMode,
    source: Option<Source<Arc<OwnedFd>>>,
}

impl Descriptor {
    pub(super) fn new(
        handle: &Handle,
        fd: OwnedFd,
        interest: Interest,
    ) -> Result<Descriptor, Error> {
        let mut descriptor = Descriptor::unused(handle, fd, interest);
        let kind = FileType::from_raw_mode(fstat(&*descriptor.fd)?.st_mode);
        match kind {
            FileType::Fifo => descriptor.follow(IoMode::Nowait)?,
            FileType::Socket => descriptor.follow(IoMode::Socket)?,
            FileType::RegularFile => descriptor.mode = IoMode::Inline,
            FileType::Directory => descriptor.mode = IoMode::Directory,
            FileType::CharacterDevice if descriptor.is_terminal() => descriptor.reopen()?,
            // What epoll refuses among the devices (null, zero, full) never blocks.
            FileType::CharacterDevice => match descriptor.follow(IoMode::Nowait) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    descriptor.mode = IoMode::Inline
                }
                followed => followed?,
            },
            _ => {}
        }
        Ok(descriptor)
    }

    /// One that was opened with `O_NONBLOCK` and is nobody else's: a FIFO or a device.
    pub(super) fn nonblocking(
        handle: &Handle,
        fd: OwnedFd,
        interest: Interest,
    ) -> Result<Descriptor, Error> {
        let mut descriptor = Descriptor::unused(handle, fd, interest);
        match FileType::from_raw_mode(fstat(&*descriptor.fd)?.st_mode) {
            FileType::BlockDevice => {}
            _ => match descriptor.follow(IoMode::Reopened) {
                // What epoll refuses (null, zero, full) never blocks.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    descriptor.mode = IoMode::Inline
                }
                followed => followed?,
            },
        }
        Ok(descriptor)
    }

    fn unused(handle: &Handle, fd: OwnedFd, interest: Interest) -> Descriptor {
        Descriptor {
            handle: handle.clone(),
            interest,
            fd: Arc::new(fd),
            mode: IoMode::Pool,
            source: None,
        }
    }

    pub(super) fn is_terminal(&self) -> bool {
        rustix::termios::isatty(&*self.fd)
    }

    pub(super) fn mode(&self) -> IoMode {
        self.mode
    }

    pub(super) fn fd(&self) -> Arc<OwnedFd> {
        self.fd.clone()
    }

    pub(super) fn source(&self) -> Option<&Source<Arc<OwnedFd>>> {
        self.source.as_ref()
    }

    /// Whether an attempt would do something. Only where the last one may have used up all there was
    /// is the system asked.
    pub(super) fn is_ready(&self) -> bool {
        match &self.source {
            Some(source) => source.confirm(self.interest),
            None => true,
        }
    }

    fn follow(&mut self, mode: IoMode) -> Result<(), Error> {
        self.source = None;
        let source = Source::with_interest(&self.handle, self.fd.clone(), self.interest);
        self.source = Some(source?);
        self.mode = mode;
        // Registration reports at once what is ready already.
        self.handle.poll_driver()?;
        Ok(())
    }

    /// Opens the same file anew, without blocking; on the pool if that is refused.
    fn reopen(&mut self) -> Result<(), Error> {
        let path = format!("/proc/self/fd/{}", self.fd.as_fd().as_raw_fd());
        let access = match self.interest {
            Interest::Readable | Interest::ReadClosed => OFlags::RDONLY,
            Interest::Writable | Interest::WriteClosed => OFlags::WRONLY,
        };
        let flags = access | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        self.source = None;
        self.mode = IoMode::Pool;
        if let Ok(own) = rustix::fs::open(path, flags, Mode::empty()) {
            self.fd = Arc::new(own);
            match self.follow(IoMode::Reopened) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    self.mode = IoMode::Pool
                }
                followed => followed?,
            }
        }
        Ok(())
    }

    /// Reads what is there. `WouldBlock` on [`IoMode::Pool`] always.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.attempt(buffer.len(), |fd, mode| match mode {
            IoMode::Nowait => {
                let mut slices = [io::IoSliceMut::new(buffer)];
                rustix::io::preadv2(fd, &mut slices, CURRENT, ReadWriteFlags::NOWAIT)
            }
            IoMode::Socket => {
                rustix::net::recv(fd, &mut *buffer, RecvFlags::DONTWAIT).map(|(read, _)| read)
            }
            IoMode::Reopened | IoMode::Inline => rustix::io::read(fd, &mut *buffer),
            IoMode::Pool => Err(Errno::AGAIN),
            IoMode::Directory => Err(Errno::ISDIR),
        })
    }

    /// Writes what fits. `WouldBlock` on [`IoMode::Pool`] always.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        self.attempt(bytes.len(), |fd, mode| match mode {
            IoMode::Nowait => {
                let slices = [io::IoSlice::new(bytes)];
                rustix::io::pwritev2(fd, &slices, CURRENT, ReadWriteFlags::NOWAIT)
            }
            IoMode::Socket => {
                rustix::net::send(fd, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
            }
            IoMode::Reopened | IoMode::Inline => rustix::io::write(fd, bytes),
            IoMode::Pool => Err(Errno::AGAIN),
            IoMode::Directory => Err(Errno::ISDIR),
        })
    }

    fn attempt(
        &mut self,
        wanted: usize,
        mut operation: impl FnMut(&OwnedFd, IoMode) -> rustix::io::Result<usize>,
    ) -> Result<usize, Error> {
        loop {
            match operation(&self.fd, self.mode) {
                Err(Errno::INTR) => {}
                // A kernel that does not know the flag for this kind of file or the call at all, or
                // a filter that forbids it.
                Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::PERM)
                    if self.mode == IoMode::Nowait =>
                {
                    self.reopen()?;
                }
                Err(Errno::AGAIN) => {
                    self.clear();
                    return Err(Errno::AGAIN.into());
                }
                Ok(done) => {
                    // Less than was asked: drained or full. The kernel says when that changes,
                    // except after a hang-up, which it has already said.
                    match done < wanted && !self.hung_up() {
                        true => self.clear(),
                        // What is written to a device that is full is kept.
                        false if self.interest == Interest::Readable => self.set_uncertain(),
                        false => {}
                    }
                    return Ok(done);
                }
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Whether nothing was read because nobody has opened a FIFO for writing yet. The kernel says
    /// when a writer came or went.
    pub(super) fn waits_for_writer(&self) -> Result<bool, Error> {
        if self.source.is_none() || self.hung_up() {
            return Ok(false);
        }
        // Before the look: what a writer does from here on counts.
        self.clear();
        self.handle.poll_driver()?;
        Ok(!self.hung_up())
    }

    fn set_uncertain(&self) {
        if let Some(source) = &self.source {
            source.set_uncertain(self.interest);
        }
    }

    fn clear(&self) {
        if let Some(source) = &self.source {
            source.clear(self.interest);
        }
    }

    fn hung_up(&self) -> bool {
        self.source
            .as_ref()
            .is_some_and(|source| source.is_closed(self.interest))
    }
}
