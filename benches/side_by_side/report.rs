//! The report of a run.

use wippy_report::{Cell, Contender, Goal, Parameter, Report, Row, Section};

use crate::contender::Name;
use crate::plan;

/// A contender, and what it says of itself.
pub fn contender(name: Name, about: &str) -> Contender {
    let mut contender = Contender::new(name.id(), name.label(), about);
    contender.family = name.family().to_owned();
    contender.settings = name.settings().to_owned();
    contender.ranked = name.is_ranked();
    contender
}

/// A section with its figures: for each row its cells and its goals.
pub fn section(planned: &plan::Section, rows: Vec<(Vec<Cell>, Vec<Goal>)>) -> Section {
    let rows = planned
        .rows
        .iter()
        .zip(rows)
        .map(|(planned_row, measured)| {
            let mut row = Row::new(&planned_row.id(planned), &planned_row.label, planned.figure);
            row.parameter = planned_row.parameter.map(Parameter);
            (row.cells, row.goals) = measured;
            row
        });
    let mut section = Section::new(planned.id, planned.title).with_rows(rows.collect());
    section.about = planned.note.to_owned();
    section.distributions = planned.rows.iter().any(|row| row.figure.is_distribution());
    section.parameter = planned.parameter.map(str::to_owned);
    section
}

/// One without figures.
pub fn empty() -> Report {
    let mut report = Report::new(
        "Guests that sleep, poll and wait",
        wippy_report::Machine::look(),
    );
    report.summary = "The same WebAssembly components on this project's runtime and on wasmtime-wasi with tokio, the peer, beside bare \
                      system calls. Contenders are processes that take turns; each round starts them anew. Every figure is the median \
                      over rounds of that round's own; intervals are 95 % of a bootstrap over the rounds."
        .to_owned();
    report.commit = wippy_report::origin::commit();
    report.command = wippy_report::origin::command();
    report.focus = Some(Name::Wippy.id().to_owned());
    report
}
