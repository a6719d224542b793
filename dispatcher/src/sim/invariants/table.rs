//! The invariants and checks of a simulation.

use std::cell::{Cell, RefCell};

use slab::Slab;

/// Called after each run of a task.
pub(super) struct Invariant {
    pub(super) name: String,
    pub(super) condition: Box<dyn FnMut() -> Result<(), String>>,
}

/// Called once, at its time.
pub(super) struct Check {
    /// How many were registered before it.
    pub(super) number: u32,
    pub(super) name: String,
    pub(super) condition: Box<dyn FnOnce() -> Result<(), String>>,
}

/// All of them. Their conditions are called while nothing is borrowed.
#[derive(Default)]
pub(crate) struct Assertions {
    /// An invariant is not in its place while it is called.
    invariants: RefCell<Vec<Option<Invariant>>>,
    /// By the keys that their events name.
    checks: RefCell<Slab<Check>>,
    registered_checks: Cell<u32>,
}

impl Assertions {
    pub(super) fn add_invariant(&self, invariant: Invariant) {
        self.invariants.borrow_mut().push(Some(invariant));
    }

    pub(super) fn add_check(
        &self,
        name: &str,
        condition: Box<dyn FnOnce() -> Result<(), String>>,
    ) -> usize {
        let number = self.registered_checks.get();
        self.registered_checks.set(number.wrapping_add(1));
        let name = name.to_owned();
        let check = Check {
            number,
            name,
            condition,
        };
        self.checks.borrow_mut().insert(check)
    }

    pub(super) fn take_check(&self, key: usize) -> Option<Check> {
        self.checks.borrow_mut().try_remove(key)
    }

    /// Calls the invariants until one does not hold; its name, and what it said.
    pub(super) fn broken(&self) -> Option<(String, String)> {
        let count = self.invariants.borrow().len();
        for place in 0..count {
            let taken = self.invariants.borrow_mut()[place].take();
            // One that panicked is gone.
            let Some(mut invariant) = taken else { continue };
            let result = (invariant.condition)();
            let name = result.is_err().then(|| invariant.name.clone());
            self.invariants.borrow_mut()[place] = Some(invariant);
            if let (Some(name), Err(reason)) = (name, result) {
                return Some((name, reason));
            }
        }
        None
    }
}
