//! What answers the driver, each in a process of its own.

mod bare;
mod bell;
mod crossing;
mod dispatcher;
mod echo;
mod native;
mod native_arguments;
mod native_calls;
mod native_files;
mod native_sockets;
mod polling;
mod wippy;

use std::path::Path;
use std::time::Duration;

use crate::fallible::Fallible;
use crate::worker_kind::WorkerKind;

/// Longer than a round trip on this machine.
const SPIN: Duration = Duration::from_micros(200);

/// Serves requests until the input ends.
///
/// # Errors
/// When it cannot start.
pub fn serve(kind: WorkerKind, files: &Path) -> Fallible<()> {
    match kind {
        WorkerKind::Wippy => wippy::serve(files, None),
        WorkerKind::WippySpinning => wippy::serve(files, Some(SPIN)),
        WorkerKind::Crossing => crossing::serve(),
        WorkerKind::Dispatcher => bare::serve(dispatcher::Loop::new()?),
        WorkerKind::Native => native_calls::serve(native::Loop::new()?, files),
        WorkerKind::Polling => bare::serve(polling::Loop::new()?),
    }
}
