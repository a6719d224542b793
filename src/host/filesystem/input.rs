//! A file as an input stream, from an offset on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use wippy_dispatcher::{Error, Event, Flow, Handle, Instant, Task, WaitSet};

use super::error::undone;
use super::file_io::Streamed;
use crate::host::io::{IoError, READ_MAX, StreamError};
use crate::quota::{Quota, QuotaPermit};

/// What `read-via-stream` gives of a regular file. The caches are asked first; what they do not
/// hold, the pool reads.
#[derive(Debug)]
pub struct FileInput {
    handle: Handle,
    flow: Flow,
    streamed: Streamed,
    simulated: bool,
    /// The quota for the memory that jobs read into.
    bytes: Quota,
    state: Mutex<Reading>,
}

#[derive(Debug)]
struct Reading {
    offset: u64,
    /// A job is under way.
    busy: bool,
    /// What it brought, from `offset` on; empty at the end.
    brought: Option<Result<Vec<u8>, IoError>>,
    /// Its memory.
    part: Option<QuotaPermit>,
    /// Set when something was brought; made with the first job.
    arrived: Option<Event>,
    /// Fetches for this stream alone, and ends with it.
    _task: Option<Task<()>>,
}

impl FileInput {
    pub(super) fn new(
        handle: &Handle,
        flow: Flow,
        streamed: Streamed,
        offset: u64,
        bytes: &Quota,
    ) -> Result<FileInput, Error> {
        Ok(FileInput {
            handle: handle.clone(),
            flow,
            streamed,
            simulated: handle.is_simulated()?,
            bytes: bytes.clone(),
            state: Mutex::new(Reading {
                offset,
                busy: false,
                brought: None,
                part: None,
                arrived: None,
                _task: None,
            }),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what the caches hold or a job has brought. Otherwise starts a job, and there is
    /// nothing yet.
    pub(crate) fn read(self: &Arc<Self>, length: usize) -> Result<Vec<u8>, StreamError> {
        let mut state = self.lock();
        if state.busy {
            return Ok(Vec::new());
        }
        if let Some(brought) = state.brought.take() {
            return state.take(brought, length);
        }
        let (file, _) = &self.streamed;
        if !self.simulated {
            let mut buffer = vec![0; length];
            let read = file.read_cached(&mut buffer, state.offset);
            match read.map_err(std::io::Error::from)? {
                Some(0) => return Err(StreamError::Closed),
                Some(read) => {
                    buffer.truncate(read);
                    state.offset = state.offset.saturating_add(read as u64);
                    return Ok(buffer);
                }
                None => {}
            }
        }
        self.fetch(&mut state, length)?;
        Ok(Vec::new())
    }

    /// Starts a job that reads.
    fn fetch(self: &Arc<Self>, state: &mut Reading, length: usize) -> Result<(), StreamError> {
        state.part = None;
        let part = self.bytes.try_acquire(length).ok_or(Errno::NOMEM);
        state.part = Some(part.map_err(std::io::Error::from)?);
        let arrived = match &state.arrived {
            Some(arrived) => arrived.clone(),
            None => Event::new(&self.handle)?,
        };
        arrived.clear();
        state.arrived = Some(arrived.clone());
        let ((file, mount), offset) = (self.streamed.clone(), state.offset);
        let job = mount.filesystem.lane().unblock_for(self.flow, move || {
            let mut buffer = vec![0; length];
            let (read, _) = file.read_fully(&mut buffer, offset)?;
            buffer.truncate(read);
            Ok::<_, std::io::Error>(buffer)
        });
        let input = Arc::downgrade(self);
        let (handle, filesystem) = (self.handle.clone(), mount.filesystem.clone());
        let task = self.handle.spawn(async move {
            let read = job.await;
            if let Some(delay) = filesystem.take_delay() {
                // What has no timer is not late.
                let _ = handle.sleep(delay).await;
            }
            let brought = match read {
                Ok(read) => read.map_err(IoError::from),
                Err(error) => Err(undone(error).into()),
            };
            let Some(input) = input.upgrade() else {
                return;
            };
            let mut state = input.lock();
            state.busy = false;
            state.brought = Some(brought);
            drop(state);
            arrived.set();
        })?;
        state._task = Some(task);
        state.busy = true;
        Ok(())
    }

    /// Whether a read would give bytes, the end or an error. Where the caches do not hold what comes
    /// next, a job starts that brings it.
    pub(crate) fn is_ready(self: &Arc<Self>) -> bool {
        let mut state = self.lock();
        if state.busy {
            return false;
        }
        if state.brought.is_some() || self.is_cached(&state) {
            return true;
        }
        // Ready if no job can start: the read that follows reports why.
        self.fetch(&mut state, READ_MAX).is_err()
    }

    /// Whether the caches have a byte, the end, or an error.
    fn is_cached(&self, state: &Reading) -> bool {
        let (file, _) = &self.streamed;
        !self.simulated && !matches!(file.read_cached(&mut [0], state.offset), Ok(None))
    }

    pub(crate) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        match &*self.lock() {
            Reading {
                busy: true,
                arrived: Some(arrived),
                ..
            } => set.add_event(arrived, tag),
            _ => set.add_deadline(Instant::from_nanos(0), tag),
        }
    }
}

impl Reading {
    fn take(
        &mut self,
        brought: Result<Vec<u8>, IoError>,
        length: usize,
    ) -> Result<Vec<u8>, StreamError> {
        let part = self.part.take();
        let mut bytes = brought.map_err(StreamError::Failed)?;
        if bytes.is_empty() {
            return Err(StreamError::Closed);
        }
        if bytes.len() > length {
            self.brought = Some(Ok(bytes.split_off(length)));
            self.part = part;
        }
        self.offset = self.offset.saturating_add(bytes.len() as u64);
        Ok(bytes)
    }
}
