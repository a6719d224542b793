//! What a report consists of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::contender::Contender;
use crate::goal::Goal;
use crate::machine::{Machine, Warning};

/// A report. All durations in it are nanoseconds, but where [`Samples`](crate::Samples) name another unit.
#[derive(Clone, Serialize, Deserialize, Debug)]
pub struct Report {
    /// The heading.
    pub title: String,
    /// What stands below the heading: what is compared, a sentence or two.
    pub summary: String,
    /// When the run began, as text.
    pub started: String,
    /// The commit of the sources, and whether they differed from it.
    pub commit: String,
    /// The compiler, its profile and flags.
    pub build: String,
    /// The command line.
    pub command: String,
    /// The machine, looked at before the run.
    pub machine: Machine,
    /// What spoils figures and was noticed by the run itself; the machine's own warnings are [`Machine::warnings`].
    pub warnings: Vec<Warning>,
    /// The contender about whom the verdict is, by its id.
    pub focus: Option<String>,
    /// Who takes part, in the order of the tables.
    pub contenders: Vec<Contender>,
    /// What was measured.
    pub sections: Vec<Section>,
}

/// Rows that belong together.
#[derive(Clone, Serialize, Deserialize, Debug)]
pub struct Section {
    /// A name for files.
    pub id: String,
    /// The heading.
    pub title: String,
    /// What the figures mean.
    pub about: String,
    /// What was measured.
    pub rows: Vec<Row>,
    /// Whether each row has pictures of its distribution: cumulative, and by percentile.
    pub distributions: bool,
    /// The rows differ by this number, and a picture shows the cost against it.
    pub parameter: Option<String>,
}

/// One thing that was measured, for each contender.
#[derive(Clone, Serialize, Deserialize, Debug)]
pub struct Row {
    /// Letters, digits and `-`: a name for files and command lines.
    pub id: String,
    /// The name in tables.
    pub label: String,
    /// What a value is: "late by", "a yield".
    pub figure: String,
    /// The value of the section's parameter.
    pub parameter: Option<Parameter>,
    /// Whether less is a merit; not so of what is only shown, such as the machine's jitter.
    pub ranked: bool,
    /// A cell for each contender that was asked.
    pub cells: Vec<Cell>,
    /// What was promised of it, and what became of that.
    #[serde(default)]
    pub goals: Vec<Goal>,
}

/// A number that rows differ by.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize, Debug)]
pub struct Parameter(pub f64);

impl Report {
    /// All goals, each with the name of its section and of its row.
    pub fn goals(&self) -> impl Iterator<Item = (&str, &str, &Goal)> {
        self.sections.iter().flat_map(|section| {
            section.rows.iter().flat_map(|row| {
                let goals = row.goals.iter();
                goals.map(|goal| (section.title.as_str(), row.label.as_str(), goal))
            })
        })
    }

    /// How often each contender was measured, at most. What is not ranked, such as the machine by itself, may be measured more often.
    pub(crate) fn rounds(&self) -> usize {
        let rows = self.sections.iter().flat_map(|section| &section.rows);
        let ranked = rows.filter(|row| row.ranked);
        let cells = ranked.flat_map(|row| &row.cells);
        cells.map(|cell| cell.rounds.len()).max().unwrap_or(0)
    }

    /// How many goals are met, and how many there are; none where there are none.
    pub(crate) fn met(&self) -> Option<(usize, usize)> {
        let all = self.goals().count();
        let met = self.goals().filter(|(_, _, goal)| goal.is_met).count();
        (all > 0).then_some((met, all))
    }

    /// One without figures.
    pub fn new(title: &str, machine: Machine) -> Report {
        Report {
            title: title.to_owned(),
            summary: String::new(),
            started: String::new(),
            commit: String::new(),
            build: String::new(),
            command: String::new(),
            machine,
            warnings: Vec::new(),
            focus: None,
            contenders: Vec::new(),
            sections: Vec::new(),
        }
    }

    /// A contender by its id.
    pub fn contender(&self, id: &str) -> Option<&Contender> {
        self.contenders.iter().find(|contender| contender.id == id)
    }

    /// The contenders that have figures in a row of the section, in their order.
    pub fn contenders_of<'a>(
        &'a self,
        section: &'a Section,
    ) -> impl Iterator<Item = &'a Contender> {
        self.contenders.iter().filter(|contender| {
            let mut rows = section.rows.iter();
            rows.any(|row| {
                row.cell(&contender.id)
                    .is_some_and(|cell| !cell.rounds.is_empty())
            })
        })
    }

    /// For each family its number, in the order of the contenders.
    pub(crate) fn families(&self) -> BTreeMap<&str, usize> {
        let mut families = BTreeMap::new();
        for contender in &self.contenders {
            let next = families.len();
            families.entry(contender.family.as_str()).or_insert(next);
        }
        families
    }
}

impl Section {
    /// Why cells have no figures, or fewer: each reason once, with who and, unless it is all of them, in which rows.
    pub(crate) fn refusals(&self, report: &Report) -> Vec<String> {
        let mut reasons: BTreeMap<(&str, Vec<&str>), Vec<&str>> = BTreeMap::new();
        for contender in &report.contenders {
            let mut rows: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for row in &self.rows {
                let cell = row.cell(&contender.id);
                if let Some(reason) = cell.and_then(|cell| cell.refusal.as_deref()) {
                    rows.entry(reason).or_default().push(&row.label);
                }
            }
            for (reason, rows) in rows {
                reasons
                    .entry((reason, rows))
                    .or_default()
                    .push(&contender.label);
            }
        }
        let texts = reasons.into_iter().map(|((reason, rows), contenders)| {
            let contenders = contenders.join("; ");
            match rows.len() == self.rows.len() {
                true => format!("{contenders}: {reason}"),
                false => format!("{contenders} ({}): {reason}", rows.join(", ")),
            }
        });
        texts.collect()
    }

    /// One without rows.
    pub fn new(id: &str, title: &str) -> Section {
        Section {
            id: id.to_owned(),
            title: title.to_owned(),
            about: String::new(),
            rows: Vec::new(),
            distributions: false,
            parameter: None,
        }
    }

    /// The same with rows.
    pub fn with_rows(mut self, rows: Vec<Row>) -> Section {
        self.rows = rows;
        self
    }
}

impl Row {
    /// One without cells, in which less is a merit.
    pub fn new(id: &str, label: &str, figure: &str) -> Row {
        Row {
            id: id.to_owned(),
            label: label.to_owned(),
            figure: figure.to_owned(),
            parameter: None,
            ranked: true,
            cells: Vec::new(),
            goals: Vec::new(),
        }
    }

    /// A contender's cell.
    pub fn cell(&self, contender: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.contender == contender)
    }
}
