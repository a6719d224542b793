//! What the files of a call share.

use std::sync::Arc;

use super::mount::Mount;
use super::output::UnwrittenOutputs;
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

    /// The call has ended: from now on it has these directories, and no streams.
    pub(crate) fn let_go(&mut self, mounts: Arc<[Arc<Mount>]>) {
        self.mounts = mounts;
        self.unwritten = None;
    }
}

/// What the functions of `wasi:filesystem` work on.
pub type FilesystemView<'a> = View<'a, FilesystemState>;
