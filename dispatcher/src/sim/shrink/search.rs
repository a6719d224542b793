//! The search for a smaller run.

use super::error::ShrinkError;
use super::progress::{OnProgress, ShrinkProgress, ShrinkStep};
use super::reduce::reduce;
use super::runner::{Runner, Spent, listed, observed};
use super::shrunk::{RunSize, Shrunk};
use super::trial::Trial;
use crate::sim::edits::{Cut, Edits, FaultId, FoundSwitch, MAX_NOTED, RunNotes, Switch};

/// The smallest run that is known to fail, and what it takes to find a smaller one.
pub(super) struct Search<'a, K, F> {
    runner: Runner<'a, K, F>,
    /// Beside faults and switches.
    edits: Edits,
    faults: Vec<(FaultId, u64)>,
    switches: Vec<Switch>,
    before: RunSize,
    is_minimal: bool,
}

impl<'a, K: PartialEq, F: FnMut(&Trial) -> Option<K>> Search<'a, K, F> {
    /// Makes the run that is to be shrunk, and once more with all its faults and switches listed.
    ///
    /// # Errors
    /// `Passes`, `TooLong`, `OtherRun`.
    pub(super) fn begin(
        seed: u64,
        edits: Edits,
        budget: u64,
        progress: Option<OnProgress<'a>>,
        mut run: F,
    ) -> Result<Search<'a, K, F>, ShrinkError> {
        let (first, notes) = observed(&mut run, seed, edits.clone());
        let failure = first.ok_or(ShrinkError::Passes(seed))?;
        if notes.is_full() {
            return Err(ShrinkError::TooLong(MAX_NOTED));
        }
        let found = notes.faults().into_iter();
        let faults: Vec<_> = found.map(|found| (found.id, found.amount)).collect();
        let switches: Vec<_> = notes.switches().iter().map(|found| found.switch).collect();
        let listed = listed(&edits, &faults, &switches);
        let (second, again) = observed(&mut run, seed, listed);
        if second.as_ref() != Some(&failure) || again.hash() != notes.hash() {
            return Err(ShrinkError::OtherRun(seed));
        }
        let before = size(&notes);
        let now = ShrinkProgress {
            step: ShrinkStep::Faults,
            runs: 2,
            budget,
            faults: faults.len(),
            switches: switches.len(),
        };
        Ok(Search {
            runner: Runner::new(seed, run, failure, progress, now),
            edits,
            faults,
            switches,
            before,
            is_minimal: false,
        })
    }

    /// Shrinks as far as the budget goes, and makes the smallest run once more to say what is left.
    ///
    /// # Errors
    /// `OtherRun`: that one does not fail any more.
    pub(super) fn finish(mut self, parts: Vec<String>) -> Result<Shrunk<K>, ShrinkError> {
        // Where the budget ends, what is known by then counts.
        let _ = self.shrink(parts);
        let edits = listed(&self.edits, &self.faults, &self.switches);
        let runner = &mut self.runner;
        runner.runs += 1;
        let (last, notes) = observed(&mut runner.run, runner.seed, edits.clone());
        match last {
            Some(failure) if failure == runner.failure => Ok(Shrunk {
                seed: runner.seed,
                failure,
                edits,
                faults: notes.faults(),
                switches: as_listed(notes.switches(), &self.switches),
                runs: runner.runs,
                is_minimal: self.is_minimal,
                before: self.before,
                after: size(&notes),
            }),
            _ => Err(ShrinkError::OtherRun(runner.seed)),
        }
    }

    fn shrink(&mut self, parts: Vec<String>) -> Result<(), Spent> {
        // What needs neither is common, and what needs no switches more so.
        for without_faults in [true, false] {
            let faults = match without_faults {
                true => Vec::new(),
                false => self.faults.clone(),
            };
            if self.runner.fails(&self.edits, &faults, &[])? {
                self.faults = faults;
                self.switches.clear();
                break;
            }
        }
        self.shrink_faults()?;
        self.shrink_switches()?;
        self.leave_out(parts)?;
        self.check_each()?;
        self.is_minimal = true;
        self.cut()
    }

    /// All faults of a kind at once first: of some kinds there are many, and none matters.
    fn shrink_faults(&mut self) -> Result<(), Spent> {
        self.runner.now.step = ShrinkStep::Faults;
        for kind in FaultId::KINDS {
            let rest = self.faults.iter().filter(|(fault, _)| fault.kind() != kind);
            let rest: Vec<_> = rest.copied().collect();
            if rest.len() < self.faults.len() {
                self.fails_without(rest)?;
            }
        }
        let (runner, edits, switches) = (&mut self.runner, &self.edits, &self.switches);
        reduce(&mut self.faults, |faults| {
            runner.fails(edits, faults, switches)
        })
    }

    fn shrink_switches(&mut self) -> Result<(), Spent> {
        self.runner.now.step = ShrinkStep::Switches;
        self.reduce_switches()?;
        // One that lasts longer may do what several do.
        let mut place = 0;
        while place < self.switches.len() {
            let longer = Switch {
                until: None,
                ..self.switches[place]
            };
            let alone = vec![longer];
            let mut all = self.switches.clone();
            all[place] = longer;
            if longer == self.switches[place] {
                place += 1;
            } else if self.runner.fails(&self.edits, &self.faults, &alone)? {
                self.switches = alone;
            } else if self.runner.fails(&self.edits, &self.faults, &all)? {
                self.switches = all;
                let before = self.switches.len();
                self.reduce_switches()?;
                place = if self.switches.len() < before {
                    0
                } else {
                    place + 1
                };
            } else {
                place += 1;
            }
        }
        Ok(())
    }

    fn reduce_switches(&mut self) -> Result<(), Spent> {
        let (runner, edits, faults) = (&mut self.runner, &self.edits, &self.faults);
        reduce(&mut self.switches, |switches| {
            runner.fails(edits, faults, switches)
        })
    }

    fn leave_out(&mut self, parts: Vec<String>) -> Result<(), Spent> {
        self.runner.now.step = ShrinkStep::Parts;
        for part in parts {
            let edits = self.edits.clone().leave_out(&part);
            if self.runner.fails(&edits, &self.faults, &self.switches)? {
                self.edits = edits;
            }
        }
        Ok(())
    }

    /// Takes out each alone, until none can be.
    fn check_each(&mut self) -> Result<(), Spent> {
        self.runner.now.step = ShrinkStep::Check;
        let mut place = 0;
        while place < self.faults.len() + self.switches.len() {
            let has_shrunk = match place.checked_sub(self.faults.len()) {
                None => self.take_out_fault(place)?,
                Some(place) => self.take_out_switch(place)?,
            };
            // What was needed before may not be any more. What is known already costs nothing.
            place = if has_shrunk { 0 } else { place + 1 };
        }
        Ok(())
    }

    /// Takes out a fault. A packet that is not lost is not sent again: those behind it have lower numbers then, so
    /// that is tried first where it makes a difference.
    fn take_out_fault(&mut self, place: usize) -> Result<bool, Spent> {
        let mut rest = self.faults.clone();
        let (gone, _) = rest.remove(place);
        let moved = rest
            .iter()
            .map(|(fault, amount)| (fault.moved_up(gone), *amount));
        let moved: Vec<_> = moved.collect();
        if moved != rest && self.runner.fails(&self.edits, &moved, &self.switches)? {
            self.faults = moved;
            return Ok(true);
        }
        self.fails_without(rest)
    }

    /// Tries fewer faults. Without a delay what follows it happens earlier, so that those of the timetable would meet
    /// another moment of the program: they are moved as well, to where as many runs of tasks have begun as before.
    fn fails_without(&mut self, rest: Vec<(FaultId, u64)>) -> Result<bool, Spent> {
        if self.runner.fails(&self.edits, &rest, &self.switches)? {
            self.faults = rest;
            return Ok(true);
        }
        let Some(moved) = self.in_step(&rest)? else {
            return Ok(false);
        };
        let fails = self.runner.fails(&self.edits, &moved, &self.switches)?;
        if fails {
            self.faults = moved;
        }
        Ok(fails)
    }

    /// These faults, with those of the timetable moved to where as many runs of tasks have begun as in the smallest run
    /// that is known to fail. `None` where that moves none of them.
    fn in_step(&mut self, rest: &[(FaultId, u64)]) -> Result<Option<Vec<(FaultId, u64)>>, Spent> {
        let is_timed = |id: &FaultId| matches!(id, FaultId::Timed(_) | FaultId::Added(_));
        let (runner, edits, switches) = (&mut self.runner, &self.edits, &self.switches);
        if !rest.iter().any(|(id, _)| is_timed(id)) {
            return Ok(None);
        }
        let known = runner.notes(edits, &self.faults, switches)?;
        let mut moved: Vec<_> = rest
            .iter()
            .copied()
            .filter(|(id, _)| !is_timed(id))
            .collect();
        // In the order in which they happen: where one does depends on those before it.
        for found in known.faults() {
            let is_left = rest.iter().any(|(id, _)| *id == found.id);
            if !is_left || !is_timed(&found.id) {
                continue;
            }
            let notes = runner.notes(edits, &moved, switches)?;
            let Some(moment) = notes.moment(found.picks) else {
                return Ok(None);
            };
            moved.push((
                found.id,
                u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX),
            ));
        }
        moved.sort_unstable();
        let mut rest = rest.to_vec();
        rest.sort_unstable();
        Ok((moved != rest).then_some(moved))
    }

    fn take_out_switch(&mut self, place: usize) -> Result<bool, Spent> {
        let mut switches = self.switches.clone();
        switches.remove(place);
        let fails = self.runner.fails(&self.edits, &self.faults, &switches)?;
        if fails {
            self.switches = switches;
        }
        Ok(fails)
    }

    /// Cuts the run as early as it still fails, between two places of which the later one fails and the earlier one does
    /// not.
    fn cut(&mut self) -> Result<(), Spent> {
        self.runner.now.step = ShrinkStep::Cut;
        let runner = &mut self.runner;
        let notes = runner.notes(&self.edits, &self.faults, &self.switches)?;
        let (mut passes, mut fails) = (0, notes.records());
        while fails - passes > 1 {
            let middle = passes + (fails - passes) / 2;
            let edits = self.edits.with_cut(Some(Cut::Records(middle)));
            match self.runner.fails(&edits, &self.faults, &self.switches)? {
                true => {
                    fails = middle;
                    self.edits = edits;
                }
                false => passes = middle,
            }
        }
        Ok(())
    }
}

/// The switches that were found, as they were asked for: one that waits for nothing in particular may be found to have
/// waited for a certain run.
fn as_listed(found: Vec<FoundSwitch>, listed: &[Switch]) -> Vec<FoundSwitch> {
    let as_listed = |found: FoundSwitch| {
        let is_it = |it: &&Switch| (it.task, it.run) == (found.switch.task, found.switch.run);
        let switch = *listed.iter().find(is_it)?;
        Some(FoundSwitch { switch, ..found })
    };
    found.into_iter().filter_map(as_listed).collect()
}

fn size(notes: &RunNotes) -> RunSize {
    RunSize {
        records: notes.records(),
        faults: notes.faults().len(),
        switches: notes.switches().len(),
        time: notes.time(),
    }
}
