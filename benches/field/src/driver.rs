//! The run: rounds in which each contender does each row once, one after the other, each time in a process of its own.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use wippy_report::{Activity, Cell, Machine, Report, Row, noise, origin};

use crate::contenders::{self, Class, Entrant};
use crate::error::Fallible;
use crate::options::Options;
use crate::pace::Pace;
use crate::plan::plan;
use crate::row::{PlannedRow, PlannedSection};
use crate::worker::Answer;
use crate::worker_process;

/// The contender that the report is about.
const FOCUS: &str = "wippy";

/// A row while it is measured.
struct RunningRow {
    planned: PlannedRow,
    entrants: Vec<Entrant>,
    cells: Vec<Cell>,
}

/// Prints the names of rows and contenders.
///
/// # Errors
/// Where nobody takes the list.
pub fn list() -> Fallible<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "rows:")?;
    for row in plan().iter().flat_map(|section| &section.rows) {
        writeln!(output, "  {:<18}{}", row.id, row.to_row().label)?;
    }
    writeln!(output, "contenders:")?;
    for entrant in contenders::ALL {
        let contender = entrant.to_contender();
        writeln!(output, "  {:<18}{}", entrant.id, contender.about)?;
    }
    Ok(())
}

/// Measures and writes the report.
///
/// # Errors
/// Where the options name nothing, no process can be started, or the report cannot be written.
pub fn run(options: &Options) -> Fallible<()> {
    let pace = Pace::of(options);
    let entrants = chosen_contenders(options)?;
    let mut sections = chosen_rows(options, &entrants)?;
    let mut report = Report::new("Poll and sleep across async runtimes", Machine::look());
    report.started = httpdate::fmt_http_date(SystemTime::now());
    say(&format!(
        "{} rounds, about {} s; the report goes to {}\n",
        pace.rounds,
        estimate(&sections, &pace).as_secs(),
        options.out.display()
    ));
    // A folder that cannot be written is noticed before the run rather than after it.
    std::fs::create_dir_all(&options.out)
        .map_err(|error| format!("{}: {error}", options.out.display()))?;
    let before = Activity::now();
    for round in 0..pace.rounds {
        for row in sections.iter_mut().flat_map(|(_, rows)| rows) {
            say(&format!(
                "\rround {} of {}: {:<20}",
                round + 1,
                pace.rounds,
                row.planned.id
            ));
            row.measure(round, &pace)?;
        }
    }
    say("\n");
    let after = Activity::now();
    report.summary = "The same work on each runtime's own timers, tasks and sockets, on one thread. Every figure is the \
                      median over rounds, in which contenders take turns, each time in a new process; intervals are 95 % of a \
                      bootstrap over the rounds."
        .to_owned();
    report.commit = origin::commit();
    report.build = origin::build();
    report.command = origin::command();
    report.focus = entrants
        .iter()
        .any(|entrant| entrant.id == FOCUS)
        .then(|| FOCUS.to_owned());
    report.contenders = entrants
        .iter()
        .map(|entrant| entrant.to_contender())
        .collect();
    for (section, rows) in sections {
        let rows: Vec<Row> = rows.into_iter().map(RunningRow::finish).collect();
        report.sections.push(section.to_section(rows));
    }
    report.warnings = noise::warnings(before, after, &report.sections, options.quick);
    report.write(&options.out)?;
    say(&format!(
        "written: {}\n",
        options.out.join("index.html").display()
    ));
    Ok(())
}

impl RunningRow {
    /// Each contender once, beginning with another one each round, so that nobody always follows the same one.
    fn measure(&mut self, round: u32, pace: &Pace) -> Fallible<()> {
        let first = round as usize % self.entrants.len().max(1);
        let mut turns: Vec<_> = self.entrants.iter().zip(&mut self.cells).collect();
        turns.rotate_left(first);
        for (entrant, cell) in turns {
            // Who cannot do it once is not asked again.
            if cell.refusal.is_some() {
                continue;
            }
            match worker_process::ask(entrant, &self.planned, pace.budget(&self.planned))? {
                Answer::Measured(measured) => cell.rounds.push(measured),
                Answer::Refused(reason) => cell.refusal = Some(reason),
            }
        }
        Ok(())
    }

    fn finish(self) -> Row {
        let mut row = self.planned.to_row();
        row.cells = self.cells;
        row
    }
}

fn chosen_contenders(options: &Options) -> Fallible<Vec<Entrant>> {
    for name in &options.contenders {
        if contenders::find(name).is_none() {
            return Err(format!("there is no contender {name}; --list names them").into());
        }
    }
    let chosen =
        contenders::ALL
            .into_iter()
            .filter(|entrant| match options.contenders.as_slice() {
                [] => !options.quick || entrant.has_default_settings(),
                names => {
                    entrant.class == Class::Machine || names.iter().any(|name| name == entrant.id)
                }
            });
    Ok(chosen.collect())
}

fn chosen_rows(
    options: &Options,
    entrants: &[Entrant],
) -> Fallible<Vec<(PlannedSection, Vec<RunningRow>)>> {
    let is_chosen = |row: &PlannedRow| match options.rows.as_slice() {
        [] => !options.quick || row.is_quick,
        texts => row.is_of_machine() || texts.iter().any(|text| row.id.contains(text.as_str())),
    };
    let mut sections = Vec::new();
    for section in plan() {
        let rows = section.rows.iter().filter(|row| is_chosen(row));
        let rows: Vec<RunningRow> = rows.map(|row| running(row, entrants)).collect();
        if !rows.is_empty() {
            sections.push((section, rows));
        }
    }
    let mut rows = sections.iter().flat_map(|(_, rows)| rows);
    match rows.any(|row| !row.planned.is_of_machine()) {
        true => Ok(sections),
        false => Err("no row has such a name; --list names them".into()),
    }
}

fn running(row: &PlannedRow, entrants: &[Entrant]) -> RunningRow {
    let is_own = |entrant: &&Entrant| (entrant.class == Class::Machine) == row.is_of_machine();
    let entrants: Vec<Entrant> = entrants.iter().filter(is_own).copied().collect();
    let cells = entrants
        .iter()
        .map(|entrant| Cell::measured(entrant.id, Vec::new()))
        .collect();
    RunningRow {
        planned: row.clone(),
        entrants,
        cells,
    }
}

fn estimate(sections: &[(PlannedSection, Vec<RunningRow>)], pace: &Pace) -> Duration {
    let rows = sections.iter().flat_map(|(_, rows)| rows);
    let a_round: Duration = rows
        .map(|row| pace.estimate(&row.planned) * row.entrants.len() as u32)
        .sum();
    a_round * pace.rounds
}

/// What the one who waits reads; where nobody does, the run goes on.
fn say(text: &str) {
    let mut output = io::stderr().lock();
    let _ = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
}
