//! What edits and notes have to do with a simulation that runs.

use crate::sim::driver::SimDriver;
use crate::sim::edits::Switch;
use crate::sim::fault::Fault;
use crate::time::clock::Instant;

impl SimDriver {
    /// A fault of the timetable, whose time has come, unless edits have taken it out.
    pub(crate) fn take_fault(&self, place: u32, now: Instant) -> Option<Fault> {
        let entry = self.timetable.borrow_mut().take(place)?;
        if entry.is_taken_out() {
            // Its draw happens all the same, so that those of later crashes are what they were.
            self.network
                .borrow()
                .skip_crash(&mut self.draws.borrow_mut(), entry.fault());
        }
        entry.in_effect(&mut self.injected.borrow_mut(), now)
    }

    /// Notes the pick that was made last, and that it had been overtaken by others, if it had.
    #[cold]
    pub(crate) fn note_pick(&self, switch: Option<Switch>, now: Instant) {
        let injected = self.injected.borrow();
        let Some(notes) = injected.notes() else {
            return;
        };
        notes.pick(now - self.start);
        if let Some(switch) = switch {
            notes.switch(switch, now - self.start);
        }
    }

    /// The run is over, and with it its notes.
    pub(crate) fn end_notes(&self, now: Instant) {
        if let Some(notes) = self.injected.borrow().notes() {
            let recorder = self.recorder.borrow();
            let trace = recorder.trace();
            notes.end(trace.length(), trace.hash(), now - self.start);
        }
    }
}
