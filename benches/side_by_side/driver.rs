//! The run: every round starts every contender anew and asks it for every figure, one after the
//! other.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::contender::{Contender, Name};
use crate::core;
use crate::fallible::Fallible;
use crate::files::{Files, guests_directory};
use crate::machine::Machine;
use crate::options::Options;
use crate::plan::{self, Row, Section};
use crate::report::{Cell, Report, Table};
use crate::servers;
use crate::statistics::Summary;

/// Measures and reports.
///
/// # Errors
/// When a worker fails.
pub fn run(options: &Options) -> Fallible<()> {
    let peer = find_peer(options)?;
    let files = Files::make(options.quick)?;
    let team = Team {
        peer: peer.as_deref(),
        files: &files,
    };
    core::stay(0)?;
    let ports = servers::start(plan::mebibytes(options.quick))?;
    core::roam()?;
    let mut report = Report::new(Machine::look(), options.quick);
    report.print_head(&mut team.start(&Name::ALL, false)?)?;
    let (rounds, warming) = match options.quick {
        true => (1, Duration::ZERO),
        false => (options.rounds.max(1), WARMING),
    };
    let wanted = |section: &Section| match &options.only {
        Some(text) => section.title.contains(text.as_str()),
        None => true,
    };
    for section in plan::sections(options.quick, &ports)
        .into_iter()
        .filter(wanted)
    {
        let table = measure(section, &team, rounds, warming)?;
        report.print_table(&table);
        report.push(table);
    }
    report.print_end();
    if let Some(path) = &options.json {
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(())
}

/// How to start those who are measured.
struct Team<'a> {
    peer: Option<&'a Path>,
    files: &'a Files,
}

impl Team<'_> {
    /// Starts these; `pinned`: on a core of their own.
    fn start(&self, names: &[Name], pinned: bool) -> Fallible<Vec<Contender>> {
        // A process has the cores of the thread that started it.
        if pinned {
            core::stay(1)?;
        }
        let mut contenders = Vec::new();
        for &name in names {
            contenders.extend(Contender::start(name, self.peer, self.files.directory())?);
        }
        core::roam()?;
        Ok(contenders)
    }
}

/// A peer that was asked for has to be there; the default one may be missing.
fn find_peer(options: &Options) -> Fallible<Option<PathBuf>> {
    if let Some(path) = &options.peer {
        return match path.is_file() {
            true => Ok(Some(path.clone())),
            false => Err(format!("no peer at {}", path.display()).into()),
        };
    }
    let default =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peer/target/release/wippy-peer");
    Ok(Some(default).filter(|path| path.is_file()))
}

/// How long a contender is at it before it counts. The first time compiles; and a core that was
/// idle takes some tenths of a second to come to its speed, whoever needs it.
const WARMING: Duration = Duration::from_millis(700);

/// A round is of new processes: where a process has its memory may decide more than what is
/// measured, and stays as it is for as long as it lives.
fn measure(section: Section, team: &Team, rounds: u32, warming: Duration) -> Fallible<Table> {
    let mut table = Table::new(section);
    let section = &table.section;
    let cell = |&name: &Name| Cell::new(name, section.never_ends.contains(&name));
    let mut cells: Vec<Vec<Cell>> = section
        .rows
        .iter()
        .map(|_| section.columns.iter().map(cell).collect())
        .collect();
    for _ in 0..rounds {
        let mut contenders = team.start(section.columns, section.pinned)?;
        for (row, cells) in section.rows.iter().zip(&mut cells) {
            for cell in cells.iter_mut().filter(|cell| !cell.never_ends) {
                let asked = contenders
                    .iter_mut()
                    .find(|contender| contender.name() == cell.name);
                if let Some(contender) = asked {
                    let start = Instant::now();
                    loop {
                        ask(row, contender)?;
                        if start.elapsed() >= warming {
                            break;
                        }
                    }
                    cell.rounds.push(ask(row, contender)?);
                }
            }
        }
    }
    table.cells = cells;
    Ok(table)
}

fn ask(row: &Row, contender: &mut Contender) -> Fallible<Summary> {
    let answer = contender.ask(&row.request(&guests_directory()))?;
    row.figure
        .read(&answer)
        .ok_or_else(|| format!("no figure in the answer to {}", row.function).into())
}
