//! Which task of a simulation runs which call, for its reports of what everyone waits for.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

use wippy_dispatcher::{Error, Handle};

use crate::activity::{CallRecord, LiveCall};

/// The calls of a runtime in a simulation that have not ended.
#[derive(Default)]
pub(super) struct SimulatedCalls(RefCell<Vec<SimulatedCall>>);

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
        calls.retain(SimulatedCall::is_alive);
        calls.push(SimulatedCall {
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
            .iter()
            .filter(|call| call.task == task && call.is_alive());
        let lines = of_task.filter_map(|call| {
            let report = call.record.upgrade()?.report();
            let (number, entry, state) = (report.number, report.entry, report.state);
            Some(format!("call {number} of {entry}: {state}"))
        });
        let lines: Vec<String> = lines.collect();
        (!lines.is_empty()).then(|| lines.join("; "))
    }
}
