//! What the files of a call share.

use std::sync::{Arc, Mutex, PoisonError};

use super::{FileOutput, Mount};
use crate::host::view::View;
use crate::quota::Quota;

/// How many bytes on their way from or to files the streams of one call may keep.
const FILE_BYTES: usize = 64 << 20;

/// What is `wasi:filesystem`'s own of a call.
#[derive(Debug)]
pub struct FilesystemState {
    /// What `get-directories` returns, in order.
    pub(crate) mounts: Arc<[Arc<Mount>]>,
    /// The bytes that streams of files keep.
    pub(crate) bytes: Quota,
    /// Made with the first stream that writes a file.
    pub(super) unwritten: Option<Arc<UnwrittenOutputs>>,
}

impl FilesystemState {
    /// That of a call with these directories.
    pub(crate) fn new(mounts: Arc<[Arc<Mount>]>) -> FilesystemState {
        FilesystemState {
            mounts,
            bytes: Quota::new(FILE_BYTES),
            unwritten: None,
        }
    }
}

/// What the functions of `wasi:filesystem` work on.
pub type FilesystemView<'a> = View<'a, FilesystemState>;

/// Outputs to files whose streams were dropped, and which still have something to write. An output
/// adds itself; the call owns the list.
#[derive(Default, Debug)]
pub(super) struct UnwrittenOutputs(Mutex<Vec<Arc<FileOutput>>>);

impl UnwrittenOutputs {
    /// Adds one, and forgets those that are done by now before the list grows.
    pub(super) fn add(&self, output: Arc<FileOutput>) {
        let mut outputs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if outputs.len() == outputs.capacity() {
            outputs.retain(|other| other.kept() > 0);
        }
        outputs.push(output);
    }

    pub(super) fn is_empty(&self) -> bool {
        let outputs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        outputs.is_empty()
    }

    /// Takes out those of which this holds.
    pub(super) fn take(&self, is_wanted: impl Fn(&FileOutput) -> bool) -> Vec<Arc<FileOutput>> {
        let mut outputs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (wanted, others) = std::mem::take(&mut *outputs)
            .into_iter()
            .partition(|output| is_wanted(output));
        *outputs = others;
        wanted
    }
}
