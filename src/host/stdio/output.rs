//! A descriptor as output, shared by all calls that write it.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use wippy_dispatcher::{Error, Event, Handle, Instant, Interest, WaitSet};

use super::descriptor::{Descriptor, IoMode};
use super::{at_start, own};
use crate::host::io::{Destination, Job, Owner, StreamError, Unwritten, WriteQueue};
use crate::quota::QuotaPermit;

/// Standard output or error: a terminal, a pipe, a socket, a file. Or a FIFO or a device that a
/// guest has opened.
///
/// ```
/// use std::os::unix::fs::MetadataExt;
/// use wippy::stdio::Output;
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let file = tempfile::tempfile()?;
/// let metadata = file.metadata()?;
/// let output = Output::new(&dispatcher.handle(), Some(file.into()))?;
/// assert_eq!(output.file(), Some((metadata.dev(), metadata.ino())));
/// assert_eq!(output.lost(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Output = WriteQueue<Device>;

/// A descriptor that is written.
#[derive(Debug)]
pub struct Device {
    handle: Handle,
    /// `None`: it was closed from the start, and stays so.
    descriptor: Option<Descriptor>,
    terminal: bool,
    /// Counts against the bound of the call whose guest has opened it.
    _held: Option<QuotaPermit>,
    /// Why bytes that were accepted never reached the descriptor.
    lost: Option<OutputLost>,
    /// Of the program's own standard output: set once bytes are lost.
    until_lost: Option<Event>,
    /// The last byte that was accepted ended no line.
    in_line: bool,
}

/// Why bytes that were written never reached their descriptor.
///
/// ```
/// use std::sync::Arc;
/// use wippy::stdio::{InputSource, Output, OutputLost, Sink, Stdio};
/// use wippy::{Entry, Program, Runtime};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let text = r#"(module
///   (import "wasi_snapshot_preview1" "fd_write"
///     (func $write (param i32 i32 i32 i32) (result i32)))
///   (memory (export "memory") 1)
///   (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
///   (func (export "_start")
///     (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"#;
/// let entry = Entry::process("file:hello").bytes(text).import("wasi1");
/// let (reader, writer) = std::io::pipe()?;
/// let output = Arc::new(Output::new(&dispatcher.handle(), Some(writer.into()))?);
/// let sink = Sink::Device(output.clone());
/// let stdio = Stdio::new(InputSource::Empty, sink.clone(), sink);
/// drop(reader);
/// let program = Program::builder().entry(entry).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// dispatcher.block_on(runtime.execute("file:hello", stdio, &[]))??;
/// assert_eq!(output.lost(), Some(OutputLost::ReaderGone));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OutputLost {
    /// Nobody reads the pipe or the socket any more.
    #[error("its reader has gone")]
    ReaderGone,
    /// What the system answered.
    #[error("{0}")]
    Failed(String),
}

impl Output {
    /// Takes a descriptor.
    ///
    /// # Errors
    /// `Io` when the kernel cannot examine the descriptor or watch it; `Simulated`, `TooManySources`,
    /// `WrongThread` and `Closed` of the dispatcher.
    pub fn new(handle: &Handle, fd: Option<OwnedFd>) -> Result<Output, Error> {
        let descriptor = match fd {
            Some(fd) => Some(Descriptor::new(handle, fd, Interest::Writable)?),
            None => None,
        };
        let output = WriteQueue::to(handle, Device::new(handle, descriptor, None), None);
        if output.destination(|device| device.descriptor.is_none()) {
            output.finish()?;
        }
        Ok(output)
    }

    /// The program's own standard output, which may have been closed from the start: then what is
    /// written fails and is lost, as a guest may not look after it. Once its reader has gone, a guest
    /// that uses it traps: it ends there, as SIGPIPE ends other programs.
    ///
    /// # Errors
    /// As [`Output::new`]; also `Io` when the process has no descriptors left.
    pub fn inherited(handle: &Handle) -> Result<Output, Error> {
        let fd = match at_start::stdout_was_closed() {
            true => None,
            false => own(rustix::stdio::stdout())?,
        };
        crate::fs::survive_the_limit()?;
        let descriptor = match fd {
            Some(fd) => Some(Descriptor::new(handle, fd, Interest::Writable)?),
            None => None,
        };
        let device = Device {
            until_lost: Some(Event::new(handle)?),
            ..Device::new(handle, descriptor, None)
        };
        Ok(WriteQueue::to(handle, device, None))
    }

