//! A guest of either kind.

use std::path::PathBuf;

use wasmtime::{Engine, Result};

use crate::guest::Guest;
use crate::preview1::CoreGuest;

/// A compiled guest.
pub enum Loaded {
    /// A component.
    Component(Guest),
    /// A core module, called over preview 1.
    Core(CoreGuest),
}

impl Loaded {
    /// Compiles what a file holds.
    ///
    /// # Errors
    /// When it is no guest.
    pub fn new(engine: &Engine, path: &str, files: Option<PathBuf>) -> Result<Loaded> {
        let bytes = std::fs::read(path)?;
        match is_core(&bytes) {
            true => CoreGuest::load(engine, path, files).map(Loaded::Core),
            false => Guest::load(engine, path, files).map(Loaded::Component),
        }
    }
}

/// Whether the header of these bytes is a core module's, not a component's.
fn is_core(bytes: &[u8]) -> bool {
    bytes.get(..8) == Some(b"\0asm\x01\0\0\0")
}
