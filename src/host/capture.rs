//! What guests write, kept in memory with the virtual times at which they did.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wippy_dispatcher::Handle;

/// Standard output or standard error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutputKind {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Bytes that a guest of a simulation wrote at one time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutputChunk {
    /// Virtual time since the start.
    pub at: Duration,
    /// Where it was written.
    pub kind: OutputKind,
    /// What.
    pub bytes: Vec<u8>,
}

/// What a guest of a simulation has written, up to a number of bytes. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Capture {
    handle: Handle,
    most: usize,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default, Debug)]
struct Kept {
    chunks: Vec<OutputChunk>,
    length: usize,
    /// How many bytes came when there was no room.
    dropped: u64,
}

/// One of the two streams into a capture.
#[derive(Clone, Debug)]
pub struct CaptureStream {
    capture: Capture,
    kind: OutputKind,
}

impl Capture {
    /// Nothing so far; it keeps the first `most` bytes.
    pub(crate) fn new(handle: &Handle, most: usize) -> Capture {
        Capture {
            handle: handle.clone(),
            most,
            kept: Arc::default(),
        }
    }

    /// A stream into it.
    pub(crate) fn stream(&self, kind: OutputKind) -> CaptureStream {
        let capture = self.clone();
        CaptureStream { capture, kind }
    }

    /// What was written so far, and how many bytes were dropped.
    pub(crate) fn written(&self) -> (Vec<OutputChunk>, u64) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.chunks.clone(), kept.dropped)
    }
}

impl CaptureStream {
    /// Takes bytes; those beyond the bound are counted and dropped.
    pub(crate) fn write(&self, bytes: &[u8]) {
        let capture = &self.capture;
        // It fails at the dispatcher's end, when nobody writes any more.
        let at = capture.handle.elapsed().unwrap_or_default();
        let mut kept = capture.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let room = capture.most.saturating_sub(kept.length).min(bytes.len());
        kept.dropped += (bytes.len() - room) as u64;
        let Some(bytes) = bytes.get(..room).filter(|bytes| !bytes.is_empty()) else {
            return;
        };
        kept.length += room;
        match kept.chunks.last_mut() {
            Some(last) if last.at == at && last.kind == self.kind => last.bytes.extend(bytes),
            _ => kept.chunks.push(OutputChunk {
                at,
                kind: self.kind,
                bytes: bytes.to_vec(),
            }),
        }
    }
}
