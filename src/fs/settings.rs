//! How a filesystem is opened, and what may be done in it.

use std::path::PathBuf;

/// What may be done in a filesystem; what may not is `access`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mask {
    /// Files may be read.
    pub read: bool,
    /// Files may be written, and what holds them changed.
    pub write: bool,
    /// Directories may be listed and created.
    pub list: bool,
}

/// How a filesystem is opened.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Settings {
    /// The directory of the host.
    pub directory: PathBuf,
    /// With which permission bits it is created where it is missing; `None`: it has to exist.
    pub create: Option<u32>,
    /// What may be done in it.
    pub mask: Mask,
}
