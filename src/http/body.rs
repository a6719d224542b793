//! A message's body on its way between a connection and whoever owns its other end: a bounded
//! queue with back-pressure, an end with trailers, or an error.

use std::sync::Arc;

use wippy_dispatcher::{Error, Event, Handle, WaitSet};

use super::error::ErrorCode;
use super::fields::Fields;
use crate::byte_channel::ByteChannel;
use crate::quota::QuotaPermit;

/// What a body's channel knows of its ends.
#[derive(Default, Debug)]
struct Ends {
    /// How many bytes were written to it.
    written: u64,
    /// How many the head declares.
    declared: Option<u64>,
    /// How the writer has ended it.
    end: Option<End>,
    /// The reader waits for the end only: bytes are thrown away.
    discards: bool,
    reader_gone: bool,
    /// Its message is not handed over yet, so that nobody reads it.
    held: bool,
    /// Set once, when somebody asks for the bytes or the end.
    wanted: Option<Event>,
}

type Shared = ByteChannel<Ends>;

#[derive(Clone, Debug)]
enum End {
    Finished(Option<Fields>),
    Failed(ErrorCode),
}

/// Why a body gives or takes no more bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// The body has ended, or nobody reads it any more.
    Ended,
    /// It failed.
    Failed(ErrorCode),
}

/// The writing end. Dropped before [`finish`](BodyWriter::finish) or [`fail`](BodyWriter::fail)
/// was called, the body has failed.
#[derive(Debug)]
pub struct BodyWriter(Arc<Shared>);

/// What writes to a body and does not end it.
#[derive(Clone, Debug)]
pub struct BodySink(Arc<Shared>);

/// The reading end. Once it is dropped, writes fail: nobody wants the rest.
#[derive(Debug)]
pub struct BodyReader {
    shared: Arc<Shared>,
    gone: Option<Event>,
    /// Set when this end is dropped before the body has ended.
    given_up: Option<Event>,
    /// For the memory of what is not read yet.
    permit: Option<QuotaPermit>,
}

/// What reads from a body and does not give it up.
#[derive(Clone, Debug)]
pub struct BodySource(Arc<Shared>);

/// A body that holds `capacity` bytes before its reader takes them. `declared` is the length that
/// its head says, where it says one.
///
/// # Errors
/// `TooManySources`, `WrongThread` and `Closed` of the dispatcher.
pub fn body(
    handle: &Handle,
    capacity: usize,
    declared: Option<u64>,
) -> Result<(BodyWriter, BodyReader), Error> {
    let ends = Ends {
        declared,
        ..Ends::default()
    };
    let shared = Arc::new(Shared::new(handle, capacity, ends)?);
    let reader = BodyReader {
        shared: shared.clone(),
        gone: None,
        given_up: None,
        permit: None,
    };
    Ok((BodyWriter(shared), reader))
}

impl Shared {
    /// Ends it, unless it has ended already.
    fn end(&self, end: End) {
        let mut state = self.lock();
        if state.ends.end.is_none() {
            // Without a reader nothing of what was written is wanted after a failure.
            if matches!(end, End::Failed(_)) && state.ends.reader_gone {
                state.bytes.clear();
            }
            state.ends.end = Some(end);
        }
        drop(state);
        self.readable().set();
        self.writable().set();
    }

    /// Whether it is full and nobody can make room.
    fn is_stuck(&self) -> bool {
        let state = self.lock();
        let Ends {
            held,
            reader_gone,
            end,
            ..
        } = &state.ends;
        *held && !reader_gone && end.is_none() && state.bytes.len() >= self.capacity()
    }

    fn room(&self) -> Result<usize, Stopped> {
        let state = self.lock();
        state.ends.takes_bytes()?;
        // A write may bring more than there was room for.
        Ok(self.capacity().saturating_sub(state.bytes.len()))
    }

