//! The nearest known name, for hints.

/// The candidate that `name` was probably meant to be: at most a third of its letters away,
/// without regard to case and to `-` against `_`. Ties go to the earlier candidate.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.len() / 3).clamp(usize::from(name.len() > 1), 4);
    within(name, candidates, allowed)
}

/// Longer names are not compared: the cost is the product of the lengths.
const LONGEST: usize = 128;

/// The nearest candidate that is at most `allowed` edits away.
pub(crate) fn within<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    allowed: usize,
) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = fold(name);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (candidate, fold(candidate)))
        .filter(|(_, folded)| folded.len().abs_diff(name.len()) <= allowed)
        .map(|(candidate, folded)| (edits(&name, &folded), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn fold(name: &str) -> Vec<char> {
    name.chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c == '-' { '_' } else { c })
        .collect()
}

/// How many edits lie between two names, without regard to case and to `-` against `_`; the most
/// there is for names that are too long to be compared.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    match one.len().max(other.len()) > LONGEST {
        true => usize::MAX,
        false => edits(&fold(one), &fold(other)),
    }
}

/// Edits between two words: insert, delete, replace, or swap of two neighbours.
fn edits(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (i, &from) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(above.len());
        let mut left = i + 1;
        row.push(left);
        for (j, (&to, pair)) in b.iter().zip(above.windows(2)).enumerate() {
            let [diagonal, up] = [pair.first(), pair.last()].map(|d| d.copied().unwrap_or(0));
            left = (left + 1)
                .min(up + 1)
                .min(diagonal + usize::from(from != to));
            let swapped = j > 0 && previous == Some(to) && b.get(j - 1) == Some(&from);
            if swapped && let Some(cost) = before.get(j - 1) {
                left = left.min(cost + 1);
            }
            row.push(left);
        }
        previous = Some(from);
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(a: &str, b: &str) -> usize {
        distance(a, b)
    }

    #[test]
    fn distances() {
        assert_eq!(d("", "abc"), 3);
        assert_eq!(d("abc", ""), 3);
        assert_eq!(d("kitten", "sitting"), 3);
        assert_eq!(d("mehtod", "method"), 1);
        assert_eq!(d("maxSize", "max_size"), 1);
        assert_eq!(d("max-size", "max_size"), 0);
    }

    #[test]
    fn only_near_names_are_suggested() {
        let known = ["fs", "path", "hash", "method", "imports"];
        assert_eq!(nearest("pth", known), Some("path"));
        assert_eq!(nearest("Imports", known), Some("imports"));
        assert_eq!(nearest("import", known), Some("imports"));
        assert_eq!(nearest("description", known), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), known), None);
    }
}
