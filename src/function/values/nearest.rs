//! The known name that is most like an unknown one.

/// Longer names are not compared: the cost grows with the product of the lengths.
const MAX_LENGTH: usize = 64;

/// The candidate with the fewest edits from `name`, if that is at most a third of the name
/// (at least one edit). The first one wins among equals.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let length = name.chars().count();
    if length > MAX_LENGTH {
        return None;
    }
    let allowed = (length / 3).max(1);
    candidates
        .filter(|candidate| candidate.chars().count() <= MAX_LENGTH)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(edits, _)| *edits <= allowed)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance, one row at a time.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (index, a) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut previous = index + 1;
        if let Some(first) = row.first_mut() {
            *first = previous;
        }
        for (b, cell) in right.chars().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(a != b);
            diagonal = *cell;
            previous = replaced.min(diagonal + 1).min(previous + 1);
            *cell = previous;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        assert_eq!(distance("", ""), 0);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("age", "agee"), 1);
    }

    #[test]
    fn suggests_only_similar_names() {
        let names = ["first-name", "age", "e-mail"];
        let of = |name| nearest(name, names.into_iter());
        assert_eq!(of("agee"), Some("age"));
        assert_eq!(of("firstName"), Some("first-name"));
        assert_eq!(of("telephone"), None);
        assert_eq!(of(&"age".repeat(1000)), None);
    }
}
