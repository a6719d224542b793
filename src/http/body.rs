//! A message's body on its way between a connection and whoever owns its other end: a bounded
//! queue with back-pressure, an end with trailers, or an error.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wippy_dispatcher::{Error, Event, Handle, WaitSet};

use super::error::ErrorCode;
use super::fields::Fields;

struct Shared {
    state: Mutex<State>,
    capacity: usize,
    /// Bytes, or the end, are there.
    readable: Event,
    /// Room, or nobody who reads, is there.
    writable: Event,
}

#[derive(Default)]
struct State {
    chunks: VecDeque<Vec<u8>>,
    /// How much of the first chunk is read.
    front: usize,
    length: usize,
    written: u64,
    /// What the head says that will be written.
    declared: Option<u64>,
    end: Option<End>,
    discards: bool,
    reader_gone: bool,
    /// Its message is not handed over: nobody reads before.
    held: bool,
}

#[derive(Clone)]
enum End {
    Finished(Option<Fields>),
    Failed(ErrorCode),
}

/// Why nothing is read or written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// The body has ended, or nobody reads it any more.
    Ended,
    /// It failed.
    Failed(ErrorCode),
}

/// The writing end. Dropped before [`finish`](BodyWriter::finish) or [`fail`](BodyWriter::fail)
/// was called, the body has failed.
pub struct BodyWriter(Arc<Shared>);

/// What writes to a body and does not end it.
#[derive(Clone)]
pub struct BodySink(Arc<Shared>);

/// The reading end. Dropped, it tells the writer that nobody wants the rest.
pub struct BodyReader {
    shared: Arc<Shared>,
    gone: Option<Event>,
}

/// What reads from a body and does not give it up.
#[derive(Clone)]
pub struct BodySource(Arc<Shared>);

/// A body that holds `capacity` bytes before its reader takes them. `declared` is the length that
/// its head says, where it says one.
///
/// # Errors
/// When the dispatcher's bound on signals is reached.
pub fn body(
    handle: &Handle,
    capacity: usize,
    declared: Option<u64>,
) -> Result<(BodyWriter, BodyReader), Error> {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            declared,
            ..State::default()
        }),
        capacity: capacity.max(1),
        readable: Event::new(handle)?,
        writable: Event::new(handle)?,
    });
    shared.writable.set();
    let gone = None;
    Ok((BodyWriter(shared.clone()), BodyReader { shared, gone }))
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it, unless it has ended already.
    fn end(&self, end: End) {
        let mut state = self.lock();
        if state.end.is_none() {
            // Nobody reads on behind a failure that is final.
            if matches!(end, End::Failed(_)) && state.reader_gone {
                state.clear();
            }
            state.end = Some(end);
        }
        drop(state);
        self.readable.set();
        self.writable.set();
    }

    /// Whether it is full and nobody can make room.
    fn is_stuck(&self) -> bool {
        let state = self.lock();
        state.held && !state.reader_gone && state.end.is_none() && state.length >= self.capacity
    }

    fn room(&self) -> Result<usize, Stopped> {
        let state = self.lock();
        match &state.end {
            Some(End::Failed(code)) => Err(Stopped::Failed(code.clone())),
            Some(End::Finished(_)) => Err(Stopped::Ended),
            None if state.reader_gone => Err(Stopped::Ended),
            None => Ok(self.capacity.saturating_sub(state.length)),
        }
    }

    fn write(&self, bytes: Vec<u8>) -> Result<(), Stopped> {
        let mut state = self.lock();
        match &state.end {
            Some(End::Failed(code)) => return Err(Stopped::Failed(code.clone())),
            Some(End::Finished(_)) => return Err(Stopped::Ended),
            None if state.reader_gone => return Err(Stopped::Ended),
            None => {}
        }
        state.written = state.written.saturating_add(bytes.len() as u64);
        let written = state.written;
        if state.declared.is_some_and(|declared| written > declared) {
            drop(state);
            let code = ErrorCode::HttpRequestBodySize(Some(written));
            self.end(End::Failed(code.clone()));
            return Err(Stopped::Failed(code));
        }
        if bytes.is_empty() || state.discards {
            return Ok(());
        }
        state.length += bytes.len();
        match state.chunks.back_mut() {
            // Many small writes must not become many small allocations.
            Some(last) if last.len() + bytes.len() <= 4096 => last.extend_from_slice(&bytes),
            _ => state.chunks.push_back(bytes),
        }
        let full = state.length >= self.capacity;
        drop(state);
        if full {
            self.writable.clear();
        }
        self.readable.set();
        Ok(())
    }

    fn read(&self, most: usize) -> Result<Vec<u8>, Stopped> {
        let mut state = self.lock();
        if state.length == 0 {
            return match &state.end {
                None => Ok(Vec::new()),
                Some(End::Finished(_)) => Err(Stopped::Ended),
                Some(End::Failed(code)) => Err(Stopped::Failed(code.clone())),
            };
        }
        let bytes = state.take(most);
        let (more, room) = (
            state.length > 0 || state.end.is_some(),
            state.length < self.capacity,
        );
        drop(state);
        if !more {
            self.readable.clear();
        }
        if room {
            self.writable.set();
        }
        Ok(bytes)
    }
}

