//! Figures as people read them.

use std::fmt;
use std::time::Duration;

/// A duration with three significant digits or more, and its unit.
pub(super) struct Time(pub(super) Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos() as f64;
        let (value, unit) = match nanos {
            ..1e3 => return f.pad(&format!("{nanos} ns")),
            ..1e6 => (nanos / 1e3, "µs"),
            ..1e9 => (nanos / 1e6, "ms"),
            _ => (nanos / 1e9, "s"),
        };
        f.pad(&format!("{} {unit}", digits(value)))
    }
}

/// Nanoseconds that are no whole number, as of a mean.
pub(super) fn nanos(nanos: f64) -> String {
    let nanos = nanos.clamp(0.0, u64::MAX as f64);
    Time(Duration::from_nanos(nanos.round() as u64)).to_string()
}

/// A number with at most two places behind the point, fewer the larger it is, and none of them zeros.
pub(super) fn digits(value: f64) -> String {
    let text = match value.abs() {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => return format!("{value:.0}"),
    };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number with a comma between each three digits before the point.
pub(super) fn grouped(value: f64) -> String {
    let text = digits(value);
    let (whole, rest) = match text.split_once('.') {
        Some((whole, rest)) => (whole, format!(".{rest}")),
        None => (text.as_str(), String::new()),
    };
    let (sign, whole) = match whole.strip_prefix('-') {
        Some(whole) => ("-", whole),
        None => ("", whole),
    };
    let mut groups = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            groups.push(',');
        }
        groups.push(digit);
    }
    format!("{sign}{groups}{rest}")
}

/// Bytes in binary units.
pub(super) fn bytes(bytes: u64) -> String {
    let bytes = bytes as f64;
    let (value, unit) = match bytes {
        ..1024.0 => (bytes, "bytes"),
        ..1_048_576.0 => (bytes / 1024.0, "KiB"),
        ..1_073_741_824.0 => (bytes / 1_048_576.0, "MiB"),
        _ => (bytes / 1_073_741_824.0, "GiB"),
    };
    format!("{} {unit}", digits(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_unit_that_fits() {
        for (nanos, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1 µs"),
            (25_340, "25.3 µs"),
            (1_000_000, "1 ms"),
            (999_400_000, "999 ms"),
            (86_400_000_000_000, "86400 s"),
        ] {
            assert_eq!(Time(Duration::from_nanos(nanos)).to_string(), text);
        }
        assert_eq!(format!("{:>8}", Time(Duration::from_nanos(5))), "    5 ns");
    }

    #[test]
    fn numbers_have_groups_of_three_digits() {
        for (value, text) in [
            (0.0, "0"),
            (12.345, "12.3"),
            (999.9, "1,000"),
            (1_234_567.0, "1,234,567"),
            (-1_234.0, "-1,234"),
            (-0.5, "-0.5"),
        ] {
            assert_eq!(grouped(value), text);
        }
        assert_eq!(bytes(1 << 20), "1 MiB");
        assert_eq!(bytes(1023), "1023 bytes");
    }
}
