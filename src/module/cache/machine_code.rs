//! From a file of the cache to code that can run.
#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd};

use wasmtime::Engine;
use wasmtime::component::Component;

use super::file::VerifiedFile;

/// Maps a file's code into memory. It needs `/proc`.
///
/// # Errors
/// When the file cannot be mapped, when the engine has not made it with these settings, or when its
/// instances do not fit the engine's pool.
pub(super) fn map(engine: &Engine, file: &VerifiedFile) -> wasmtime::Result<Component> {
    // The very file that was verified, whatever stands in its directory by now.
    let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
    // SAFETY: `deserialize_file` takes what `Component::serialize` has given, and the file must not change while
    // it is mapped. A `VerifiedFile` has a trailer that only `file::write` makes, behind the bytes of
    // `Component::serialize`, and these bytes still have the SHA-256 that they had then. Nobody but root and the
    // user of this process can write the file or its directory, guests included, and this program changes
    // no file that has its name. The engine itself compares its release and settings with those in
    // the file.
    unsafe { Component::deserialize_file(engine, path) }
}
