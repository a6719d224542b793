//! What whoever starts a program decides about it.

use std::time::Duration;

/// How long a guest may stay inside before it is asked to yield.
const DEFAULT_TICK: Duration = Duration::from_millis(1);

/// What applies to all calls of a program, on whatever thread, and is not said by its entries.
///
/// ```
/// use std::time::Duration;
/// use wippy::{Program, ProgramOptions, Standalone};
///
/// let module = Standalone::new("one", b"(module)".as_slice());
/// let options = ProgramOptions::new().preemption_tick(Duration::from_millis(5));
/// let program = Program::with_options(module.into_registry(), options);
/// ```
#[derive(Clone, Debug)]
pub struct ProgramOptions {
    pub(crate) tick: Duration,
}

impl ProgramOptions {
    /// The defaults.
    pub fn new() -> ProgramOptions {
        ProgramOptions { tick: DEFAULT_TICK }
    }

    /// How long a guest may compute before the other tasks of its dispatcher run, at least 100 µs:
    /// it yields between one and two of these. 1 ms by default.
    pub fn preemption_tick(mut self, tick: Duration) -> ProgramOptions {
        self.tick = tick.max(Duration::from_micros(100));
        self
    }
}

impl Default for ProgramOptions {
    fn default() -> ProgramOptions {
        ProgramOptions::new()
    }
}
