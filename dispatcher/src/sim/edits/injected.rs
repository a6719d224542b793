//! The edits of a run while it goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fault_id::FaultId;
use super::notes::RunNotes;
use super::run_edits::Edits;
use crate::time::instant::Instant;

/// Decides what becomes of faults that were drawn. Without edits and notes that is what was drawn, and nothing is
/// counted.
pub(crate) struct Injected(Option<Box<Active>>);

struct Active {
    edits: Edits,
    notes: Option<RunNotes>,
    start: Instant,
    counts: BTreeMap<Counted, u64>,
}

/// What is numbered in the order in which it happens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Counted {
    /// From one host to another.
    Packets(u32, u32),
    Operations(u32),
    Occasions(u32),
    Lookups(u32),
    Jobs(u32),
    Crashes(u32),
    UnsyncedWrites(u32),
    UnsyncedNames(u32),
    FileErrors(u32),
    FileDelays(u32),
}

impl Injected {
    pub(crate) fn new(edits: Edits, notes: Option<RunNotes>, start: Instant) -> Injected {
        let is_needed = !edits.is_empty() || notes.is_some();
        Injected(is_needed.then(|| {
            Box::new(Active {
                edits,
                notes,
                start,
                counts: BTreeMap::new(),
            })
        }))
    }

    /// The number that the next one has.
    pub(crate) fn next(&self, counted: Counted) -> u64 {
        let active = self.0.as_ref();
        active.map_or(0, |it| it.counts.get(&counted).copied().unwrap_or(0))
    }

    /// One is over: the next one has another number. Gives the number of this one.
    pub(crate) fn count(&mut self, counted: Counted) -> u64 {
        let Some(active) = &mut self.0 else { return 0 };
        let next = active.counts.entry(counted).or_default();
        *next += 1;
        *next - 1
    }

    /// What a fault comes to that was drawn with this amount, or was not drawn. It is noted with what is said of it.
    #[inline]
    pub(crate) fn decide(
        &mut self,
        fault: FaultId,
        drawn: Option<u64>,
        now: Instant,
        detail: impl FnOnce() -> String,
    ) -> Option<u64> {
        match &self.0 {
            None => drawn,
            Some(active) => active.decide(fault, drawn, now, detail),
        }
    }

    /// How much longer than the least something takes.
    pub(crate) fn delay(&mut self, fault: FaultId, drawn: u64, now: Instant) -> Duration {
        let drawn = (drawn > 0).then_some(drawn);
        let delay = self.decide(fault, drawn, now, String::new);
        Duration::from_nanos(delay.unwrap_or(0))
    }

    /// What the swarm adds to the latency of links.
    pub(crate) fn latency(&mut self, drawn: Duration, now: Instant) -> Duration {
        let nanos = u64::try_from(drawn.as_nanos()).unwrap_or(u64::MAX);
        self.delay(FaultId::Latency, nanos, now)
    }

    /// What a fault comes to, without a note.
    pub(crate) fn amount(&self, fault: FaultId, drawn: Option<u64>) -> Option<u64> {
        match &self.0 {
            None => drawn,
            Some(active) => active.edits.amount(fault, drawn),
        }
    }

    /// Whether what is drawn happens unless it is taken out.
    pub(crate) fn keeps_drawn(&self) -> bool {
        self.0.as_ref().is_none_or(|it| it.edits.keeps_drawn())
    }

    /// A fault of the timetable that does not take effect.
    pub(crate) fn prevent(&self, fault: FaultId) {
        if let Some(active) = &self.0 {
            active.note_prevented(fault);
        }
    }

    /// The edits.
    pub(crate) fn edits(&self) -> Edits {
        let active = self.0.as_ref();
        active.map_or_else(Edits::default, |it| it.edits.clone())
    }

    /// Where faults and switches are noted.
    pub(crate) fn notes(&self) -> Option<&RunNotes> {
        self.0.as_ref()?.notes.as_ref()
    }
}

impl Active {
    /// A fault that would have happened does not.
    fn note_prevented(&self, fault: FaultId) {
        if let Some(notes) = self.notes.as_ref().filter(|_| self.edits.is_without(fault)) {
            notes.prevent(fault);
        }
    }

    #[cold]
    fn decide(
        &self,
        fault: FaultId,
        drawn: Option<u64>,
        now: Instant,
        detail: impl FnOnce() -> String,
    ) -> Option<u64> {
        let Some(amount) = self.edits.amount(fault, drawn) else {
            if drawn.is_some() {
                self.note_prevented(fault);
            }
            return None;
        };
        if let Some(notes) = &self.notes {
            notes.fault(fault, amount, now - self.start, detail());
        }
        Some(amount)
    }
}
