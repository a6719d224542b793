//! A file as an output stream, from an offset on or at its end.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use wippy_dispatcher::{Error, Flow, Handle, Instant, Signal, WaitSet};

use super::bytes::{Place, Streamed};
use super::error::undone;
use crate::host::io::StreamError;
use crate::host::share::{Part, Share};

/// The most bytes that one `check-write` permits.
const PERMIT: u64 = super::bytes::INLINE_MAX as u64;

/// What `write-via-stream` and `append-via-stream` give of a regular file. Small writes to a known
/// local filesystem are done at once; others are kept, and a task of their own has the pool write
/// them. Nothing more is permitted until they are written.
pub struct FileOutput {
    handle: Handle,
    flow: Flow,
    streamed: Streamed,
    simulated: bool,
    /// Where the memory for what waits is taken from.
    bytes: Share,
    state: Mutex<Writing>,
}

struct Writing {
    place: Place,
    /// A job is under way.
    busy: bool,
    failure: Failure,
    /// Set when no job is under way; made with the first one.
    written: Option<Signal>,
}

/// A failure is told once; from then on the stream is closed.
enum Failure {
    None,
    Untold(io::Error),
    Closed,
}

impl FileOutput {
    pub(super) fn new(
        handle: &Handle,
        flow: Flow,
        streamed: Streamed,
        place: Place,
        bytes: &Share,
    ) -> Result<FileOutput, Error> {
        Ok(FileOutput {
            handle: handle.clone(),
            flow,
            streamed,
            simulated: handle.is_simulated()?,
            bytes: bytes.clone(),
            state: Mutex::new(Writing {
                place,
                busy: false,
                failure: Failure::None,
                written: None,
            }),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Writing> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn check_write(&self) -> Result<u64, StreamError> {
        let mut state = self.lock();
        state.told()?;
        Ok(if state.busy { 0 } else { PERMIT })
    }

    /// Takes bytes that were permitted.
    pub(crate) fn write(self: &Arc<Self>, bytes: &[u8]) -> Result<(), StreamError> {
        let mut state = self.lock();
        state.told()?;
        if bytes.is_empty() {
            return Ok(());
        }
        let (file, _) = &self.streamed;
        if self.simulated || !file.writes_inline() {
            let Some(part) = self.bytes.take(bytes.len()) else {
                return Err(state.failed(Errno::NOMEM.into()));
            };
            return Ok(self.write_on_pool(&mut state, bytes.to_vec(), part)?);
        }
        let (written, outcome) = file.write_fully(bytes, state.place);
        state.place = state.place.after(written);
        outcome.map_err(|error| state.failed(error))
    }

    fn write_on_pool(
        self: &Arc<Self>,
        state: &mut Writing,
        bytes: Vec<u8>,
        part: Part,
    ) -> Result<(), Error> {
        let signal = match &state.written {
            Some(signal) => signal.clone(),
            None => Signal::new(&self.handle)?,
        };
        signal.clear();
        state.written = Some(signal.clone());
        let ((file, mount), place) = (self.streamed.clone(), state.place);
        let job = mount.filesystem.lane().unblock_for(self.flow, move || {
            let done = file.write_fully(&bytes, place);
            drop((bytes, part));
            done
        });
        let output = self.clone();
        let task = self.handle.spawn(async move {
            let (written, outcome) = match job.await {
                Ok(done) => done,
                Err(error) => (0, Err(undone(error))),
            };
            let mut state = output.lock();
            state.busy = false;
            state.place = state.place.after(written);
            if let Err(error) = outcome {
                state.failure = Failure::Untold(error);
            }
            drop(state);
            signal.set();
        })?;
        task.detach();
        state.busy = true;
        Ok(())
    }

    pub(crate) fn is_ready(&self) -> bool {
        !self.lock().busy
    }

    pub(crate) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        match &*self.lock() {
            Writing {
                busy: true,
                written: Some(signal),
                ..
            } => set.add_signal(signal, tag),
            _ => set.add_deadline(Instant::from_nanos(0), tag),
        }
    }

    /// Waits until nothing is under way.
    pub(crate) async fn delivered(&self) -> Result<(), StreamError> {
        let waits = {
            let state = self.lock();
            state.written.clone().filter(|_| state.busy)
        };
        if let Some(signal) = waits {
            signal.wait().await?;
        }
        self.lock().told()
    }
}

impl Writing {
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

    /// Told at once; closed from now on.
    fn failed(&mut self, error: io::Error) -> StreamError {
        self.failure = Failure::Closed;
        error.into()
    }
}
