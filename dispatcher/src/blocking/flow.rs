//! Whose a job is, and how much of a bounded amount each may hold.

use std::collections::HashMap;

/// Whose a job is. A lane is fair between groups, and within a group between its members; the
/// numbers mean nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Flow {
    /// The group.
    pub group: u64,
    /// The member of that group.
    pub member: u64,
}

/// A bounded amount, and how much of it each flow holds.
///
/// A group may take one more while it holds less than is free, and a member of it while it holds less
/// than a sixteenth of what its group could still take. So whoever comes next finds something left,
/// although nobody gives anything back: of 256, a member that is alone gets 15, the 28th of one group
/// that take all they can still gets one, and the group gets half. What belongs to no flow may take
/// whatever is free.
pub(crate) struct Shares {
    bound: usize,
    used: usize,
    groups: HashMap<u64, Group>,
}

/// Which part of what its group could still take a member may hold.
const PART: usize = 16;

#[derive(Default)]
struct Group {
    used: usize,
    members: HashMap<u64, usize>,
}

impl Shares {
    pub(crate) fn new(bound: usize) -> Shares {
        Shares {
            bound,
            used: 0,
            groups: HashMap::new(),
        }
    }

    pub(crate) fn bound(&self) -> usize {
        self.bound
    }

    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// How much a group could still take.
    fn room(&self, group: u64) -> usize {
        let used = self.groups.get(&group).map_or(0, |group| group.used);
        (self.bound - self.used).saturating_sub(used)
    }

    /// Whether any member of a group may take one more.
    pub(crate) fn admits_group(&self, group: Option<u64>) -> bool {
        match group {
            Some(group) => self.room(group) > 0,
            None => self.used < self.bound,
        }
    }

    /// Whether a flow may take one more.
    pub(crate) fn admits(&self, flow: Option<Flow>) -> bool {
        let Some(flow) = flow else {
            return self.admits_group(None);
        };
        let group = self.groups.get(&flow.group);
        let used = group.and_then(|group| group.members.get(&flow.member));
        self.room(flow.group) > used.copied().unwrap_or(0).saturating_mul(PART)
    }

    /// Takes one, if that is admitted.
    pub(crate) fn take(&mut self, flow: Option<Flow>) -> bool {
        if !self.admits(flow) {
            return false;
        }
        self.used += 1;
        if let Some(flow) = flow {
            let group = self.groups.entry(flow.group).or_default();
            group.used += 1;
            *group.members.entry(flow.member).or_default() += 1;
        }
        true
    }

    /// Gives back one that was taken.
    pub(crate) fn give(&mut self, flow: Option<Flow>) {
        debug_assert!(self.used > 0, "nothing was taken");
        self.used -= 1;
        let Some(flow) = flow else {
            return;
        };
        let Some(group) = self.groups.get_mut(&flow.group) else {
            debug_assert!(false, "the group has taken nothing");
            return;
        };
        group.used -= 1;
        if let Some(used) = group.members.get_mut(&flow.member) {
            *used -= 1;
            if *used == 0 {
                group.members.remove(&flow.member);
            }
        }
        if group.used == 0 {
            self.groups.remove(&flow.group);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(group: u64, member: u64) -> Option<Flow> {
        Some(Flow { group, member })
    }

    fn take_all(shares: &mut Shares, flow: Option<Flow>) -> usize {
        std::iter::from_fn(|| shares.take(flow).then_some(())).count()
    }

    #[test]
    fn one_alone_gets_a_small_part_and_a_group_half() {
        let mut shares = Shares::new(256);
        assert_eq!(take_all(&mut shares, flow(1, 1)), 15);
        for member in 2..100 {
            take_all(&mut shares, flow(1, member));
        }
        assert_eq!(shares.used(), 128);
        assert!(!shares.admits_group(Some(1)));
        assert!(shares.admits(flow(2, 1)));
    }

    #[test]
    fn whoever_comes_next_finds_something() {
        let mut members = Shares::new(256);
        for member in 0..28 {
            assert!(take_all(&mut members, flow(0, member)) > 0, "{member}");
        }
        let mut both = Shares::new(256);
        for number in 0..50 {
            assert!(
                take_all(&mut both, flow(number % 20, number)) > 0,
                "{number}"
            );
        }
    }

    #[test]
    fn what_is_given_back_leaves_nothing_behind() {
        let mut shares = Shares::new(3);
        assert!(shares.take(flow(1, 1)) && shares.take(None) && shares.take(None));
        assert!(!shares.take(None) && !shares.take(flow(2, 1)));
        shares.give(None);
        shares.give(None);
        shares.give(flow(1, 1));
        assert_eq!(shares.used(), 0);
        assert!(shares.groups.is_empty());
    }

    #[test]
    fn one_of_one_can_be_taken() {
        let mut shares = Shares::new(1);
        assert!(shares.take(flow(1, 1)));
        assert!(!shares.take(flow(2, 2)));
    }
}