impl State {
    /// Takes bytes from the front: a whole chunk without a copy where it fits.
    fn take(&mut self, most: usize) -> Vec<u8> {
        let Some(first) = self.chunks.front_mut() else {
            return Vec::new();
        };
        let left = first.len() - self.front;
        let bytes = if left <= most {
            let mut whole = std::mem::take(first);
            whole.drain(..self.front);
            self.chunks.pop_front();
            self.front = 0;
            whole
        } else {
            let from = self.front;
            self.front += most;
            first.get(from..self.front).unwrap_or_default().to_vec()
        };
        self.length -= bytes.len();
        bytes
    }

    fn clear(&mut self) {
        self.chunks.clear();
        self.front = 0;
        self.length = 0;
    }
}

impl BodyWriter {
    /// Something that writes to it.
    pub fn sink(&self) -> BodySink {
        BodySink(self.0.clone())
    }

    /// How much room there is.
    ///
    /// # Errors
    /// When it has ended, or nobody reads it.
    pub fn room(&self) -> Result<usize, Stopped> {
        self.0.room()
    }

    /// Adds bytes. The caller has asked for room.
    ///
    /// # Errors
    /// As [`BodyWriter::room`]; `HTTP-request-body-size` past the declared length.
    pub fn write(&self, bytes: Vec<u8>) -> Result<(), Stopped> {
        self.0.write(bytes)
    }

    /// Ends it.
    ///
    /// # Errors
    /// `HTTP-request-body-size` when it is not as long as declared, and the failure that it has
    /// ended with before.
    pub fn finish(self, trailers: Option<Fields>) -> Result<(), ErrorCode> {
        let state = self.0.lock();
        let short = state
            .declared
            .is_some_and(|declared| state.written != declared);
        let written = state.written;
        let failed = match &state.end {
            Some(End::Failed(code)) => Some(code.clone()),
            _ => None,
        };
        drop(state);
        if let Some(code) = failed {
            return Err(code);
        }
        if short {
            let code = ErrorCode::HttpRequestBodySize(Some(written));
            self.0.end(End::Failed(code.clone()));
            return Err(code);
        }
        self.0.end(End::Finished(trailers));
        Ok(())
    }

    /// Ends it with an error.
    pub fn fail(self, code: ErrorCode) {
        self.0.end(End::Failed(code));
    }

    /// Whether nobody reads it any more.
    #[cfg(test)]
    pub fn is_abandoned(&self) -> bool {
        self.0.lock().reader_gone
    }

    /// Adds room, or that nobody reads, to a wait.
    ///
    /// # Errors
    /// When the dispatcher's bounds are reached.
    pub fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        set.add_event(&self.0.writable, tag)
    }
}

impl Drop for BodyWriter {
    fn drop(&mut self) {
        let text = "a body was dropped before it was finished";
        self.0.end(End::Failed(ErrorCode::internal(text)));
    }
}

