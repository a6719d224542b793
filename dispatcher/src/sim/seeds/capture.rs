//! The traces of the simulations that a run makes, for comparing it with its repetition.

use std::cell::RefCell;

use crate::sim::trace::Trace;

thread_local! {
    /// The traces of this thread's simulations that have ended; `None` while nobody asks for them.
    static CAPTURED: RefCell<Option<Vec<Trace>>> = const { RefCell::new(None) };
}

/// Keeps the trace of a simulation that has ended, if somebody asks for it.
pub(crate) fn keep(trace: impl FnOnce() -> Trace) {
    CAPTURED.with_borrow_mut(|captured| {
        if let Some(captured) = captured {
            captured.push(trace());
        }
    });
}

/// Runs, and gives the traces of the simulations that ended meanwhile on this thread, in the order of
/// their ends.
pub(super) fn traces_of<R>(run: impl FnOnce() -> R) -> (R, Vec<Trace>) {
    let _before = Before(CAPTURED.replace(Some(Vec::new())));
    let result = run();
    let traces = CAPTURED.take().unwrap_or_default();
    (result, traces)
}

/// What was being captured, which goes on when this is dropped: a run may contain a sweep.
struct Before(Option<Vec<Trace>>);

impl Drop for Before {
    fn drop(&mut self) {
        CAPTURED.set(self.0.take());
    }
}
