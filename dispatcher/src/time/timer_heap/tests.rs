use super::*;
use proptest::prelude::*;

proptest! {
    /// Any mix of arming, dropping and firing agrees with a sorted list.
    #[test]
    fn agrees_with_a_sorted_model(steps in prop::collection::vec((0u8..8, 0u64..50), 1..300)) {
        let mut timers: TimerHeap<u32> = TimerHeap::new(usize::MAX);
        let mut model: Vec<(u64, u32)> = Vec::new();
        let mut keys: Vec<(u32, TimerKey)> = Vec::new();
        let mut next = 0;
        for (step, value) in steps {
            match step {
                0..=3 => {
                    let key = timers.arm(Instant::from_nanos(value), next);
                    keys.push((next, key));
                    model.push((value, next));
                    next += 1;
                }
                4..=6 if !keys.is_empty() => {
                    let (id, key) = keys.swap_remove(value as usize % keys.len());
                    let gone = timers.disarm(key);
                    let there = model.iter().position(|&(_, known)| known == id);
                    prop_assert_eq!(gone, there.map(|_| id));
                    if let Some(index) = there {
                        model.remove(index);
                    }
                }
                _ => {
                    model.sort();
                    let due = match model.first() {
                        Some(&(deadline, id)) if deadline <= value => {
                            model.remove(0);
                            Some(id)
                        }
                        _ => None,
                    };
                    let fired = timers.pop_due(Instant::from_nanos(value));
                    prop_assert_eq!(fired.map(|fired| fired.value), due);
                }
            }
            prop_assert_eq!(timers.len(), model.len());
            let mut order = model.clone();
            order.sort_unstable();
            let listed: Vec<(u64, u32)> = timers.in_order().map(|(at, &id)| (at.as_nanos(), id)).collect();
            prop_assert_eq!(&listed, &order);
            // Looking takes dead nodes out, so it is not done always.
            if value % 3 == 0 {
                let deadline = |place: usize| order.get(place).map(|&(at, _)| Instant::from_nanos(at));
                prop_assert_eq!(timers.next_deadline(), deadline(0));
                prop_assert_eq!(timers.second_deadline(), deadline(1));
            }
        }
    }
}

proptest! {
    /// What is said of the heap without taking anything out agrees with a sorted list.
    #[test]
    fn the_order_can_be_looked_at(
        deadlines in prop::collection::vec(0u64..50, 0..100),
        disarmed in prop::collection::vec(0u64..50, 0..20),
        limit in 0u64..50,
    ) {
        let mut timers = TimerHeap::new(usize::MAX);
        let (early, late) = disarmed.split_at(disarmed.len() / 2);
        let mut keys = Vec::new();
        for (deadlines, are_disarmed) in [(early, true), (&deadlines[..], false), (late, true)] {
            for &deadline in deadlines {
                let key = timers.arm(Instant::from_nanos(deadline), ());
                keys.extend(are_disarmed.then_some(key));
            }
        }
        for key in keys {
            prop_assert!(timers.disarm(key).is_some());
        }
        let mut sorted = deadlines;
        sorted.sort_unstable();
        let second = sorted.get(1).map(|&nanos| Instant::from_nanos(nanos));
        prop_assert_eq!(timers.second_deadline(), second);
        let covered: Vec<u64> = sorted.into_iter().filter(|&nanos| nanos <= limit).collect();
        // Dead ones count for the bound.
        let looked_at = timers.heap.iter().filter(|node| node.deadline.as_nanos() <= limit).count();
        let last = match covered.last() {
            Some(&last) if looked_at <= COALESCED_MAX => last,
            _ => limit,
        };
        prop_assert_eq!(timers.last_until(Instant::from_nanos(limit)), Instant::from_nanos(last));
    }
}

#[test]
fn a_stale_key_drops_nothing() {
    let mut timers = TimerHeap::new(4);
    let first = timers.arm(Instant::from_nanos(1), 1);
    assert!(timers.pop_due(Instant::from_nanos(1)).is_some());
    let second = timers.arm(Instant::from_nanos(2), 2);
    assert!(timers.disarm(first).is_none());
    assert_eq!(timers.disarm(second), Some(2));
}

#[test]
fn dead_nodes_are_bounded() {
    let mut timers = TimerHeap::new(usize::MAX);
    let far = Instant::from_nanos(u64::MAX / 2);
    let _kept: Vec<TimerKey> = (0..100).map(|id| timers.arm(far, id)).collect();
    for round in 0..1000 {
        // Of two, the first is disarmed while the second is behind it in the heap.
        let keys = [round, round + 1].map(|nanos| timers.arm(Instant::from_nanos(nanos), 0));
        for key in keys {
            assert!(timers.disarm(key).is_some());
            assert!(timers.heap.len() <= 2 * timers.len() + 1);
        }
    }
    assert_eq!(timers.next_deadline(), Some(far));
    assert_eq!(timers.heap.len(), 100);
    for _ in 0..100 {
        assert!(timers.pop_due(far).is_some());
    }
    assert!(timers.is_empty() && timers.heap.is_empty());
}

#[test]
fn the_bound_is_reached_and_said() {
    let mut timers = TimerHeap::new(1);
    assert_eq!(timers.bound_reached(), None);
    timers.arm(Instant::from_nanos(1), 1);
    assert_eq!(timers.bound_reached(), Some(1));
}