    fn write(&self, bytes: Vec<u8>) -> Result<(), Stopped> {
        let mut state = self.lock();
        let ends = &mut state.ends;
        ends.takes_bytes()?;
        ends.written = ends.written.saturating_add(bytes.len() as u64);
        let written = ends.written;
        if ends.declared.is_some_and(|declared| written > declared) {
            drop(state);
            let code = ErrorCode::HttpRequestBodySize(Some(written));
            self.end(End::Failed(code.clone()));
            return Err(Stopped::Failed(code));
        }
        if bytes.is_empty() || ends.discards {
            return Ok(());
        }
        state.bytes.push(bytes);
        self.written(state);
        Ok(())
    }

    /// Somebody asks for what is to come.
    fn want(&self) {
        let wanted = self.lock().ends.wanted.take();
        if let Some(wanted) = wanted {
            wanted.set();
        }
    }

    fn read(&self, most: usize) -> Result<Vec<u8>, Stopped> {
        let mut state = self.lock();
        if let Some(wanted) = state.ends.wanted.take() {
            drop(state);
            wanted.set();
            state = self.lock();
        }
        if state.bytes.is_empty() {
            return match &state.ends.end {
                None => Ok(Vec::new()),
                Some(end) => Err(end.stopped()),
            };
        }
        let bytes = state.bytes.take_chunk(most);
        let ended = state.ends.end.is_some();
        self.taken(state, ended);
        Ok(bytes)
    }
}

impl End {
    /// What a read or a write behind it answers.
    fn stopped(&self) -> Stopped {
        match self {
            End::Finished(_) => Stopped::Ended,
            End::Failed(code) => Stopped::Failed(code.clone()),
        }
    }
}

impl Ends {
    /// Whether bytes may be written.
    ///
    /// # Errors
    /// `Ended` when the body has ended or its reading end is gone; `Failed` when it has failed.
    fn takes_bytes(&self) -> Result<(), Stopped> {
        match &self.end {
            Some(end) => Err(end.stopped()),
            None if self.reader_gone => Err(Stopped::Ended),
            None => Ok(()),
        }
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
    /// `Ended` when the body has ended or its reading end is gone; `Failed` when it has failed.
    pub fn room(&self) -> Result<usize, Stopped> {
        self.0.room()
    }

    /// Has `wanted` set when the reader first reads, or asks whether there is something to read.
    pub fn announce_wanted(&self, wanted: Event) {
        self.0.lock().ends.wanted = Some(wanted);
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
        let ends = &state.ends;
        let written = ends.written;
        let short = ends.declared.is_some_and(|declared| written != declared);
        let failed = match &ends.end {
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
        self.0.lock().ends.reader_gone
    }

    /// Adds room, or that nobody reads, to a wait.
    ///
    /// # Errors
    /// `TooManyMembers`, `OtherDispatcher`, `WrongThread`, `Closed` of the dispatcher.
    pub fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        set.add_event(self.0.writable(), tag)
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
    /// `Ended` when the body has ended or its reading end is gone; `Failed` when it has failed.
    pub fn room(&self) -> Result<usize, Stopped> {
        self.0.room()
    }

    /// As [`BodyWriter::write`].
    ///
    /// # Errors
    /// The same.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Stopped> {
        self.0.write(bytes.to_vec())
    }

    /// Whether there is room, or will never be.
    pub fn is_ready(&self) -> bool {
        self.0.writable().is_set()
    }

    /// Whether it is full before its message was handed over, so that who waits for room waits for
    /// ever.
    pub fn is_stuck(&self) -> bool {
        self.0.is_stuck()
    }

    /// Ends a body that [is stuck](BodySink::is_stuck) with an error that says so; any other goes on.
    pub fn fail_if_stuck(&self) {
        if self.0.is_stuck() {
            let capacity = self.0.capacity();
            self.0.end(End::Failed(ErrorCode::internal(format_args!(
                "the body is full, and nobody reads it before its request or response is handed over: \
                 until then it holds {capacity} bytes; hand the message over first"
            ))));
        }
    }

    /// Adds room to a wait.
    ///
    /// # Errors
    /// `TooManyMembers`, `OtherDispatcher`, `WrongThread`, `Closed` of the dispatcher.
    pub fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        set.add_event(self.0.writable(), tag)
    }
}

