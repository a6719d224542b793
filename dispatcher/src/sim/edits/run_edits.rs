//! All edits of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::cut::Cut;
use super::fault_id::FaultId;
use super::switch::Switch;
use crate::sim::fault::{Fault, TimedFault};

/// What is changed of a run: see [`Simulation::edits`](crate::Simulation::edits). Its text has an edit a line, and is
/// read again by `parse`.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::sim::{Cut, Edits, Fault, FaultId};
///
/// let edits = Edits::new()
///     .without(FaultId::Loss { from: 1, to: 2, packet: 7 })
///     .with(FaultId::Delay { from: 1, to: 2, packet: 8 }, 3_000_000)
///     .at(Duration::from_secs(1), Fault::Pause("server".to_owned()))
///     .until(Cut::Time(Duration::from_secs(2)));
/// assert_eq!(edits.to_string().parse(), Ok(edits));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Edits {
    pub(super) is_only_listed: bool,
    pub(super) without: BTreeSet<FaultId>,
    pub(super) with: BTreeMap<FaultId, u64>,
    pub(super) added: Vec<TimedFault>,
    pub(super) order: Option<Vec<Switch>>,
    pub(super) cut: Option<Cut>,
    pub(super) left_out: BTreeSet<String>,
}

impl Edits {
    /// No edits.
    pub fn new() -> Edits {
        Edits::default()
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == Edits::default()
    }

    /// Of all faults that are drawn or in the timetable, only those happen that are listed
    /// [`with`](Edits::with) their amounts.
    pub fn only_listed(mut self) -> Edits {
        self.is_only_listed = true;
        self
    }

    /// This fault does not happen. Of a fault of the timetable, neither does the one that ends it.
    pub fn without(mut self, fault: FaultId) -> Edits {
        self.with.remove(&fault);
        self.without.insert(fault);
        self
    }

    /// This fault happens, so much of it: nanoseconds or bytes, as [`FaultId`] says; of others the amount does not
    /// matter.
    pub fn with(mut self, fault: FaultId, amount: u64) -> Edits {
        self.without.remove(&fault);
        let amount = if fault.has_amount() { amount } else { 0 };
        self.with.insert(fault, amount);
        self
    }

    /// A fault more takes effect so long after the start: [`FaultId::Added`].
    pub fn at(mut self, after: Duration, fault: Fault) -> Edits {
        let place = u32::try_from(self.added.len()).unwrap_or(u32::MAX);
        self.added.push(TimedFault { after, fault });
        self.with(FaultId::Added(place), nanos(after))
    }

    /// Tasks run first in, first out, but for these runs. Without this the picker of the settings counts.
    pub fn order(mut self, switches: impl IntoIterator<Item = Switch>) -> Edits {
        self.order = Some(switches.into_iter().collect());
        self
    }

    /// This run of a task is not put off, until whenever it was.
    pub fn without_switch(mut self, switch: Switch) -> Edits {
        if let Some(switches) = &mut self.order {
            switches.retain(|it| (it.task, it.run) != (switch.task, switch.run));
        }
        self
    }

    /// A run of a task is put off. All others go first in, first out, but for those listed.
    pub fn with_switch(self, switch: Switch) -> Edits {
        let mut edits = self.without_switch(switch);
        edits.order.get_or_insert_default().push(switch);
        edits
    }

    /// The run ends here.
    pub fn until(mut self, cut: Cut) -> Edits {
        self.cut = Some(cut);
        self
    }

    /// A part of the program's own is left out, by its name, the first line of which counts. What that is is the program's concern:
    /// [`Dispatcher::edits`](crate::Dispatcher::edits) tells it. In `wippy::sim` it is a host on which nothing starts.
    pub fn leave_out(mut self, part: &str) -> Edits {
        self.left_out.insert(one_line(part).to_owned());
        self
    }

    /// The faults that are listed, with their amounts.
    pub fn listed(&self) -> impl Iterator<Item = (FaultId, u64)> {
        self.with.iter().map(|(fault, amount)| (*fault, *amount))
    }

    /// The runs that are put off; `None`: the picker of the settings counts.
    pub fn switches(&self) -> Option<&[Switch]> {
        self.order.as_deref()
    }

    /// Where the run ends.
    pub fn cut(&self) -> Option<Cut> {
        self.cut
    }

    /// Whether a part of the program's own is left out.
    pub fn leaves_out(&self, part: &str) -> bool {
        self.left_out.contains(one_line(part))
    }

    /// The parts of the program's own that are left out.
    pub fn left_out(&self) -> impl Iterator<Item = &str> {
        self.left_out.iter().map(String::as_str)
    }

    /// What a fault comes to that was drawn with this amount, or was not drawn.
    pub(crate) fn amount(&self, fault: FaultId, drawn: Option<u64>) -> Option<u64> {
        match self.with.get(&fault) {
            Some(amount) => Some(*amount),
            None if self.is_only_listed || self.without.contains(&fault) => None,
            None => drawn,
        }
    }

    /// Whether a fault is listed as one that does not happen.
    pub(crate) fn is_without(&self, fault: FaultId) -> bool {
        self.without.contains(&fault)
    }

    /// Whether faults that are drawn happen unless they are taken out.
    pub(crate) fn keeps_drawn(&self) -> bool {
        !self.is_only_listed
    }

    /// The faults that were added to the timetable.
    pub(crate) fn added(&self) -> &[TimedFault] {
        &self.added
    }

    /// The same with other faults listed, and no others.
    pub(crate) fn with_all(&self, faults: impl IntoIterator<Item = (FaultId, u64)>) -> Edits {
        Edits {
            is_only_listed: true,
            without: BTreeSet::new(),
            with: faults.into_iter().collect(),
            ..self.clone()
        }
    }

    /// The same with another end, or none.
    pub(crate) fn with_cut(&self, cut: Option<Cut>) -> Edits {
        Edits {
            cut,
            ..self.clone()
        }
    }
}

/// A time as an amount.
pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// What stands in a line of its own in the text.
fn one_line(part: &str) -> &str {
    part.lines().next().unwrap_or_default()
}
