//! Durations as text: `10s`, `1m30s`, `250ms`.

use std::time::Duration;

use super::context::Context;
use super::describe::Shape;
use super::fields::Fields;

/// The longest duration: 100 years, so that sums of a few never overflow.
const LONGEST: f64 = 100.0 * 365.0 * 86_400.0;

/// Reads a field that holds a duration.
pub(crate) fn read(
    fields: &mut Fields<'_>,
    name: &'static str,
    cx: &mut Context<'_>,
) -> Option<Duration> {
    let node = fields.node(name, Shape::Duration, cx)?;
    let duration = node.as_str().and_then(parse);
    // A bare 0 has no unit to lack.
    let zero = || node.is_zero().then_some(Duration::ZERO);
    let duration = duration.or_else(zero);
    if duration.is_none() {
        cx.expected(node, &fields.path_of(name), "a duration such as \"10s\"");
    }
    duration
}

/// Numbers with units, the sum of which is meant.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    if text.len() > 64 {
        return None;
    }
    let mut seconds = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at(end);
        let end = behind
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        let unit = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * unit;
        rest = behind;
    }
    // Rounded to nanoseconds: 0.1 + 0.2 is not what was written.
    (!text.is_empty() && seconds <= LONGEST)
        .then(|| Duration::from_nanos((seconds * 1e9).round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units() {
        let cases = [
            ("10s", Some(10_000)),
            ("1m30s", Some(90_000)),
            ("1.5h", Some(5_400_000)),
            ("250ms", Some(250)),
            ("0", Some(0)),
            ("1000us", Some(1)),
            ("", None),
            ("10", None),
            ("s", None),
            ("10 s", None),
            ("-1s", None),
            ("1d", None),
            ("1.2.3s", None),
            ("99999999999h", None),
        ];
        for (text, millis) in cases {
            assert_eq!(parse(text), millis.map(Duration::from_millis), "{text:?}");
        }
        assert_eq!(parse("3ns"), Some(Duration::from_nanos(3)));
    }
}
