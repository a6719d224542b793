//! What the examples have in common.

use std::path::{Path, PathBuf};

/// A component that is committed with the tests' guests.
#[allow(dead_code, reason = "some examples bring a module of their own")]
pub fn component(name: &str) -> PathBuf {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/components");
    guests.join(format!("{name}.wasm"))
}

/// Whether the process has no thread besides this one.
///
/// # Errors
/// Those of reading `/proc`.
#[allow(dead_code, reason = "some examples have several threads")]
pub fn is_alone() -> std::io::Result<bool> {
    Ok(std::fs::read_dir("/proc/self/task")?.count() == 1)
}