impl BodySink {
    /// As [`BodyWriter::room`].
    ///
    /// # Errors
    /// When it has ended, or nobody reads it.
    pub fn room(&self) -> Result<usize, Stopped> {
        self.0.room()
    }

    /// As [`BodyWriter::write`].
    ///
    /// # Errors
    /// As there.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Stopped> {
        self.0.write(bytes.to_vec())
    }

    /// Whether there is room, or will never be.
    pub fn is_ready(&self) -> bool {
        self.0.writable.is_set()
    }

    /// Whether it is full before its message was handed over, so that who waits for room waits for
    /// ever.
    pub fn is_stuck(&self) -> bool {
        self.0.is_stuck()
    }

    /// Ends a body that [is stuck](BodySink::is_stuck) with an error that says so; any other goes on.
    pub fn fail_if_stuck(&self) {
        if self.0.is_stuck() {
            let capacity = self.0.capacity;
            self.0.end(End::Failed(ErrorCode::internal(format_args!(
                "the body is full, and nobody reads it before its request or response is handed over: \
                 until then it holds {capacity} bytes; hand the message over first"
            ))));
        }
    }

    /// Adds room to a wait.
    ///
    /// # Errors
    /// When the dispatcher's bounds are reached.
    pub fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        set.add_event(&self.0.writable, tag)
    }
}

impl BodyReader {
    /// Sets `signal` when this end is dropped.
    pub fn announce(&mut self, signal: Event) {
        self.gone = Some(signal);
    }

    /// Nobody reads from it until it is [released](BodyReader::release).
    pub fn hold(&self) {
        self.shared.lock().held = true;
    }

    /// It is handed to somebody who reads it.
    pub fn release(&self) {
        self.shared.lock().held = false;
    }

    /// Something that reads from it.
    pub fn source(&self) -> BodySource {
        BodySource(self.shared.clone())
    }

    /// What is there, `most` bytes at most; an empty list when there is nothing yet.
    ///
    /// # Errors
    /// At the end and behind a failure.
    pub fn read(&self, most: usize) -> Result<Vec<u8>, Stopped> {
        self.shared.read(most)
    }

    /// Throws away what is there and what comes: only the end is of interest.
    pub fn discard(&self) {
        let mut state = self.shared.lock();
        state.discards = true;
        state.clear();
        let ended = state.end.is_some();
        drop(state);
        if !ended {
            self.shared.readable.clear();
        }
        self.shared.writable.set();
    }

    /// The whole length, where all of it is here and no trailers follow.
    pub fn known_length(&self) -> Option<u64> {
        let state = self.shared.lock();
        match &state.end {
            Some(End::Finished(None)) => Some(state.length as u64),
            _ => None,
        }
    }

    /// Whether all of it was written, and nothing went wrong.
    pub fn is_finished(&self) -> bool {
        matches!(self.shared.lock().end, Some(End::Finished(_)))
    }

    /// How it has ended, once everything before the end was read.
    pub fn end(&self) -> Option<Result<Option<Fields>, ErrorCode>> {
        let state = self.shared.lock();
        match &state.end {
            _ if state.length > 0 => None,
            None => None,
            Some(End::Finished(trailers)) => Some(Ok(trailers.clone())),
            Some(End::Failed(code)) => Some(Err(code.clone())),
        }
    }

    /// Set while bytes, or the end, are there.
    pub fn signal(&self) -> &Event {
        &self.shared.readable
    }
}

impl Drop for BodyReader {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.reader_gone = true;
        state.clear();
        drop(state);
        self.shared.writable.set();
        if let Some(gone) = &self.gone {
            gone.set();
        }
    }
}

impl BodySource {
    /// As [`BodyReader::read`].
    ///
    /// # Errors
    /// As there.
    pub fn read(&self, most: usize) -> Result<Vec<u8>, Stopped> {
        self.0.read(most)
    }

    /// Whether bytes, or the end, are there.
    pub fn is_ready(&self) -> bool {
        self.0.readable.is_set()
    }

    /// Adds that to a wait.
    ///
    /// # Errors
    /// When the dispatcher's bounds are reached.
    pub fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        set.add_event(&self.0.readable, tag)
    }
}
