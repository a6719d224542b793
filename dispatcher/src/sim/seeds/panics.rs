//! Panics of a run: caught, with their places, and printed in the report instead of by themselves.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

/// How many panics of one run are kept.
const KEPT: usize = 8;

thread_local! {
    /// The panics of this thread's run, with their places; `None` outside of runs.
    static SEEN: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// How a run ended, with the panics that happened on its thread. Some of them may have been caught within
/// the run, such as those of tasks that nobody awaits.
pub(super) struct Watched<R> {
    /// `Err` with the text of the panic that ended the run.
    pub(super) result: Result<R, String>,
    pub(super) panics: Vec<String>,
}

/// Runs. Panics are not printed but noted, except where backtraces are asked for (`RUST_BACKTRACE`).
pub(super) fn watch<R>(run: impl FnOnce() -> R) -> Watched<R> {
    // A hook cannot be set by a thread that panics; then panics are printed and have no places.
    if !std::thread::panicking() {
        HOOK.call_once(install);
    }
    let _before = Before(SEEN.replace(Some(Vec::new())));
    let result = catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let text = text_of(&*payload);
        // Dropping the payload could panic again.
        std::mem::forget(payload);
        text
    });
    let panics = SEEN.take().unwrap_or_default();
    Watched { result, panics }
}

/// Has the hook of the process note the panics of runs. All others go to the hook that was there before.
fn install() {
    let before = take_hook();
    set_hook(Box::new(move |panic| {
        let is_noted = note(panic);
        if !is_noted || Backtrace::capture().status() == BacktraceStatus::Captured {
            before(panic);
        }
    }));
}

/// False: it belongs to no run.
fn note(panic: &PanicHookInfo<'_>) -> bool {
    let noted = SEEN.try_with(|seen| {
        let Ok(mut seen) = seen.try_borrow_mut() else {
            return false;
        };
        let Some(seen) = seen.as_mut() else {
            return false;
        };
        if seen.len() < KEPT {
            let text = text_of(panic.payload());
            seen.push(match panic.location() {
                Some(location) => format!("panicked at {location}: {text}"),
                None => format!("panicked: {text}"),
            });
        }
        true
    });
    noted.unwrap_or(false)
}

fn text_of(payload: &(dyn std::any::Any + Send)) -> String {
    match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => (*text).to_owned(),
        (None, Some(text)) => text.clone(),
        (None, None) => "a value that is no text".to_owned(),
    }
}

/// What was noted of a run around this one, which goes on when this is dropped.
struct Before(Option<Vec<String>>);

impl Drop for Before {
    fn drop(&mut self) {
        SEEN.set(self.0.take());
    }
}
