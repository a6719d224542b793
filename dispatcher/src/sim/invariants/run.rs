//! Calling invariants and checks.

use crate::core::Core;
use crate::sim::broken_invariant::BrokenInvariant;
use crate::sim::driver::SimDriver;
use crate::sim::ended::Ended;
use crate::sim::record::Record;

impl Core {
    /// Ends the simulation if an invariant does not hold after a run of `task`.
    pub(crate) fn check_invariants(&self, simulated: &SimDriver, task: Option<u64>) {
        if let Some((name, reason)) = simulated.assertions.broken() {
            simulated
                .limits
                .end_with(Ended::Invariant(Box::new(BrokenInvariant {
                    name,
                    reason,
                    at: self.clock.now(),
                    task,
                })));
        }
    }

    /// The time of a check has come.
    pub(crate) fn run_check(&self, simulated: &SimDriver, key: usize) {
        let check = simulated.assertions.take_check(key);
        debug_assert!(check.is_some(), "each check has one event");
        let Some(check) = check else { return };
        let result = (check.condition)();
        simulated.record(Record::Check {
            number: check.number,
            is_ok: result.is_ok(),
        });
        if let Err(reason) = result {
            let broken = BrokenInvariant {
                name: check.name,
                reason,
                at: self.clock.now(),
                task: None,
            };
            simulated
                .limits
                .end_with(Ended::Invariant(Box::new(broken)));
        }
    }
}
