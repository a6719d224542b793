//! Where a guest's output goes.

use std::sync::Arc;

use wasmtime::{Result, format_err};
use wippy_dispatcher::{Instant, WaitSet};

use super::{PERMIT, StreamError};
use crate::activity::WaitKind;
use crate::host::capture::CaptureStream;
use crate::host::filesystem::FileOutput;
use crate::host::log::Lines;
use crate::host::pipe::PipeWriter;
use crate::host::sockets::TcpOutput;
use crate::host::stdio::Output;
use crate::http::BodySink;

/// How many bytes a sink that several streams write to may keep before permitted writes wait.
const KEPT_MAX: usize = 1 << 20;

/// `wasi:io/streams#output-stream`: a destination, and what it last permitted.
#[derive(Debug)]
pub struct OutputStream {
    sink: Sink,
    /// What `check-write` gave and `write` has not used.
    permit: u64,
    /// A failure or the end was reported through this handle.
    closed: bool,
}

/// A closed set of destinations.
///
/// ```
/// use wippy::stdio::{Sink, pipe};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let (_printed, writer) = pipe(&dispatcher.handle(), 1024)?;
/// let stdout = Sink::Pipe(writer);
/// let stderr = stdout.clone();
/// assert!(stdout.is_delivered() && stderr.is_delivered());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub enum Sink {
    /// One of the program's own descriptors, shared by all who write it.
    Device(Arc<Output>),
    /// Log lines.
    Log(Arc<Lines>),
    /// Memory, in a simulation that looks at it afterwards.
    Capture(CaptureStream),
    /// Nowhere: it takes everything and keeps nothing.
    Discard,
    /// The writing end of a pipe in memory.
    Pipe(PipeWriter),
    /// A file, from an offset on or at its end.
    File(Arc<FileOutput>),
    /// A body that goes over HTTP.
    Body(BodySink),
    /// The sending half of a TCP connection.
    Tcp(Arc<TcpOutput>),
}

impl OutputStream {
    /// A stream to a destination.
    pub fn new(sink: Sink) -> OutputStream {
        OutputStream {
            sink,
            permit: 0,
            closed: false,
        }
    }

    /// Where it goes.
    pub fn sink(&self) -> &Sink {
        &self.sink
    }

    /// How many bytes the next writes may hold together: 0 when it is full.
    ///
    /// # Errors
    /// As [`Sink::check_write`]. Every call after an error is `Closed`.
    pub fn check_write(&mut self) -> Result<u64, StreamError> {
        self.permit = 0;
        self.permit = self.check()?;
        Ok(self.permit)
    }

    /// The same without changing what is permitted.
    pub(super) fn check(&mut self) -> Result<u64, StreamError> {
        match self.closed {
            true => Err(StreamError::Closed),
            false => {
                let checked = self.sink.check_write();
                self.note(checked)
            }
        }
    }

    /// Takes `length` bytes from the permit, of which each write may use a part.
    ///
    /// # Errors
    /// `Trap` where it permits fewer; `Closed` after an error.
    pub(crate) fn use_permit(&mut self, length: u64) -> Result<Sink, StreamError> {
        match self.permit.checked_sub(length) {
            Some(left) => self.permit = left,
            None => {
                return Err(StreamError::Trap(format_err!(
                    "write of {length} bytes where check-write permitted {}",
                    self.permit
                )));
            }
        }
        match self.closed {
            true => Err(StreamError::Closed),
            false => Ok(self.sink.clone()),
        }
    }

    /// Closes the stream if `outcome` is an error of its sink.
    pub(super) fn note<T>(&mut self, outcome: Result<T, StreamError>) -> Result<T, StreamError> {
        self.closed |= matches!(outcome, Err(StreamError::Closed | StreamError::Failed(_)));
        outcome
    }

    /// Whether a write would be permitted, or fail, at once.
    pub fn is_ready(&self) -> bool {
        self.closed || self.sink.is_ready()
    }

    /// Adds its readiness to a wait set, under `tag`.
    ///
    /// # Errors
    /// `TooManyMembers`, `TooManyTimers`, `OtherDispatcher`, `WrongThread`, `Closed` of the dispatcher.
    pub fn register(&self, set: &mut WaitSet, tag: u32) -> Result<()> {
        match self.closed {
            true => Ok(set.add_deadline(Instant::from_nanos(0), tag)?),
            false => self.sink.register(set, tag),
        }
    }
}

impl Sink {
    /// How many bytes the next write may hold: 0 when it is full.
    ///
    /// # Errors
    /// `Closed` when the reading end is gone; `Failed` once after a write has failed, then `Closed`.
    pub fn check_write(&self) -> Result<u64, StreamError> {
        match self {
            Sink::Device(device) => device.check_write(),
            Sink::Log(_) | Sink::Capture(_) | Sink::Discard => Ok(PERMIT as u64),
            Sink::Pipe(pipe) => pipe.check_write(),
            Sink::File(file) => file.check_write(),
            Sink::Body(body) => Ok(body.room()? as u64),
            Sink::Tcp(sending) => sending.check_write(),
        }
    }

