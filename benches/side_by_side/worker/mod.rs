//! What answers the driver, each in a process of its own.

mod bare;
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

use wippy_dispatcher::{Builder, Dispatcher, TimerLead};

use crate::fallible::Fallible;
use crate::worker_kind::WorkerKind;

/// Longer than a round trip on this machine.
const SPIN: Duration = Duration::from_micros(200);

/// As coarse as the peer's timers.
const WINDOW: Duration = Duration::from_millis(1);

fn builder() -> Builder {
    Dispatcher::builder()
}

/// Serves requests until the input ends.
///
/// # Errors
/// When it cannot start.
pub fn serve(kind: WorkerKind, files: &Path, many: bool) -> Fallible<()> {
    match kind {
        WorkerKind::Wippy => wippy::serve(
            files,
            builder(),
            ": timers are armed earlier by what waking took lately (the lead), and looked for until they are due; before a park it looks \
             at I/O for 10 µs where that has paid lately",
            many,
        ),
        WorkerKind::WippySpinning => wippy::serve(
            files,
            builder().spin(SPIN),
            ", which looks for 200 µs before it parks",
            many,
        ),
        WorkerKind::WippyLeadOff => wippy::serve(
            files,
            builder().timer_lead(TimerLead::Off),
            ", timer_lead off: a timer is armed for its deadline, no earlier",
            many,
        ),
        WorkerKind::WippyWindow => wippy::serve(
            files,
            builder().timer_window(WINDOW),
            ", timer_window 1 ms: one wake for all timers of a millisecond, as coarse as the peer's",
            many,
        ),
        WorkerKind::Crossing => crossing::serve(),
        WorkerKind::Dispatcher => bare::serve(dispatcher::Loop::new()?),
        WorkerKind::Native => native_calls::serve(native::Loop::new()?, files),
        WorkerKind::Polling => bare::serve(polling::Loop::new()?),
    }
}
