//! A measurement as text for a terminal.

use std::fmt::Write;

use crate::benchmark::comparison::Comparison;
use crate::benchmark::figure::{Time, bytes, grouped, nanos};
use crate::benchmark::measured::Measured;
use crate::benchmark::settings::Load;
use crate::one_line::OneLine;

/// The figures of a report: what each is, how much, where it is with 95 % confidence.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) interval: String,
}

impl Measured {
    /// The heading: what was called how.
    pub(super) fn heading(&self) -> String {
        let arguments = match self.settings.arguments.as_str() {
            "" => String::new(),
            arguments => format!(" {}", OneLine(arguments)),
        };
        format!("{}{arguments}: {}", OneLine(&self.entry), self.settings)
    }

    /// The figures of a report.
    pub(super) fn rows(&self) -> Vec<Row> {
        let row = |name: &str, (value, interval): (String, String)| Row {
            name: name.to_owned(),
            value,
            interval,
        };
        let alone = |text: String| (text, String::new());
        let count = |count: u64| alone(grouped(count as f64));
        let mut rows = vec![
            row("calls", count(self.calls())),
            row("failures", count(self.failures.count())),
        ];
        for (name, failed) in &self.failures.by_name {
            rows.push(row(&format!("  {}", OneLine(name)), count(*failed)));
        }
        if matches!(self.settings.load, Load::Open { .. }) {
            rows.push(row("late starts", count(self.late)));
            rows.push(row("never made", count(self.given_up)));
        }
        rows.push(row("measured", alone(Time(self.duration()).to_string())));
        let per_second = |calls| format!("{} calls/s", grouped(calls));
        if let Some(throughput) = self.throughput() {
            rows.push(row("throughput", throughput.show(per_second)));
        }
        if let Some(processor) = self.processor_time() {
            rows.push(row("processor time a call", processor.show(nanos)));
        }
        if let Some(memory) = self.peak_memory {
            rows.push(row("peak memory", alone(bytes(memory))));
        }
        let latencies = self.latencies();
        if let (Some(min), Some(max)) = (latencies.min(), latencies.max()) {
            rows.push(row("latency min", alone(Time(min).to_string())));
            for (percentile, estimate) in self.percentiles() {
                let name = format!("latency {}", percentile.name());
                rows.push(row(&name, estimate.show(nanos)));
            }
            rows.push(row("latency max", alone(Time(max).to_string())));
        }
        rows
    }

    /// As text: the figures, what they were measured on, and what spoils them. Figures have the interval in
    /// which they are with 95 % confidence behind them.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n\n", self.heading());
        let rows = self.rows();
        let width = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row).chars().count()).max();
        let names = width(|row| &row.name).unwrap_or(0);
        let values = width(|row| &row.value).unwrap_or(0);
        for Row {
            name,
            value,
            interval,
        } in &rows
        {
            let line = format!("{name:names$}  {value:>values$}  {interval}");
            push_line(&mut text, line.trim_end());
        }
        text.push('\n');
        for (name, value) in self.machine.facts() {
            push_line(&mut text, &format!("{name:names$}  {}", OneLine(&value)));
        }
        if let Some(first) = &self.failures.first {
            let first: Vec<String> = first
                .lines()
                .map(|line| OneLine(line).to_string())
                .collect();
            push_line(
                &mut text,
                &format!("\nthe first failure: {}", first.join("\n  ")),
            );
        }
        let warnings = self.warnings();
        if !warnings.is_empty() {
            text.push('\n');
        }
        for warning in warnings {
            push_line(&mut text, &format!("warning: {}", OneLine(&warning)));
        }
        text
    }
}

impl Comparison {
    /// As text: a line for each figure, and what makes the comparison doubtful.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for compared in &self.compared {
            push_line(&mut text, &format!("{:12} {compared}", compared.metric));
        }
        for warning in &self.warnings {
            push_line(&mut text, &format!("warning: {}", OneLine(warning)));
        }
        text
    }
}

fn push_line(text: &mut String, line: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}
