//! The timetable with its edits.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fault_id::FaultId;
use super::injected::Injected;
use super::run_edits::nanos;
use crate::sim::fault::{Crash, Fault, TimedFault};
use crate::time::instant::Instant;

/// What there is of the timetable, by the place that its event names.
pub(crate) struct Timetable(Vec<Option<Entry>>);

pub(crate) struct Entry {
    fault: Fault,
    /// `None` for one that ends another.
    id: Option<FaultId>,
    /// When it takes effect, as an amount.
    amount: u64,
    /// When the fault ends that begins here.
    ends: Option<Instant>,
    is_taken_out: bool,
}

/// One that is to be armed.
pub(crate) struct Planned {
    pub(crate) at: Instant,
    pub(crate) place: u32,
}

impl Timetable {
    /// The timetable of a run that begins at `start`, and when what of it happens.
    pub(crate) fn new(
        timetable: &[TimedFault],
        added: &[TimedFault],
        injected: &Injected,
        start: Instant,
    ) -> (Timetable, Vec<Planned>) {
        let all: Vec<&TimedFault> = timetable.iter().chain(added).collect();
        // What is added changes nothing of what belongs together in the timetable.
        let first_added = timetable.len();
        let of_added = beginnings(added).into_iter();
        let of_added = of_added.map(|place| place.map(|place| place + first_added));
        let beginnings: Vec<_> = beginnings(timetable).into_iter().chain(of_added).collect();
        let ends = beginnings.iter().enumerate();
        let ends: BTreeMap<usize, usize> = ends
            .filter_map(|(end, beginning)| Some(((*beginning)?, end)))
            .collect();
        let id = |place: usize| match place.checked_sub(first_added) {
            None => FaultId::Timed(place as u32),
            Some(place) => FaultId::Added(place as u32),
        };
        // When it takes effect, unless it is taken out.
        let moved = |place: usize| {
            let amount = injected.amount(id(place), Some(nanos(all[place].after)));
            amount.map(Duration::from_nanos)
        };
        let mut entries = Vec::new();
        let mut planned = Vec::new();
        for (place, timed) in all.iter().enumerate() {
            let beginning = beginnings[place];
            let moved_to = match beginning {
                None => moved(place),
                Some(first) => {
                    moved(first).map(|to| to + timed.after.saturating_sub(all[first].after))
                }
            };
            let is_taken_out = moved_to.is_none();
            if is_taken_out && beginning.is_none() {
                injected.prevent(id(place));
            }
            let after = moved_to.unwrap_or(timed.after);
            // One that would draw something draws it all the same, unless nothing that is drawn counts.
            let is_drawn = matches!(timed.fault, Fault::Crash(_, Crash::Drawn));
            if is_taken_out && !(is_drawn && injected.keeps_drawn()) {
                entries.push(None);
                continue;
            }
            let length = |end: &usize| all[*end].after.saturating_sub(timed.after);
            let end = ends.get(&place).map(length);
            entries.push(Some(Entry {
                fault: timed.fault.clone(),
                id: beginning.is_none().then(|| id(place)),
                amount: nanos(after),
                ends: end.map(|length| start + after + length),
                is_taken_out,
            }));
            planned.push(Planned {
                at: start + after,
                place: place as u32,
            });
        }
        (Timetable(entries), planned)
    }

    /// One whose time has come.
    pub(crate) fn take(&mut self, place: u32) -> Option<Entry> {
        self.0.get_mut(place as usize)?.take()
    }
}

impl Entry {
    pub(crate) fn is_taken_out(&self) -> bool {
        self.is_taken_out
    }

    pub(crate) fn fault(&self) -> &Fault {
        &self.fault
    }

    /// The fault, unless it was taken out; it is noted.
    pub(crate) fn in_effect(self, injected: &mut Injected, now: Instant) -> Option<Fault> {
        if self.is_taken_out {
            return None;
        }
        if let Some(id) = self.id {
            injected.decide(id, Some(self.amount), now, || match self.ends {
                Some(ends) => format!("{}, for {:?}", self.fault, ends - now),
                None => self.fault.to_string(),
            });
        }
        Some(self.fault)
    }
}

/// For each fault that ends another the place of that one: the last before it, in time, that has not ended yet.
fn beginnings(timetable: &[TimedFault]) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..timetable.len()).collect();
    order.sort_by_key(|place| timetable[*place].after);
    let mut found = vec![None; timetable.len()];
    let mut open: Vec<usize> = Vec::new();
    for place in order {
        let fault = &timetable[place].fault;
        match fault {
            Fault::Partition(..)
            | Fault::PartitionOneWay(..)
            | Fault::Crash(..)
            | Fault::Pause(_) => open.push(place),
            Fault::Heal(..) | Fault::Restart(_) | Fault::Resume(_) => {
                let ended = open
                    .iter()
                    .rposition(|it| ends(fault, &timetable[*it].fault));
                found[place] = ended.map(|ended| open.remove(ended));
            }
            Fault::Link(..)
            | Fault::ClockDrift(..)
            | Fault::WallClockStep(..)
            | Fault::Name(..) => {}
        }
    }
    found
}

fn ends(end: &Fault, beginning: &Fault) -> bool {
    match (beginning, end) {
        (
            Fault::Partition(one, other) | Fault::PartitionOneWay(one, other),
            Fault::Heal(healed, healed_other),
        ) => (one, other) == (healed, healed_other) || (other, one) == (healed, healed_other),
        (Fault::Crash(host, _), Fault::Restart(again))
        | (Fault::Pause(host), Fault::Resume(again)) => host == again,
        _ => false,
    }
}
