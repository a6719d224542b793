//! The runs that shrinking makes.

use std::collections::BTreeMap;

use super::progress::{OnProgress, ShrinkProgress};
use super::trial::Trial;
use crate::sim::edits::{Edits, FaultId, RunNotes, Switch};
use crate::sim::hash::hash_of;

/// There may be no more runs.
#[derive(Debug)]
pub(super) struct Spent;

/// Makes runs, and knows how those end that it has made.
pub(super) struct Runner<'a, K, F> {
    pub(super) seed: u64,
    pub(super) run: F,
    pub(super) failure: K,
    pub(super) runs: u64,
    budget: u64,
    /// Whether the runs failed, by a hash of their edits.
    known: BTreeMap<u64, bool>,
    progress: Option<OnProgress<'a>>,
    pub(super) now: ShrinkProgress,
}

impl<'a, K: PartialEq, F: FnMut(&Trial) -> Option<K>> Runner<'a, K, F> {
    /// Some runs were made already.
    pub(super) fn new(
        seed: u64,
        run: F,
        failure: K,
        progress: Option<OnProgress<'a>>,
        now: ShrinkProgress,
    ) -> Runner<'a, K, F> {
        Runner {
            seed,
            run,
            failure,
            runs: now.runs,
            budget: now.budget,
            known: BTreeMap::new(),
            progress,
            now,
        }
    }

    /// Whether a run fails in the same way.
    pub(super) fn fails(
        &mut self,
        edits: &Edits,
        faults: &[(FaultId, u64)],
        switches: &[Switch],
    ) -> Result<bool, Spent> {
        let edits = listed(edits, faults, switches);
        let key = hash_of(edits.to_string().as_bytes());
        if let Some(fails) = self.known.get(&key) {
            return Ok(*fails);
        }
        self.count()?;
        let trial = Trial {
            seed: self.seed,
            edits,
            notes: None,
        };
        let fails = (self.run)(&trial).as_ref() == Some(&self.failure);
        self.known.insert(key, fails);
        if fails {
            (self.now.faults, self.now.switches) = (faults.len(), switches.len());
        }
        self.tell();
        Ok(fails)
    }

    /// What is noted of a run.
    pub(super) fn notes(
        &mut self,
        edits: &Edits,
        faults: &[(FaultId, u64)],
        switches: &[Switch],
    ) -> Result<RunNotes, Spent> {
        self.count()?;
        let edits = listed(edits, faults, switches);
        let (_, notes) = observed(&mut self.run, self.seed, edits);
        self.tell();
        Ok(notes)
    }

    /// Counts a run, and leaves one for the end.
    fn count(&mut self) -> Result<(), Spent> {
        if self.runs + 1 >= self.budget {
            return Err(Spent);
        }
        self.runs += 1;
        self.now.runs = self.runs;
        Ok(())
    }

    fn tell(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress(&self.now);
        }
    }
}

/// Makes a run, and notes what happens.
pub(super) fn observed<K>(
    run: &mut impl FnMut(&Trial) -> Option<K>,
    seed: u64,
    edits: Edits,
) -> (Option<K>, RunNotes) {
    let notes = RunNotes::new();
    let trial = Trial {
        seed,
        edits,
        notes: Some(notes.clone()),
    };
    (run(&trial), notes)
}

/// Edits that list all faults and switches of a run.
pub(super) fn listed(edits: &Edits, faults: &[(FaultId, u64)], switches: &[Switch]) -> Edits {
    let edits = edits.with_all(faults.iter().copied());
    edits.order(switches.iter().copied())
}
