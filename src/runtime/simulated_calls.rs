//! Which task of a simulation runs which call, for its reports of what everyone waits for.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

use wippy_dispatcher::{Error, Handle};

use crate::activity::{CallRecord, LiveCall};

/// The calls of a runtime in a simulation that have not ended, and some that have: these are removed
/// when there are twice as many as were alive the last time.
#[derive(Default)]
pub(super) struct SimulatedCalls(RefCell<Calls>);

#[derive(Default)]
struct Calls {
    all: Vec<SimulatedCall>,
    /// Those that have ended are removed at this length.
    remove_at: usize,
}

/// Calls that have ended are not removed below this length.
const LEAST: usize = 64;

struct SimulatedCall {
    /// None: it runs in the future of `block_on`.
    task: Option<u64>,
    /// It has not ended.
    alive: Weak<()>,
    record: Weak<CallRecord>,
}

impl SimulatedCall {
    fn is_alive(&self) -> bool {
        self.alive.strong_count() > 0
    }
}

impl SimulatedCalls {
    /// A call begins in the task that runs now.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub(super) fn begin(&self, handle: &Handle, call: &mut LiveCall) -> Result<(), Error> {
        let task = handle.current_task()?;
        let mut calls = self.0.borrow_mut();
        if calls.all.len() >= calls.remove_at {
            calls.all.retain(SimulatedCall::is_alive);
            calls.remove_at = LEAST.max(2 * calls.all.len());
        }
        calls.all.push(SimulatedCall {
            task,
            alive: call.alive(),
            record: Arc::downgrade(call.record()),
        });
        Ok(())
    }

    /// What the calls of a task do; `None` where it has none.
    pub(super) fn describe(&self, task: Option<u64>) -> Option<String> {
        let calls = self.0.borrow();
        let of_task = calls
            .all
            .iter()
            .filter(|call| call.task == task && call.is_alive());
        let lines = of_task.filter_map(|call| {
            let record = call.record.upgrade()?;
            let (number, entry, state) = (record.number(), record.entry(), record.state());
            Some(format!("call {number} of {entry}: {state}"))
        });
        let lines: Vec<String> = lines.collect();
        (!lines.is_empty()).then(|| lines.join("; "))
    }
}
