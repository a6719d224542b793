//! What answers the driver, each in a process of its own.

mod native;
#[path = "../../poll_sleep/worker/wippy.rs"]
mod wippy;

use std::path::Path;

use clap::ValueEnum;

use crate::Fallible;

/// Who a process is.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub enum Worker {
    /// Guests on this project's runtime.
    Wippy,
    /// System calls and nothing else.
    Native,
}

impl Worker {
    /// Serves requests until the input ends.
    ///
    /// # Errors
    /// When it cannot start.
    pub fn run(self, mount: Option<&Path>) -> Fallible<()> {
        match self {
            Worker::Wippy => wippy::serve(mount),
            Worker::Native => native::serve(mount.ok_or("no directory given")?),
        }
    }
}

/// Where the components are.
pub fn guests_directory() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guests/components").to_owned()
}
