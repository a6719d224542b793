//! What tasks wait for, noted when virtual time is about to move: between two runs at the same time nothing
//! could be seen of a wait.

use std::collections::BTreeMap;

use super::reason;
use crate::core::Core;
use crate::sim::driver::SimDriver;

impl Core {
    /// Notes what the tasks wait for that have run since this was called last, where a picture is made.
    #[cold]
    #[inline(never)]
    pub(crate) fn note_waits(&self, simulated: &SimDriver) {
        let Some((ran, start)) = simulated.sketch(|sketch| (sketch.take_ran(), sketch.start()))
        else {
            return;
        };
        if ran.is_empty() {
            return;
        }
        // Programs are asked to describe their tasks, while nothing is borrowed.
        let waits = self.waits_of(simulated, |runner| ran.contains(&runner));
        let reasons = waits.tasks().iter();
        let reasons = reasons.map(|wait| (wait.task, reason::of_task(wait, start)));
        let mut reasons: BTreeMap<Option<u64>, String> = reasons.collect();
        simulated.sketch(|sketch| {
            for runner in ran {
                sketch.waits(runner, reasons.remove(&runner));
            }
        });
    }
}
