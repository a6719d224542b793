//! The report as Markdown.

use std::fmt::Write;

use crate::cell_text::both;
use crate::format::ratio;
use crate::model::{Report, Section};
use crate::verdict;

impl Report {
    /// The report as Markdown: the machine, what spoils the figures, and a table for each section with medians and 99th percentiles.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        // A string takes everything.
        let _ = writeln!(
            text,
            "# {}\n\n{}\n",
            plain(&self.title),
            plain(&self.summary)
        );
        let own = [
            ("Started", &self.started),
            ("Commit", &self.commit),
            ("Build", &self.build),
            ("Command", &self.command),
            ("Rounds", &self.rounds().to_string()),
        ];
        let own = own.into_iter().map(|(name, value)| (name, value.clone()));
        for (name, value) in own
            .chain(self.machine.facts())
            .filter(|(_, value)| !value.is_empty())
        {
            let _ = writeln!(text, "* {name}: {}", plain(&value));
        }
        let warnings = self
            .machine
            .warnings()
            .into_iter()
            .chain(self.warnings.clone());
        for warning in warnings {
            let _ = writeln!(
                text,
                "* **Spoilt** by {}: {}",
                plain(&warning.found),
                plain(&warning.spoils)
            );
        }
        if let Some(verdict) = verdict::verdict(self) {
            let _ = writeln!(
                text,
                "\n{} is first or within 5 % of the first in {} of {} rows, by medians.",
                plain(&verdict.label),
                verdict.level,
                verdict.rows
            );
            for behind in &verdict.behind {
                let noise = if behind.is_certain {
                    ""
                } else {
                    " (within the noise)"
                };
                let _ = writeln!(
                    text,
                    "* {}: {} is first, {} takes {} times as long{noise}",
                    plain(&behind.row),
                    plain(&behind.first),
                    plain(&verdict.label),
                    ratio(behind.ratio)
                );
            }
        }
        self.goals_to_markdown(&mut text);
        for section in &self.sections {
            self.section_to_markdown(section, &mut text);
        }
        text
    }

    fn goals_to_markdown(&self, text: &mut String) {
        let Some((met, all)) = self.met() else {
            return;
        };
        let _ = writeln!(
            text,
            "\n## Goals\n\n{met} of {all} are met, by medians.\n\n| section | row | figures and goal | |\n|---|---|---|---|"
        );
        for (section, row, goal) in self.goals() {
            let word = if goal.is_met { "met" } else { "**missed**" };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {word} |",
                plain(section),
                plain(row),
                plain(&goal.text)
            );
        }
    }

    fn section_to_markdown(&self, section: &Section, text: &mut String) {
        let _ = writeln!(
            text,
            "\n## {}\n\n{}\n",
            plain(&section.title),
            plain(&section.about)
        );
        let contenders: Vec<_> = self.contenders_of(section).collect();
        text.push_str("| p50 / p99 (~: of few samples) |");
        for contender in &contenders {
            let _ = write!(text, " {} |", plain(&contender.label));
        }
        text.push_str("\n|---|");
        text.push_str(&"--:|".repeat(contenders.len()));
        text.push('\n');
        for row in &section.rows {
            let _ = write!(text, "| {} |", plain(&row.label));
            for contender in &contenders {
                let _ = write!(
                    text,
                    " {} |",
                    row.cell(&contender.id).map_or_else(String::new, both)
                );
            }
            text.push('\n');
        }
        let refusals = section.refusals(self);
        if !refusals.is_empty() {
            text.push_str("\nWithout figures, or with fewer:\n\n");
        }
        for refusal in refusals {
            let _ = writeln!(text, "* {}", plain(&refusal));
        }
    }
}

/// Text that is no markup and does not end a cell of a table.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '*' | '_' | '`' | '<' | '[' | '\\' => plain.extend(['\\', letter]),
            control if control.is_control() => plain.push(' '),
            other => plain.push(other),
        }
    }
    plain
}
