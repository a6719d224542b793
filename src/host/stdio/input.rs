//! A descriptor as input, shared by all calls that read it.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wippy_dispatcher::{Error, Event, Handle, Interest, WaitSet};

use super::descriptor::{Descriptor, IoMode};
use crate::host::io::{IoError, StreamError};
use crate::quota::QuotaPermit;

/// What one read on the blocking pool asks for, in bytes.
const POOL_READ: usize = 4096;

/// Standard input: a terminal, a pipe, a socket, a file.
///
/// ```
/// use std::sync::Arc;
/// use wippy::stdio::{Input, InputSource, Sink, Stdio, pipe};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let handle = dispatcher.handle();
/// let (reader, _writer) = std::io::pipe()?;
/// let input = InputSource::Device(Arc::new(Input::new(&handle, reader.into())?));
/// let (_printed, output) = pipe(&handle, 1024)?;
/// let stdio = Stdio::new(input, Sink::Pipe(output.clone()), Sink::Pipe(output));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Input {
    handle: Handle,
    terminal: bool,
    /// Counts against the bound of the call whose guest has opened it.
    _held: Option<QuotaPermit>,
    /// A FIFO that nobody has opened for writing yet has not ended.
    patient: bool,
    /// Something arrived from the blocking pool.
    arrived: Event,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    descriptor: Descriptor,
    /// The end was seen; it stays.
    ended: bool,
    /// A read on the blocking pool is under way.
    reading: bool,
    /// What it brought.
    brought: Option<Result<Vec<u8>, IoError>>,
}

impl Input {
    /// Takes a descriptor.
    ///
    /// # Errors
    /// `Io` when the kernel cannot examine the descriptor or watch it; `Simulated`, `TooManySources`,
    /// `WrongThread` and `Closed` of the dispatcher.
    pub fn new(handle: &Handle, fd: OwnedFd) -> Result<Input, Error> {
        let descriptor = Descriptor::new(handle, fd, Interest::Readable)?;
        Input::with(handle, descriptor, None)
    }

    /// The same for a FIFO or a device that a guest has opened, without blocking. A FIFO that nobody
    /// has opened for writing yet has not ended.
    pub(crate) fn patient(handle: &Handle, fd: OwnedFd, held: QuotaPermit) -> Result<Input, Error> {
        let descriptor = Descriptor::nonblocking(handle, fd, Interest::Readable)?;
        Input::with(handle, descriptor, Some(held))
    }

    fn with(
        handle: &Handle,
        descriptor: Descriptor,
        held: Option<QuotaPermit>,
    ) -> Result<Input, Error> {
        Ok(Input {
            handle: handle.clone(),
            terminal: descriptor.is_terminal(),
            patient: held.is_some(),
            _held: held,
            arrived: Event::new(handle)?,
            state: Mutex::new(State {
                descriptor,
                ended: false,
                reading: false,
                brought: None,
            }),
        })
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is there; an empty list when there is nothing yet.
    pub(crate) fn read(self: &Arc<Self>, length: usize) -> Result<Vec<u8>, StreamError> {
        let mut state = self.lock();
        if state.ended {
            return Err(StreamError::Closed);
        }
        if let Some(brought) = state.brought.take() {
            return self.take_brought(state, brought, length);
        }
        // A file or a pipe seldom holds more than a guest asks for; a large request still costs
        // only what is there.
        let mut buffer = vec![0; length];
        let read = self.read_descriptor(state, &mut buffer)?;
        buffer.truncate(read);
        Ok(buffer)
    }

    /// The same straight into `buffer`: 0 bytes when there is nothing yet.
    pub(crate) fn read_into(self: &Arc<Self>, buffer: &mut [u8]) -> Result<usize, StreamError> {
        let mut state = self.lock();
        if state.ended {
            return Err(StreamError::Closed);
        }
        let Some(brought) = state.brought.take() else {
            return self.read_descriptor(state, buffer);
        };
        let bytes = self.take_brought(state, brought, buffer.len())?;
        if let Some(place) = buffer.get_mut(..bytes.len()) {
            place.copy_from_slice(&bytes);
        }
        Ok(bytes.len())
    }

    fn read_descriptor(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, State>,
        buffer: &mut [u8],
    ) -> Result<usize, StreamError> {
        match state.descriptor.read(buffer) {
            Ok(0) if self.patient && state.descriptor.waits_for_writer().map_err(failed)? => Ok(0),
            Ok(0) => {
                state.ended = true;
                Err(StreamError::Closed)
            }
            Ok(read) => Ok(read),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if state.descriptor.mode() == IoMode::Pool {
                    self.read_on_pool(&mut state)?;
                }
                Ok(0)
            }
            Err(error) => {
                state.ended = true;
                Err(failed(error))
            }
        }
    }

