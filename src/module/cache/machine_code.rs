//! From a file of the cache to code that can run.
#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd};

use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use super::file::VerifiedFile;

/// Code that is kept: a component's, or a core module's.
pub(crate) trait MachineCode: Sized {
    /// Maps a file's code into memory. It needs `/proc`.
    ///
    /// # Errors
    /// When the file cannot be mapped, when the engine has not made it with these settings, when it is
    /// code of the other kind, or when its instances do not fit the engine's pool.
    fn map(engine: &Engine, file: &VerifiedFile) -> wasmtime::Result<Self>;

    /// The bytes of such a file.
    ///
    /// # Errors
    /// When there is no memory for them.
    fn to_bytes(&self) -> wasmtime::Result<Vec<u8>>;
}

/// The very file that was verified, whatever stands in its directory by now.
fn path_of(file: &VerifiedFile) -> String {
    format!("/proc/self/fd/{}", file.as_fd().as_raw_fd())
}

impl MachineCode for Component {
    fn map(engine: &Engine, file: &VerifiedFile) -> wasmtime::Result<Component> {
        let path = path_of(file);
        // SAFETY: `deserialize_file` takes what `Component::serialize` has given, and the file must not change while
        // it is mapped. A `VerifiedFile` has a trailer that only `file::write` makes, behind the bytes of
        // `Component::serialize`, and these bytes still have the SHA-256 that they had then. Nobody but root and the
        // user of this process can write the file or its directory, guests included, and this program changes
        // no file that has its name. The engine itself compares its release and settings with those in
        // the file.
        unsafe { Component::deserialize_file(engine, path) }
    }

    fn to_bytes(&self) -> wasmtime::Result<Vec<u8>> {
        self.serialize()
    }
}

impl MachineCode for Module {
    fn map(engine: &Engine, file: &VerifiedFile) -> wasmtime::Result<Module> {
        let path = path_of(file);
        // SAFETY: As for a component, with `Module::serialize` in the place of `Component::serialize`. Which of
        // the two a file is from, the engine compares with what it is asked for.
        unsafe { Module::deserialize_file(engine, path) }
    }

    fn to_bytes(&self) -> wasmtime::Result<Vec<u8>> {
        self.serialize()
    }
}
