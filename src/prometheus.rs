//! The text that Prometheus reads: its exposition format, version 0.0.4.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use wippy_dispatcher::Histogram;

/// The text so far. Writing to a string does not fail.
#[derive(Default)]
pub(crate) struct Text(String);

impl Text {
    /// All of it.
    pub(crate) fn finish(self) -> String {
        self.0
    }

    /// Begins a family of samples: `counter`, `gauge` or `histogram`.
    pub(crate) fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One sample.
    pub(crate) fn sample(&mut self, name: &str, labels: &Labels, value: impl Display) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    /// The samples of a histogram.
    pub(crate) fn histogram(&mut self, name: &str, labels: &Labels, histogram: &Histogram) {
        let mut so_far = 0;
        for (bound, count) in histogram.buckets() {
            so_far += count;
            let bound = bound.map_or_else(|| "+Inf".to_owned(), |bound| Seconds(bound).to_string());
            let labels = labels.clone().and("le", &bound);
            self.sample(&format!("{name}_bucket"), &labels, so_far);
        }
        self.sample(&format!("{name}_sum"), labels, Seconds(histogram.sum()));
        self.sample(&format!("{name}_count"), labels, so_far);
    }
}

/// Labels with their braces; nothing without labels.
#[derive(Clone, Default)]
pub(crate) struct Labels(String);

impl Labels {
    /// One more label.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Labels {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(name);
        self.0.push_str("=\"");
        for c in value.chars() {
            match c {
                '\\' => self.0.push_str(r"\\"),
                '"' => self.0.push_str(r#"\""#),
                '\n' => self.0.push_str(r"\n"),
                c => self.0.push(c),
            }
        }
        self.0.push('"');
        self
    }
}

impl Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.is_empty() {
            true => Ok(()),
            false => write!(f, "{{{}}}", self.0),
        }
    }
}

/// A duration in seconds, exactly.
pub(crate) struct Seconds(pub(crate) Duration);

impl Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:09}", self.0.as_secs(), self.0.subsec_nanos());
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_labels_are_escaped() {
        let labels = Labels::default().and("a", "\"\\\n").and("b", "é:x");
        assert_eq!(labels.to_string(), r#"{a="\"\\\n",b="é:x"}"#);
        assert_eq!(Labels::default().to_string(), "");
    }

    #[test]
    fn seconds_are_exact() {
        for (nanos, text) in [
            (0, "0"),
            (1024, "0.000001024"),
            (10_000_000_000, "10"),
            (1_500_000_000, "1.5"),
        ] {
            assert_eq!(Seconds(Duration::from_nanos(nanos)).to_string(), text);
        }
    }
}
