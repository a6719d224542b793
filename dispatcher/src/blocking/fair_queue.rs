//! A queue in which flows take turns.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use crate::blocking::flow::Flow;

/// Groups take turns, within a group its members do, and the items of one member keep their order.
/// Entering, leaving and being next are O(log n).
pub(crate) struct FairQueue<T> {
    groups: Rotation<Option<u64>, Rotation<u64, BTreeMap<u64, T>>>,
    next: u64,
}

impl<T> FairQueue<T> {
    pub(crate) fn new() -> FairQueue<T> {
        FairQueue {
            groups: Rotation::default(),
            next: 0,
        }
    }

    /// Adds an item; its number finds it again.
    pub(crate) fn push(&mut self, flow: Option<Flow>, item: T) -> u64 {
        let number = self.next;
        self.next += 1;
        let (group, member) = parts(flow);
        let members = self.groups.get_or_add(group);
        members.get_or_add(member).insert(number, item);
        number
    }

    pub(crate) fn get_mut(&mut self, flow: Option<Flow>, number: u64) -> Option<&mut T> {
        let (group, member) = parts(flow);
        let members = self.groups.get_mut(group)?;
        members.get_mut(member)?.get_mut(&number)
    }

    pub(crate) fn remove(&mut self, flow: Option<Flow>, number: u64) -> Option<T> {
        let (group, member) = parts(flow);
        let members = self.groups.get_mut(group)?;
        let items = members.get_mut(member)?;
        let item = items.remove(&number)?;
        if items.is_empty() {
            members.remove(member);
            if members.is_empty() {
                self.groups.remove(group);
            }
        }
        Some(item)
    }

    /// Takes the next item among the groups and flows that are admitted.
    pub(crate) fn pop(
        &mut self,
        admits_group: impl Fn(Option<u64>) -> bool,
        admits: impl Fn(Option<Flow>) -> bool,
    ) -> Option<(Option<Flow>, u64, T)> {
        let admitted = self.groups.iter().filter(|(group, _)| admits_group(*group));
        let (group, member) = admitted
            .flat_map(|(group, members)| members.iter().map(move |(member, _)| (group, member)))
            .find(|&(group, member)| admits(flow(group, member)))?;
        let members = self.groups.get_mut(group)?;
        let (&number, _) = members.get_mut(member)?.first_key_value()?;
        members.move_last(member);
        self.groups.move_last(group);
        let flow = flow(group, member);
        let item = self.remove(flow, number)?;
        Some((flow, number, item))
    }
}

fn parts(flow: Option<Flow>) -> (Option<u64>, u64) {
    match flow {
        Some(flow) => (Some(flow.group), flow.member),
        None => (None, 0),
    }
}

fn flow(group: Option<u64>, member: u64) -> Option<Flow> {
    group.map(|group| Flow { group, member })
}

/// Things that take turns: a new one is last.
struct Rotation<K, T> {
    turns: BTreeMap<u64, K>,
    things: HashMap<K, (u64, T)>,
    next: u64,
}

impl<K, T> Default for Rotation<K, T> {
    fn default() -> Rotation<K, T> {
        Rotation {
            turns: BTreeMap::new(),
            things: HashMap::new(),
            next: 0,
        }
    }
}

impl<K: Copy + Eq + Hash, T> Rotation<K, T> {
    fn get_or_add(&mut self, key: K) -> &mut T
    where
        T: Default,
    {
        let (_, thing) = self.things.entry(key).or_insert_with(|| {
            let turn = self.next;
            self.next += 1;
            self.turns.insert(turn, key);
            (turn, T::default())
        });
        thing
    }

    fn get_mut(&mut self, key: K) -> Option<&mut T> {
        self.things.get_mut(&key).map(|(_, thing)| thing)
    }

    fn remove(&mut self, key: K) {
        if let Some((turn, _)) = self.things.remove(&key) {
            self.turns.remove(&turn);
        }
    }

    fn move_last(&mut self, key: K) {
        if let Some((turn, _)) = self.things.get_mut(&key) {
            self.turns.remove(turn);
            *turn = self.next;
            self.next += 1;
            self.turns.insert(*turn, key);
        }
    }

    fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    /// In the order of their turns.
    fn iter(&self) -> impl Iterator<Item = (K, &T)> {
        let things = &self.things;
        self.turns
            .values()
            .filter_map(move |key| things.get(key).map(|(_, thing)| (*key, thing)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(group: u64, member: u64) -> Option<Flow> {
        Some(Flow { group, member })
    }

    fn order(queue: &mut FairQueue<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| queue.pop(|_| true, |_| true).map(|(_, _, item)| item)).collect()
    }

    #[test]
    fn groups_and_their_members_take_turns() {
        let mut queue = FairQueue::new();
        for item in ["a1", "a2", "a3"] {
            queue.push(of(1, 1), item);
        }
        queue.push(of(1, 2), "b1");
        queue.push(of(2, 1), "c1");
        queue.push(of(2, 1), "c2");
        queue.push(None, "n1");
        let expected = ["a1", "c1", "n1", "b1", "c2", "a2", "a3"];
        assert_eq!(order(&mut queue), expected);
        assert!(queue.groups.is_empty());
        assert!(queue.groups.turns.is_empty());
    }

    #[test]
    fn who_is_not_admitted_keeps_its_turn() {
        let mut queue = FairQueue::new();
        queue.push(of(1, 1), "a");
        queue.push(of(1, 2), "b");
        queue.push(of(2, 1), "c");
        let next = queue.pop(|_| true, |flow| flow != of(1, 1));
        assert_eq!(next.map(|(_, _, item)| item), Some("b"));
        let next = queue.pop(|group| group != Some(2), |_| true);
        assert_eq!(next.map(|(_, _, item)| item), Some("a"));
        assert_eq!(order(&mut queue), ["c"]);
    }

    #[test]
    fn who_leaves_is_gone() {
        let mut queue = FairQueue::new();
        let first = queue.push(of(1, 1), "a");
        let second = queue.push(of(1, 1), "b");
        assert_eq!(queue.remove(of(1, 1), first), Some("a"));
        assert_eq!(queue.remove(of(1, 1), first), None);
        assert_eq!(queue.get_mut(of(1, 1), second), Some(&mut "b"));
        assert_eq!(order(&mut queue), ["b"]);
    }
}
