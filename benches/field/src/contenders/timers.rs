//! Deadlines in order, for loops that have no runtime to keep them.

use std::collections::BTreeSet;

/// Deadlines with the number of whose they are.
#[derive(Default, Debug)]
pub struct Timers(BTreeSet<(u64, u64)>);

impl Timers {
    pub fn insert(&mut self, deadline: u64, number: u64) {
        self.0.insert((deadline, number));
    }

    pub fn remove(&mut self, deadline: u64, number: u64) {
        self.0.remove(&(deadline, number));
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<u64> {
        Some(self.0.first()?.0)
    }

    /// Takes the earliest one that is due.
    pub fn pop_due(&mut self, now: u64) -> Option<(u64, u64)> {
        match self.0.first() {
            Some(&(deadline, _)) if deadline <= now => self.0.pop_first(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_ones_come_in_order_and_others_stay() {
        let mut timers = Timers::default();
        for (deadline, number) in [(30, 1), (10, 2), (20, 3), (10, 4)] {
            timers.insert(deadline, number);
        }
        timers.remove(10, 4);
        assert_eq!(timers.next(), Some(10));
        assert_eq!(timers.pop_due(20), Some((10, 2)));
        assert_eq!(timers.pop_due(20), Some((20, 3)));
        assert_eq!(timers.pop_due(20), None);
        assert_eq!(timers.next(), Some(30));
    }
}