impl BodyReader {
    /// Has `gone` set when this end is dropped.
    pub fn announce(&mut self, gone: Event) {
        self.gone = Some(gone);
    }

    /// Has `given_up` set when this end is dropped before the body has ended.
    pub fn announce_given_up(&mut self, given_up: Event) {
        self.given_up = Some(given_up);
    }

    /// Keeps a permit until this end is dropped.
    pub fn keep(&mut self, permit: QuotaPermit) {
        self.permit = Some(permit);
    }

    /// Nobody reads from it until it is [released](BodyReader::release).
    pub fn hold(&self) {
        self.shared.lock().ends.held = true;
    }

    /// It is handed to somebody who reads it.
    pub fn release(&self) {
        self.shared.lock().ends.held = false;
    }

    /// Something that reads from it.
    pub fn source(&self) -> BodySource {
        BodySource(self.shared.clone())
    }

    /// What is there, `most` bytes at most; an empty list when there is nothing yet.
    ///
    /// # Errors
    /// `Ended` at the end, `Failed` after a failure.
    pub fn read(&self, most: usize) -> Result<Vec<u8>, Stopped> {
        self.shared.read(most)
    }

    /// Throws away what is there and what comes: only the end is of interest.
    pub fn discard(&self) {
        let mut state = self.shared.lock();
        state.ends.discards = true;
        state.bytes.clear();
        let ended = state.ends.end.is_some();
        drop(state);
        if !ended {
            self.shared.readable().clear();
        }
        self.shared.writable().set();
    }

    /// The whole length, where all of it is here and no trailers follow.
    pub fn known_length(&self) -> Option<u64> {
        let state = self.shared.lock();
        match &state.ends.end {
            Some(End::Finished(None)) => Some(state.bytes.len() as u64),
            _ => None,
        }
    }

    /// Whether all of it was written, and nothing went wrong.
    pub fn is_finished(&self) -> bool {
        matches!(self.shared.lock().ends.end, Some(End::Finished(_)))
    }

    /// How it has ended, once everything before the end was read.
    pub fn end(&self) -> Option<Result<Option<Fields>, ErrorCode>> {
        self.shared.want();
        let state = self.shared.lock();
        match &state.ends.end {
            _ if !state.bytes.is_empty() => None,
            None => None,
            Some(End::Finished(trailers)) => Some(Ok(trailers.clone())),
            Some(End::Failed(code)) => Some(Err(code.clone())),
        }
    }

    /// The event that is set while bytes, or the end of the body, can be read.
    pub fn readable(&self) -> &Event {
        self.shared.want();
        self.shared.readable()
    }
}

impl Drop for BodyReader {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.ends.reader_gone = true;
        state.bytes.clear();
        let ended = state.ends.end.is_some();
        drop(state);
        self.shared.writable().set();
        if let Some(gone) = &self.gone {
            gone.set();
        }
        if let Some(given_up) = self.given_up.as_ref().filter(|_| !ended) {
            given_up.set();
        }
    }
}

impl BodySource {
    /// As [`BodyReader::read`].
    ///
    /// # Errors
    /// The same.
    pub fn read(&self, most: usize) -> Result<Vec<u8>, Stopped> {
        self.0.read(most)
    }

    /// Whether bytes, or the end, are there.
    pub fn is_ready(&self) -> bool {
        self.0.want();
        self.0.readable().is_set()
    }

    /// Adds that to a wait.
    ///
    /// # Errors
    /// `TooManyMembers`, `OtherDispatcher`, `WrongThread`, `Closed` of the dispatcher.
    pub fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        self.0.want();
        set.add_event(self.0.readable(), tag)
    }
}