    /// The same for a FIFO or a device that a guest has opened, without blocking.
    pub(crate) fn nonblocking(
        handle: &Handle,
        (fd, held): (OwnedFd, QuotaPermit),
        owner: Owner,
    ) -> Result<Output, Error> {
        let descriptor = Descriptor::nonblocking(handle, fd, Interest::Writable)?;
        let device = Device::new(handle, Some(descriptor), Some(held));
        Ok(WriteQueue::to(handle, device, Some(owner)))
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.destination(|device| device.terminal)
    }

    /// Why bytes that it took are lost; `None` if none are.
    pub fn lost(&self) -> Option<OutputLost> {
        self.destination(|device| device.lost.clone())
    }

    /// Waits until bytes are lost: for ever if it is not the program's own standard output.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub async fn until_lost(&self) -> Result<(), Error> {
        match self.destination(|device| device.until_lost.clone()) {
            Some(lost) => lost.wait().await,
            None => std::future::pending().await,
        }
    }

    /// Whether what was written to it ends within a line.
    pub fn is_in_line(&self) -> bool {
        self.destination(|device| device.in_line)
    }

    /// Device and inode of what it writes to, as [`std::os::unix::fs::MetadataExt`] has them.
    pub fn file(&self) -> Option<(u64, u64)> {
        let fd = self.destination(|device| Some(device.descriptor.as_ref()?.fd()))?;
        let stat = rustix::fs::fstat(&*fd).ok()?;
        Some((stat.st_dev, stat.st_ino))
    }
}

impl Device {
    fn new(handle: &Handle, descriptor: Option<Descriptor>, held: Option<QuotaPermit>) -> Device {
        Device {
            handle: handle.clone(),
            terminal: descriptor.as_ref().is_some_and(Descriptor::is_terminal),
            descriptor,
            _held: held,
            lost: None,
            until_lost: None,
            in_line: false,
        }
    }
}

impl Destination for Device {
    fn try_write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        match &mut self.descriptor {
            Some(descriptor) => Ok(descriptor.write(bytes)?),
            None => Err(Errno::BADF.into()),
        }
    }

    fn blocked(&mut self, bytes: &mut Unwritten, room: &mut WaitSet) -> Result<Option<Job>, Error> {
        let descriptor = self.descriptor.as_ref().ok_or(Errno::BADF)?;
        match descriptor.source() {
            Some(source) if descriptor.mode() != IoMode::Pool => {
                room.add_source(source, Interest::Writable, 0)?;
                Ok(None)
            }
            _ => {
                let (fd, bytes) = (descriptor.fd(), std::mem::take(bytes));
                let job = self.handle.unblock(move || {
                    let write = || rustix::io::write(&*fd, bytes.rest());
                    let written = rustix::io::retry_on_intr(write);
                    (bytes, written.map_err(Error::from))
                });
                Ok(Some(Box::pin(async move {
                    let undone = |error| (Unwritten::default(), Err(error));
                    job.await.unwrap_or_else(undone)
                })))
            }
        }
    }

    fn has_room(&self) -> bool {
        // A closed one fails at once.
        self.descriptor.as_ref().is_none_or(Descriptor::is_ready)
    }

    fn accepted(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last() {
            self.in_line = *last != b'\n';
        }
    }

    fn failed(&mut self, error: &Error) {
        self.lost.get_or_insert_with(|| match error.kind() {
            io::ErrorKind::BrokenPipe => OutputLost::ReaderGone,
            _ => OutputLost::Failed(error.to_string()),
        });
        if let Some(lost) = &self.until_lost {
            lost.set();
        }
    }

    fn closed(&self) -> StreamError {
        match (&self.lost, &self.until_lost) {
            (Some(gone @ OutputLost::ReaderGone), Some(_)) => {
                StreamError::Trap(gone.clone().into())
            }
            _ => StreamError::Closed,
        }
    }

    fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        match self.descriptor.as_ref().and_then(Descriptor::source) {
            Some(source) => set.add_source(source, Interest::Writable, tag),
            None => set.add_deadline(Instant::from_nanos(0), tag),
        }
    }
}
