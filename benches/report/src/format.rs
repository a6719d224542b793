//! Figures as text.

/// Nanoseconds with three significant digits and a unit that leaves few zeros: `53.5 µs`.
///
/// ```
/// assert_eq!(wippy_report::duration(53_500.0), "53.5 µs");
/// assert_eq!(wippy_report::duration(8.04), "8.04 ns");
/// assert_eq!(wippy_report::duration(0.0), "0 ns");
/// ```
pub fn duration(nanos: f64) -> String {
    let (value, unit) = scaled(nanos);
    format!("{} {unit}", three_digits(value))
}

/// A mark of an axis: as a duration, without digits that say nothing.
pub(crate) fn mark(nanos: f64) -> String {
    let (value, unit) = scaled(nanos);
    let text = three_digits(value);
    let short = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{short} {unit}")
}

fn scaled(nanos: f64) -> (f64, &'static str) {
    match nanos.abs() {
        // Rounded to three digits, 999.5 has four.
        ..999.5 => (nanos, "ns"),
        ..999.5e3 => (nanos / 1e3, "µs"),
        ..999.5e6 => (nanos / 1e6, "ms"),
        _ => (nanos / 1e9, "s"),
    }
}

fn three_digits(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// A ratio: `1.04`, `23.1`, `410`.
pub(crate) fn ratio(value: f64) -> String {
    three_digits(value)
}

/// A count with thin spaces between thousands.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A share as a percentile: `p99.9`.
pub(crate) fn percentile(share: f64) -> String {
    let above = 1.0 - share;
    // One digit behind those that are nines.
    let digits = match above {
        ..=0.0 => 0,
        above => (-(above.log10()) - 1.0).ceil().clamp(0.0, 9.0) as usize,
    };
    let text = format!("{:.digits$}", share * 100.0);
    let short = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("p{short}")
}

/// Text within HTML and SVG.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // What is no text in XML at all.
            control if control.is_control() && control != '\n' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_at_each_border() {
        let cases = [
            (0.45, "0.45 ns"),
            (9.994, "9.99 ns"),
            (9.996, "10.0 ns"),
            (999.4, "999 ns"),
            (999.6, "1.00 µs"),
            (999_600.0, "1.00 ms"),
            (1.5e9, "1.50 s"),
        ];
        for (nanos, text) in cases {
            assert_eq!(duration(nanos), text);
        }
    }

    #[test]
    fn marks_have_no_idle_digits() {
        assert_eq!(mark(10_000.0), "10 µs");
        assert_eq!(mark(100_000.0), "100 µs");
        assert_eq!(mark(2_500_000.0), "2.5 ms");
    }

    #[test]
    fn percentiles_keep_their_nines() {
        let cases = [
            (0.5, "p50"),
            (0.99, "p99"),
            (0.999, "p99.9"),
            (0.9999, "p99.99"),
            (1.0, "p100"),
        ];
        for (share, text) in cases {
            assert_eq!(percentile(share), text);
        }
    }

    #[test]
    fn text_cannot_be_markup() {
        assert_eq!(
            escape("<a b=\"c\">&'\u{1b}"),
            "&lt;a b=&quot;c&quot;&gt;&amp;&#39;\u{fffd}"
        );
    }

    #[test]
    fn thousands_are_apart() {
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(count(999), "999");
    }
}
