//! What answers the driver, each in a process of its own.

mod bare;
mod bell;
mod crossing;
mod dispatcher;
mod echo;
mod native;
mod native_calls;
mod native_files;
mod native_sockets;
mod polling;
mod wippy;

use std::path::Path;
use std::time::Duration;

use clap::ValueEnum;

use crate::Fallible;

/// Longer than a round trip on this machine.
const SPIN: Duration = Duration::from_micros(200);

/// Who a process is.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub enum Worker {
    /// Guests on this project's runtime.
    Wippy,
    /// The same on a dispatcher that spins.
    WippySpinning,
    /// Guests on this project's engine, without what host functions do.
    Crossing,
    /// The dispatcher without guests.
    Dispatcher,
    /// epoll and timerfd.
    Native,
    /// The crate `polling`.
    Polling,
}

impl Worker {
    /// Serves requests until the input ends.
    ///
    /// # Errors
    /// When it cannot start.
    pub fn run(self, files: &Path) -> Fallible<()> {
        match self {
            Worker::Wippy => wippy::serve(files, None),
            Worker::WippySpinning => wippy::serve(files, Some(SPIN)),
            Worker::Crossing => crossing::serve(),
            Worker::Dispatcher => bare::serve(dispatcher::Loop::new()?),
            Worker::Native => native_calls::serve(native::Loop::new()?, files),
            Worker::Polling => bare::serve(polling::Loop::new()?),
        }
    }
}

/// Where the components are.
pub fn guests_directory() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guests/components").to_owned()
}
