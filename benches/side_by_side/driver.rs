//! The run: every round asks every contender once, one after the other.

use std::path::{Path, PathBuf};

use crate::Fallible;
use crate::contender::{Contender, Name};
use crate::core;
use crate::files::Files;
use crate::machine::Machine;
use crate::options::Options;
use crate::plan::{self, Row, Section};
use crate::report::{Cell, Report, Table};
use crate::servers;
use crate::statistics::Summary;
use crate::worker::guests_directory;

/// Measures and reports.
///
/// # Errors
/// When a worker fails.
pub fn run(options: &Options) -> Fallible<()> {
    let peer = find_peer(options)?;
    let files = Files::make(options.quick)?;
    let mut team = Team::start(peer.as_deref(), &files, false)?;
    core::stay(0)?;
    let ports = servers::start(plan::mebibytes(options.quick))?;
    core::roam()?;
    let mut report = Report::new(Machine::look(), options.quick);
    report.print_head(&mut team.contenders)?;
    let rounds = if options.quick {
        1
    } else {
        options.rounds.max(1)
    };
    let wanted = |section: &Section| match &options.only {
        Some(text) => section.title.contains(text.as_str()),
        None => true,
    };
    for section in plan::sections(options.quick, &ports)
        .into_iter()
        .filter(wanted)
    {
        if section.pinned != team.pinned {
            team = Team::start(peer.as_deref(), &files, section.pinned)?;
        }
        let table = measure(section, &mut team.contenders, rounds)?;
        report.print_table(&table);
        report.push(table);
    }
    report.print_end();
    if let Some(path) = &options.json {
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(())
}

/// Everybody who is measured.
struct Team {
    contenders: Vec<Contender>,
    /// On a core of their own.
    pinned: bool,
}

impl Team {
    fn start(peer: Option<&Path>, files: &Files, pinned: bool) -> Fallible<Team> {
        // A process has the cores of the thread that started it.
        if pinned {
            core::stay(1)?;
        }
        let mut contenders = Vec::new();
        for name in Name::ALL {
            contenders.extend(Contender::start(name, peer, files.directory())?);
        }
        core::roam()?;
        Ok(Team { contenders, pinned })
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

fn measure(section: Section, contenders: &mut [Contender], rounds: u32) -> Fallible<Table> {
    let mut table = Table::new(section);
    for at in 0..table.section.rows.len() {
        let row = &table.section.rows[at];
        let mut cells: Vec<_> = table
            .section
            .columns
            .iter()
            .map(|&name| Cell::new(name, table.section.never_ends.contains(&name)))
            .collect();
        // A round that does not count: compiles, and warms what is warm in a program that runs.
        for round in 0..=rounds {
            for cell in cells.iter_mut().filter(|cell| !cell.never_ends) {
                let asked = contenders
                    .iter_mut()
                    .find(|contender| contender.name() == cell.name);
                if let Some(contender) = asked {
                    let summary = ask(row, contender)?;
                    if round > 0 {
                        cell.rounds.push(summary);
                    }
                }
            }
        }
        table.cells.push(cells);
    }
    Ok(table)
}

fn ask(row: &Row, contender: &mut Contender) -> Fallible<Summary> {
    let answer = contender.ask(&row.request(&guests_directory()))?;
    row.figure
        .read(&answer)
        .ok_or_else(|| format!("no figure in the answer to {}", row.function).into())
}
