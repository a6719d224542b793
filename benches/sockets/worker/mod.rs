//! What answers the driver, each in a process of its own.

mod native;
#[path = "../../poll_sleep/worker/wippy.rs"]
mod wippy;

use std::time::Duration;

use clap::ValueEnum;

use crate::Fallible;

/// Who a process is.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub enum Worker {
    /// Guests on this project's runtime.
    Wippy,
    /// The same, busy-polling before it parks.
    WippySpinning,
    /// epoll.
    Native,
}

/// Longer than a round trip takes, so that a spinning dispatcher never parks within one.
const SPIN: Duration = Duration::from_millis(1);

impl Worker {
    /// Serves requests until the input ends.
    ///
    /// # Errors
    /// When it cannot start.
    pub fn run(self) -> Fallible<()> {
        match self {
            Worker::Wippy => wippy::serve(Duration::ZERO),
            Worker::WippySpinning => wippy::serve(SPIN),
            Worker::Native => native::serve(),
        }
    }
}

/// Where the components are.
pub fn guests_directory() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guests/components").to_owned()
}
