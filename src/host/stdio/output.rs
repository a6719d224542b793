//! A descriptor as output, shared by all calls that write it.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use wippy_dispatcher::{Error, Handle, Interest, Signal, WaitSet};

use super::descriptor::{Descriptor, Way};
use super::{at_start, own};
use crate::host::io::StreamError;
use crate::host::share::Held;

/// The most that one `check-write` permits, in bytes. What of it the descriptor does not take at
/// once is kept, and nothing more is permitted until it is gone.
pub const PERMIT: usize = 64 * 1024;

/// Standard output or error: a terminal, a pipe, a socket, a file.
pub struct Output {
    handle: Handle,
    terminal: bool,
    /// Counts against the bound of the call whose guest has opened it.
    _held: Option<Held>,
    /// Nothing is kept.
    drained: Signal,
    /// Of the program's own standard output: bytes were lost.
    lost: Option<Signal>,
    state: Mutex<State>,
}

/// Why bytes that were written never reached their descriptor.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OutputLost {
    /// Nobody reads the pipe or the socket any more.
    #[error("its reader has gone")]
    ReaderGone,
    /// What the system answered.
    #[error("{0}")]
    Failed(String),
}

struct State {
    /// `None`: it was closed from the start, and stays so.
    descriptor: Option<Descriptor>,
    kept: Vec<u8>,
    /// How much of `kept` is written already.
    written: usize,
    draining: bool,
    failure: Failure,
    lost: Option<OutputLost>,
    /// The last byte that was taken ended no line.
    in_line: bool,
}

/// A failure is told once, to the first who asks; from then on the stream is closed.
enum Failure {
    None,
    Untold(io::Error),
    Closed,
}

impl Output {
    /// Takes a descriptor.
    ///
    /// # Errors
    /// In a simulation, and when the dispatcher's bounds are reached.
    pub fn new(handle: &Handle, fd: Option<OwnedFd>) -> io::Result<Output> {
        let descriptor = match fd {
            Some(fd) => Some(Descriptor::new(handle, fd, Interest::Writable)?),
            None => None,
        };
        Output::with(handle, descriptor, None)
    }

    /// The program's own standard output, which may have been closed from the start. Once its reader
    /// has gone, a guest that uses it traps: it ends there, as SIGPIPE ends other programs.
    ///
    /// # Errors
    /// As [`Output::new`], and when no descriptors are left.
    pub fn inherited(handle: &Handle) -> io::Result<Output> {
        let fd = match at_start::stdout_was_closed() {
            true => None,
            false => own(rustix::stdio::stdout())?,
        };
        crate::fs::survive_the_limit()?;
        let lost = Some(Signal::new(handle)?);
        let output = Output::new(handle, fd)?;
        // If it was closed, what is written fails and is lost: a guest may not look after it.
        output.lock().failure = Failure::None;
        Ok(Output { lost, ..output })
    }

    /// The same for a FIFO or a device that a guest has opened, without blocking.
    pub(crate) fn nonblocking(handle: &Handle, fd: OwnedFd, held: Held) -> io::Result<Output> {
        let descriptor = Descriptor::nonblocking(handle, fd, Interest::Writable)?;
        Output::with(handle, Some(descriptor), Some(held))
    }

