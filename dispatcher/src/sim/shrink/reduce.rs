//! Delta debugging: a list without what it does not need.

use super::runner::Spent;

/// Takes items out of a list for as long as the rest fails: all of them, then halves, quarters, and in the end one
/// after the other until none can be taken out alone. The list is the smallest one known at any time, also
/// where the runs are spent before the end.
pub(super) fn reduce<T: Clone>(
    items: &mut Vec<T>,
    mut fails: impl FnMut(&[T]) -> Result<bool, Spent>,
) -> Result<(), Spent> {
    if items.is_empty() {
        return Ok(());
    }
    if fails(&[])? {
        items.clear();
        return Ok(());
    }
    let mut size = items.len().div_ceil(2);
    loop {
        let mut has_shrunk = false;
        let mut at = 0;
        // All of them were tried.
        while at < items.len() && size < items.len() {
            let end = (at + size).min(items.len());
            let rest = [&items[..at], &items[end..]].concat();
            match fails(&rest)? {
                true => {
                    *items = rest;
                    has_shrunk = true;
                }
                false => at = end,
            }
        }
        match (size, has_shrunk) {
            (0 | 1, false) => return Ok(()),
            (0 | 1, true) => {}
            _ => size = size.div_ceil(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_left_is_needed(
            length in 0usize..200,
            needed in proptest::collection::btree_set(0usize..200, 0..6),
        ) {
            let needed: Vec<usize> = needed.into_iter().filter(|it| *it < length).collect();
            let mut items: Vec<usize> = (0..length).collect();
            let mut runs = 0;
            reduce(&mut items, |rest| {
                runs += 1;
                Ok(needed.iter().all(|it| rest.contains(it)))
            }).expect("any number of runs");
            prop_assert_eq!(&items, &needed);
            prop_assert!(runs <= 4 + 2 * (needed.len() + 1) * 9, "{} runs", runs);
        }
    }

    /// Of any two odd numbers one is enough: what is left depends on the others that are.
    #[test]
    fn none_can_be_taken_out_alone() {
        let fails = |rest: &[u32]| rest.iter().filter(|it| *it % 2 == 1).count() >= 2;
        let mut items: Vec<u32> = (0..50).collect();
        reduce(&mut items, |rest| Ok(fails(rest))).expect("any number of runs");
        assert_eq!(items.len(), 2);
        assert!(fails(&items) && !fails(&items[1..]) && !fails(&items[..1]));
    }

    #[test]
    fn what_is_known_at_the_end_of_the_runs_still_fails() {
        let mut items: Vec<u32> = (0..64).collect();
        let mut left = 4;
        let spent = reduce(&mut items, |rest| {
            left -= 1;
            match left {
                0 => Err(Spent),
                _ => Ok(rest.contains(&7)),
            }
        });
        assert!(spent.is_err());
        assert!(items.contains(&7) && items.len() == 32, "{items:?}");
    }
}
