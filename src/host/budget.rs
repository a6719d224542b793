//! What guests may do between two waits.

use std::cell::Cell;
use std::rc::Rc;

use wippy_dispatcher::{Error, Handle};

/// How many host calls may be made without suspending before others have to be let run.
const BUDGET: u32 = 128;

/// How many host calls an instance costs, its making and its end.
const INSTANCE: u32 = 16;

/// The host calls that are left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Budget(u32);

impl Budget {
    /// After a wait.
    pub(crate) const WHOLE: Budget = Budget(BUDGET);

    /// Takes one; false when there is none.
    pub(crate) fn take(&mut self) -> bool {
        match self.0.checked_sub(1) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => false,
        }
    }

    /// Takes as many as there are, at most `calls`.
    pub(crate) fn spend(&mut self, calls: u32) {
        self.0 = self.0.saturating_sub(calls);
    }
}

/// What calls leave to the next one: a loop over calls that never wait gives way as often as one
/// call that never waits. Clones are the same.
#[derive(Clone)]
pub(crate) struct Carried(Rc<Cell<Budget>>);

impl Carried {
    pub(crate) fn new() -> Carried {
        Carried(Rc::new(Cell::new(Budget::WHOLE)))
    }

    /// What a call begins with.
    pub(crate) fn get(&self) -> Budget {
        self.0.get()
    }

    /// What a call had at its end.
    pub(crate) fn set(&self, budget: Budget) {
        self.0.set(budget);
    }

    /// At a call's end, whatever came of it: it counts although it may have made no host call, and
    /// lets others run if nothing is left.
    ///
    /// # Errors
    /// As [`Handle::yield_now`].
    pub(crate) async fn settle(&self, handle: &Handle) -> Result<(), Error> {
        let mut budget = self.get();
        budget.spend(INSTANCE);
        self.set(budget);
        if budget == Budget(0) {
            handle.yield_now().await?;
            self.set(Budget::WHOLE);
        }
        Ok(())
    }
}