    fn with(
        handle: &Handle,
        descriptor: Option<Descriptor>,
        held: Option<Held>,
    ) -> io::Result<Output> {
        let drained = Signal::new(handle)?;
        drained.set();
        Ok(Output {
            handle: handle.clone(),
            _held: held,
            terminal: descriptor.as_ref().is_some_and(Descriptor::is_terminal),
            drained,
            lost: None,
            state: Mutex::new(State {
                failure: match descriptor {
                    Some(_) => Failure::None,
                    None => Failure::Closed,
                },
                lost: None,
                in_line: false,
                descriptor,
                kept: Vec::new(),
                written: 0,
                draining: false,
            }),
        })
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why bytes that it took are lost; `None` if none are.
    pub fn lost(&self) -> Option<OutputLost> {
        self.lock().lost.clone()
    }

    /// Waits until bytes are lost: for ever if it is not the program's own standard output.
    ///
    /// # Errors
    /// The dispatcher's.
    pub async fn until_lost(&self) -> Result<(), Error> {
        match &self.lost {
            Some(lost) => lost.wait().await,
            None => std::future::pending().await,
        }
    }

    /// Whether what was written to it ends within a line.
    pub fn is_in_line(&self) -> bool {
        self.lock().in_line
    }

    /// Device and inode of what it writes to, as [`std::os::unix::fs::MetadataExt`] has them.
    pub fn file(&self) -> Option<(u64, u64)> {
        let state = self.lock();
        let stat = rustix::fs::fstat(&*state.descriptor.as_ref()?.fd()).ok()?;
        Some((stat.st_dev, stat.st_ino))
    }

    fn told(&self, state: &mut State) -> Result<(), StreamError> {
        match (state.told(), &state.lost, &self.lost) {
            (Err(StreamError::Closed), Some(gone @ OutputLost::ReaderGone), Some(_)) => {
                Err(StreamError::Trap(gone.clone().into()))
            }
            (told, ..) => told,
        }
    }

    fn failed(&self, state: &mut State, error: io::Error) {
        state.failed(error);
        if let Some(lost) = &self.lost {
            lost.set();
        }
    }

    pub(crate) fn check_write(&self) -> Result<u64, StreamError> {
        let mut state = self.lock();
        self.told(&mut state)?;
        Ok(match state.has_room() {
            true => PERMIT as u64,
            false => 0,
        })
    }

    /// How many bytes were taken and are not written yet.
    pub(crate) fn kept(&self) -> usize {
        let state = self.lock();
        state.kept.len() - state.written
    }

    pub(crate) fn write(self: &Arc<Self>, bytes: &[u8]) -> Result<(), StreamError> {
        let mut state = self.lock();
        self.told(&mut state)?;
        let Some(last) = bytes.last() else {
            return Ok(());
        };
        state.in_line = *last != b'\n';
        let mut rest = bytes;
        if !state.draining {
            while !rest.is_empty() {
                match state.write_some(rest) {
                    Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => {
                        self.failed(&mut state, error);
                        return self.told(&mut state);
                    }
                }
            }
        }
        if !rest.is_empty() {
            state.kept.extend_from_slice(rest);
            self.drain(&mut state)?;
        }
        Ok(())
    }

    /// Starts the task that writes what is kept, whatever its guest does meanwhile.
    fn drain(self: &Arc<Self>, state: &mut State) -> Result<(), Error> {
        if state.draining {
            return Ok(());
        }
        let output = self.clone();
        let task = self.handle.spawn(async move {
            let drained = output.drain_all().await;
            let mut state = output.lock();
            state.draining = false;
            if let Err(error) = drained {
                output.failed(&mut state, error);
            }
            drop(state);
            output.drained.set();
        })?;
        task.detach();
        state.draining = true;
        self.drained.clear();
        Ok(())
    }

    async fn drain_all(&self) -> io::Result<()> {
        let mut room = WaitSet::new(&self.handle)?;
        loop {
            let step = self.lock().drain_step(&mut room)?;
            match step {
                Step::Done => return Ok(()),
                Step::Wait => room.wait().await?,
                Step::Pool(fd, bytes) => {
                    let write =
                        move || rustix::io::retry_on_intr(|| rustix::io::write(&*fd, &bytes));
                    let written = self.handle.unblock(write).await??;
                    self.lock().written += written;
                }
            }
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        let state = self.lock();
        !matches!(state.failure, Failure::None) || state.has_room()
    }

    pub(crate) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        let state = self.lock();
        match state.descriptor.as_ref().and_then(Descriptor::source) {
            Some(source) if !state.draining => set.add_source(source, Interest::Writable, tag),
            _ => set.add_signal(&self.drained, tag),
        }
    }

    /// Waits until nothing is kept.
    pub(crate) async fn delivered(&self) -> Result<(), StreamError> {
        self.drained.wait().await?;
        self.told(&mut self.lock())
    }
}

/// What the draining task does next.
enum Step {
    Done,
    /// Waits for room, to which the set listens.
    Wait,
    /// Writes on the blocking pool.
    Pool(Arc<OwnedFd>, Vec<u8>),
}

impl State {
    fn has_room(&self) -> bool {
        // A closed one fails at once.
        !self.draining && self.descriptor.as_ref().is_none_or(Descriptor::is_ready)
    }

    fn told(&mut self) -> Result<(), StreamError> {
        match std::mem::replace(&mut self.failure, Failure::Closed) {
            Failure::None => {
                self.failure = Failure::None;
                Ok(())
            }
            Failure::Untold(error) => Err(error.into()),
            Failure::Closed => Err(StreamError::Closed),
        }
    }

    fn failed(&mut self, error: io::Error) {
        self.kept.clear();
        self.written = 0;
        // A reader that went away is the ordinary end of a pipe.
        let gone = error.kind() == io::ErrorKind::BrokenPipe;
        self.lost.get_or_insert_with(|| match gone {
            true => OutputLost::ReaderGone,
            false => OutputLost::Failed(error.to_string()),
        });
        self.failure = match gone {
            true => Failure::Closed,
            false => Failure::Untold(error),
        };
    }

    fn write_some(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.descriptor {
            Some(descriptor) => match descriptor.write(bytes) {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                written => written,
            },
            None => Err(Errno::BADF.into()),
        }
    }

    fn drain_step(&mut self, room: &mut WaitSet) -> io::Result<Step> {
        let kept = std::mem::take(&mut self.kept);
        let mut waits = false;
        while let Some(rest) = kept.get(self.written..).filter(|rest| !rest.is_empty()) {
            match self.write_some(rest) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    waits = true;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        self.kept = kept;
        if !waits {
            self.kept.clear();
            self.written = 0;
            return Ok(Step::Done);
        }
        let Some(descriptor) = &self.descriptor else {
            return Err(Errno::BADF.into());
        };
        match descriptor.source() {
            Some(source) if descriptor.way() != Way::Pool => {
                room.clear();
                room.add_source(source, Interest::Writable, 0)?;
                Ok(Step::Wait)
            }
            _ => {
                let rest = self.kept.get(self.written..).unwrap_or_default();
                Ok(Step::Pool(descriptor.fd(), rest.to_vec()))
            }
        }
    }
}
