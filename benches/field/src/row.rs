//! A row of what is measured.

use wippy_report::{Parameter, Row, Section};

use crate::load::Load;

/// The work of a row. Times are nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Work {
    /// One sleep after the other.
    Sleep { nanos: u64 },
    /// Many sleepers, each with a deadline every period.
    Sleepers { count: u64, period: u64 },
    /// Timers armed and cancelled.
    Churn { count: u64 },
    /// A wake from another thread.
    Wake,
    /// Two tasks and two channels, the same for everybody.
    PingPong,
    /// The same with the contender's own channels.
    OwnPingPong,
    /// Tasks started and awaited.
    Spawn { at_once: u64 },
    /// Tasks that wake themselves.
    Yield { among: u64 },
    /// The contender's own yield.
    OwnYield { among: u64 },
    /// A TCP server that sends back what it reads.
    Echo(Load),
    /// The machine: absolute sleeps of the thread itself.
    Jitter,
    /// The machine: how long it takes a thread away that never sleeps.
    Gaps,
}

/// A row of the plan.
#[derive(Clone, Debug)]
pub struct PlannedRow {
    pub id: String,
    label: String,
    figure: &'static str,
    parameter: Option<u64>,
    pub work: Work,
    /// How many times the usual time it is measured for, because it gives few samples.
    pub weight: u32,
    /// Whether `--quick` has it.
    pub is_quick: bool,
}

/// Rows that belong together.
#[derive(Clone, Debug)]
pub struct PlannedSection {
    pub id: &'static str,
    pub title: &'static str,
    pub about: String,
    pub has_distributions: bool,
    pub parameter: Option<&'static str>,
    pub rows: Vec<PlannedRow>,
}

impl PlannedRow {
    pub fn new(id: &str, label: &str, figure: &'static str, work: Work) -> PlannedRow {
        PlannedRow {
            id: id.to_owned(),
            label: label.to_owned(),
            figure,
            parameter: None,
            work,
            weight: 1,
            is_quick: true,
        }
    }

    pub fn weighing(self, weight: u32) -> PlannedRow {
        PlannedRow { weight, ..self }
    }

    pub fn not_quick(self) -> PlannedRow {
        PlannedRow {
            is_quick: false,
            ..self
        }
    }

    pub fn with(self, parameter: u64) -> PlannedRow {
        PlannedRow {
            parameter: Some(parameter),
            ..self
        }
    }

    /// Whether it is the machine's own.
    pub fn is_of_machine(&self) -> bool {
        matches!(self.work, Work::Jitter | Work::Gaps)
    }

    /// The row of the report, without figures.
    pub fn to_row(&self) -> Row {
        let mut row = Row::new(&self.id, &self.label, self.figure);
        row.parameter = self.parameter.map(|number| Parameter(number as f64));
        row.ranked = !self.is_of_machine();
        row
    }
}

impl PlannedSection {
    /// The section of the report, with the rows that were measured.
    pub fn to_section(&self, rows: Vec<Row>) -> Section {
        let mut section = Section::new(self.id, self.title).with_rows(rows);
        section.about = self.about.clone();
        section.distributions = self.has_distributions;
        section.parameter = self.parameter.map(str::to_owned);
        section
    }
}
