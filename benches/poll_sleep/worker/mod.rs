//! What answers the driver, each in a process of its own.

mod bare;
mod bell;
mod dispatcher;
mod echo;
mod native;
mod polling;
mod wippy;

use std::time::Duration;

use clap::ValueEnum;

use crate::Fallible;

/// Who a process is.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub enum Worker {
    /// Guests on this project's runtime.
    Wippy,
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
    pub fn run(self) -> Fallible<()> {
        match self {
            Worker::Wippy => wippy::serve(Duration::ZERO),
            Worker::Dispatcher => bare::serve(dispatcher::Loop::new()?),
            Worker::Native => bare::serve(native::Loop::new()?),
            Worker::Polling => bare::serve(polling::Loop::new()?),
        }
    }
}

/// Where the components are.
pub fn guests_directory() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guests/components").to_owned()
}