    fn take_brought(
        &self,
        mut state: MutexGuard<'_, State>,
        brought: Result<Vec<u8>, IoError>,
        length: usize,
    ) -> Result<Vec<u8>, StreamError> {
        let mut bytes = match brought {
            Ok(bytes) if bytes.is_empty() => {
                state.ended = true;
                return Err(StreamError::Closed);
            }
            Ok(bytes) => bytes,
            Err(error) => {
                state.ended = true;
                return Err(StreamError::Failed(error));
            }
        };
        if bytes.len() > length {
            let rest = bytes.split_off(length);
            state.brought = Some(Ok(rest));
        } else {
            self.arrived.clear();
        }
        Ok(bytes)
    }

    fn read_on_pool(self: &Arc<Self>, state: &mut State) -> Result<(), Error> {
        if state.reading {
            return Ok(());
        }
        let fd = state.descriptor.fd();
        let job = self.handle.unblock(move || {
            let mut buffer = vec![0; POOL_READ];
            let read = rustix::io::retry_on_intr(|| rustix::io::read(&*fd, &mut *buffer))?;
            buffer.truncate(read);
            Ok::<_, rustix::io::Errno>(buffer)
        });
        let input = self.clone();
        let task = self.handle.spawn(async move {
            let brought = match job.await {
                Ok(read) => read.map_err(|errno| IoError::from(io::Error::from(errno))),
                Err(error) => Err(IoError::new(error.to_string())),
            };
            let mut state = input.lock();
            state.reading = false;
            state.brought = Some(brought);
            drop(state);
            input.arrived.set();
        })?;
        task.detach();
        state.reading = true;
        Ok(())
    }

    pub(crate) fn is_ready(&self) -> bool {
        let state = self.lock();
        match state.descriptor.mode() {
            IoMode::Pool => state.ended || state.brought.is_some(),
            _ => state.ended || state.descriptor.is_ready(),
        }
    }

    pub(crate) fn register(self: &Arc<Self>, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        let mut state = self.lock();
        match state.descriptor.source() {
            Some(source) => set.add_source(source, Interest::Readable, tag),
            None => {
                self.read_on_pool(&mut state)?;
                set.add_event(&self.arrived, tag)
            }
        }
    }
}

/// The descriptor could not be read: the guest sees a failed stream and goes on.
fn failed(error: Error) -> StreamError {
    StreamError::Failed(error.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    use wippy_dispatcher::Dispatcher;

    use super::*;

    /// Reads exactly what is there, three times, and then the end.
    fn frames(ours: OwnedFd, mut theirs: impl Write) {
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let handle = dispatcher.handle();
        let input = Arc::new(Input::new(&handle, ours).expect("input"));
        assert!(!input.is_ready());
        for _ in 0..3 {
            theirs.write_all(b"frame").expect("a reader");
            handle.poll_driver().expect("a look");
            assert!(input.is_ready());
            assert_eq!(input.read(5).expect("open"), b"frame");
            assert!(!input.is_ready());
        }
        theirs.write_all(b"frames").expect("a reader");
        handle.poll_driver().expect("a look");
        assert_eq!(input.read(5).expect("open"), b"frame");
        assert!(input.is_ready());
        drop(theirs);
        assert_eq!(input.read(1).expect("open"), b"s");
        handle.poll_driver().expect("a look");
        assert!(input.is_ready());
        assert!(matches!(input.read(1), Err(StreamError::Closed)));
        assert!(input.is_ready());
    }

    #[test]
    fn a_pipe_or_a_socket_that_was_read_to_its_last_byte_is_not_ready() {
        let (ours, theirs) = io::pipe().expect("a pipe");
        frames(ours.into(), theirs);
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        frames(ours.into(), theirs);
    }
}