    /// Takes bytes that were permitted.
    ///
    /// # Errors
    /// As [`Sink::check_write`].
    pub fn write(&self, bytes: &[u8]) -> Result<(), StreamError> {
        match self {
            Sink::Device(device) => device.write(bytes),
            Sink::Log(lines) => {
                lines.write(bytes);
                Ok(())
            }
            Sink::Capture(capture) => {
                capture.write(bytes);
                Ok(())
            }
            Sink::Discard => Ok(()),
            Sink::Pipe(pipe) => pipe.write(bytes),
            Sink::File(file) => file.write(bytes),
            Sink::Body(body) => Ok(body.write(bytes)?),
            Sink::Tcp(sending) => sending.write(bytes),
        }
    }

    /// Whether it keeps far more than it permits, because several streams write to it. Then a write
    /// waits first, so that what is kept stays bounded.
    pub(crate) fn is_overfull(&self) -> bool {
        match self {
            Sink::Device(device) => device.kept() > KEPT_MAX,
            Sink::Log(_) | Sink::Capture(_) | Sink::Discard => false,
            // One stream writes to it, within its permit.
            Sink::Tcp(_) | Sink::Body(_) => false,
            Sink::Pipe(pipe) => pipe.excess() > KEPT_MAX,
            // It permits nothing while it keeps something.
            Sink::File(_) => false,
        }
    }

    /// A body that is full before its message was handed over: nothing that its guest could wait for
    /// makes room.
    pub(super) fn stuck(&self) -> Option<&BodySink> {
        match self {
            Sink::Body(body) if body.is_stuck() => Some(body),
            _ => None,
        }
    }

    /// What a write to it waits for.
    pub(in crate::host) fn wait_kind(&self) -> WaitKind {
        match self {
            Sink::Device(_) => WaitKind::StandardOutput,
            Sink::Log(_) | Sink::Capture(_) | Sink::Discard => WaitKind::Log,
            Sink::Pipe(_) => WaitKind::PipeOutput,
            Sink::File(_) => WaitKind::FileOutput,
            Sink::Body(_) => WaitKind::HttpBodyOutput,
            Sink::Tcp(_) => WaitKind::TcpOutput,
        }
    }

    /// The stream to it is dropped. What it keeps is still written.
    pub(super) fn stream_dropped(&self) {
        if let Sink::File(file) = self {
            file.stream_dropped();
        }
    }

    fn is_ready(&self) -> bool {
        match self {
            Sink::Device(device) => device.is_ready(),
            Sink::Log(_) | Sink::Capture(_) | Sink::Discard => true,
            Sink::Pipe(pipe) => pipe.is_ready(),
            Sink::File(file) => file.is_ready(),
            Sink::Body(body) => body.is_ready(),
            Sink::Tcp(sending) => sending.is_ready(),
        }
    }

    fn register(&self, set: &mut WaitSet, tag: u32) -> Result<()> {
        match self {
            Sink::Device(device) => device.register(set, tag)?,
            Sink::Log(_) | Sink::Capture(_) | Sink::Discard => {
                set.add_deadline(Instant::from_nanos(0), tag)?;
            }
            Sink::Pipe(pipe) => pipe.register(set, tag)?,
            Sink::File(file) => file.register(set, tag)?,
            Sink::Body(body) => body.register(set, tag)?,
            Sink::Tcp(sending) => sending.register(set, tag)?,
        }
        Ok(())
    }

    /// Whether all that was taken is delivered, or cannot be.
    pub fn is_delivered(&self) -> bool {
        match self {
            Sink::Device(device) => device.kept() == 0,
            Sink::File(file) => file.kept() == 0,
            Sink::Tcp(sending) => sending.kept() == 0,
            // As in `delivered`.
            Sink::Log(_) | Sink::Capture(_) | Sink::Discard | Sink::Pipe(_) | Sink::Body(_) => true,
        }
    }

    /// Waits until all that was taken is delivered.
    ///
    /// # Errors
    /// `Closed` and `Failed` when it cannot be.
    pub async fn delivered(&self) -> Result<(), StreamError> {
        match self {
            Sink::Device(device) => device.delivered().await,
            Sink::Log(_) | Sink::Capture(_) | Sink::Discard => Ok(()),
            // What a pipe has taken its reader can read.
            Sink::Pipe(_) => Ok(()),
            Sink::File(file) => file.delivered().await,
            // A body may be written before its message is sent, so nothing can be waited for here;
            // the exchange goes on by itself, and the end of the call waits for it.
            Sink::Body(_) => Ok(()),
            Sink::Tcp(sending) => sending.delivered().await,
        }
    }
}
