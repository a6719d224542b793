//! A bounded amount that is shared between flows.

use std::collections::HashMap;

use crate::blocking::flow::Flow;

/// A bounded amount, and how much of it each flow holds.
///
/// A group may take one more while it holds less than is free, and a member of it while it holds less
/// than a sixteenth of what its group could still take. So there is something left for the next flow,
/// even if none gives anything back: of 256, a member that is alone gets 15, the 28th member of one
/// group whose members take all they can still gets one, and the group gets half. What belongs to no
/// flow may take whatever is free.
pub(crate) struct FlowQuota {
    bound: usize,
    used: usize,
    groups: HashMap<u64, Group>,
}

/// A member may hold one of so many parts of what its group could still take.
const MEMBER_DIVISOR: usize = 16;

#[derive(Default)]
struct Group {
    used: usize,
    members: HashMap<u64, usize>,
}

impl FlowQuota {
    pub(crate) fn new(bound: usize) -> FlowQuota {
        FlowQuota {
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

    /// How much a group could still take: nothing once it holds as much as is free.
    fn room(&self, group: u64) -> usize {
        let used = self.groups.get(&group).map_or(0, |group| group.used);
        debug_assert!(self.used <= self.bound, "no more is used than there is");
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
        self.room(flow.group) > used.copied().unwrap_or(0).saturating_mul(MEMBER_DIVISOR)
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
        match group.members.get_mut(&flow.member) {
            Some(used) if *used > 1 => *used -= 1,
            Some(_) => {
                group.members.remove(&flow.member);
            }
            None => debug_assert!(false, "the member has taken nothing"),
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

    fn take_all(quota: &mut FlowQuota, flow: Option<Flow>) -> usize {
        std::iter::from_fn(|| quota.take(flow).then_some(())).count()
    }

    #[test]
    fn one_alone_gets_a_small_part_and_a_group_half() {
        let mut quota = FlowQuota::new(256);
        assert_eq!(take_all(&mut quota, flow(1, 1)), 15);
        for member in 2..100 {
            take_all(&mut quota, flow(1, member));
        }
        assert_eq!(quota.used(), 128);
        assert!(!quota.admits_group(Some(1)));
        assert!(quota.admits(flow(2, 1)));
    }

    #[test]
    fn whoever_comes_next_finds_something() {
        let mut members = FlowQuota::new(256);
        for member in 0..28 {
            assert!(take_all(&mut members, flow(0, member)) > 0, "{member}");
        }
        let mut both = FlowQuota::new(256);
        for number in 0..50 {
            assert!(
                take_all(&mut both, flow(number % 20, number)) > 0,
                "{number}"
            );
        }
    }

    #[test]
    fn what_is_given_back_leaves_nothing_behind() {
        let mut quota = FlowQuota::new(3);
        assert!(quota.take(flow(1, 1)) && quota.take(None) && quota.take(None));
        assert!(!quota.take(None) && !quota.take(flow(2, 1)));
        quota.give(None);
        quota.give(None);
        quota.give(flow(1, 1));
        assert_eq!(quota.used(), 0);
        assert!(quota.groups.is_empty());
    }

    #[test]
    fn one_of_one_can_be_taken() {
        let mut quota = FlowQuota::new(1);
        assert!(quota.take(flow(1, 1)));
        assert!(!quota.take(flow(2, 2)));
    }
}
