//! The run: every round starts every contender anew and asks it for every figure, one after the
//! other.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use wippy_report::{Activity, Cell, Goal, Report, duration, noise, origin};

use crate::contender::{Contender, Name};
use crate::fallible::Fallible;
use crate::files::Files;
use crate::jitter::Jitter;
use crate::options::Options;
use crate::pace::Pace;
use crate::plan::{self, Section};
use crate::protocol::{Answer, Request};
use crate::{core, report, servers, text};

/// Measures and reports; whether every contender could do what it was asked for.
///
/// # Errors
/// When nothing can be measured, or the report cannot be written.
pub fn run(options: &Options) -> Fallible<bool> {
    let begun = Instant::now();
    let pace = options.pace();
    let peer = find_peer(options)?;
    // A folder that cannot be written is noticed before the run rather than after it.
    std::fs::create_dir_all(&options.out)
        .map_err(|error| format!("{}: {error}", options.out.display()))?;
    let files = Files::make(pace == Pace::Quick)?;
    let team = Team {
        peer: peer.as_deref(),
        files: &files,
    };
    core::stay(0)?;
    let ports = servers::start(plan::mebibytes(pace))?;
    core::roam()?;
    let mut run = Run {
        team,
        pace,
        rounds: options.rounds.unwrap_or(pace.rounds()),
        jitter: Jitter::default(),
        failures: 0,
    };
    let mut report = report::empty();
    report.started = started();
    report.build = format!("{}; cargo's profile {}", origin::build(), profile());
    print_machine(&report);
    report.contenders = run.introduce()?;
    let sections: Vec<Section> = plan::sections(pace, &ports)
        .into_iter()
        .filter(|section| is_wanted(options, section))
        .collect();
    if sections.is_empty() {
        return Err("no section has such a title".into());
    }
    let before = Activity::now();
    for section in sections {
        run.jitter.measure(pace.jitter())?;
        let measured = run.measure(&section)?;
        report.sections.push(report::section(&section, measured));
    }
    let after = Activity::now();
    report.contenders.push(Jitter::contender());
    report.sections.insert(0, run.jitter.into_section());
    report.warnings = noise::warnings(before, after, &report.sections, pace == Pace::Quick);
    report.write(&options.out)?;
    print_end(&report, pace);
    println!(
        "{} after {} s; the report is {}",
        match run.failures {
            0 => "measured".to_owned(),
            failures => format!("measured with {failures} FAILED figures"),
        },
        begun.elapsed().as_secs(),
        options.out.join("index.html").display()
    );
    Ok(run.failures == 0)
}

/// By the title, or by the name of its files.
fn is_wanted(options: &Options, section: &Section) -> bool {
    let is_in = |text: &String| {
        let title = section.title.to_lowercase();
        title.contains(&text.to_lowercase()) || section.id.contains(text.as_str())
    };
    options.only.is_empty() || options.only.iter().any(is_in)
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

/// How to start those who are measured.
struct Team<'a> {
    peer: Option<&'a Path>,
    files: &'a Files,
}

impl Team<'_> {
    /// Starts one; none where it is the peer and there is none.
    fn start(&self, name: Name, pinned: bool, many: bool) -> Fallible<Option<Contender>> {
        // A process has the cores of the thread that started it.
        if pinned {
            core::stay(1)?;
        }
        let contender = Contender::start(name, self.peer, self.files.directory(), many);
        core::roam()?;
        contender
    }
}

/// A run as it goes on.
struct Run<'a> {
    team: Team<'a>,
    pace: Pace,
    rounds: u32,
    jitter: Jitter,
    /// Figures that there are not, because a contender failed.
    failures: usize,
}

/// The rounds of a section whose rows take long.
const LONG_ROUNDS: u32 = 3;

impl Run<'_> {
    /// Has all contenders say what they are.
    fn introduce(&self) -> Fallible<Vec<wippy_report::Contender>> {
        let mut contenders = Vec::new();
        for name in Name::ALL {
            let Some(mut contender) = self.team.start(name, false, false)? else {
                continue;
            };
            let about = contender.ask(&Request {
                guest: String::new(),
                function: "about".to_owned(),
                args: Vec::new(),
                beside: None,
                calls: 1,
                way: Default::default(),
            });
            let about = about.map_err(|error| format!("{}: {error}", name.label()))?;
            let about = about.value.as_str().unwrap_or_default().to_owned();
            println!("{:<17}{about}", name.label());
            contenders.push(report::contender(name, &about));
        }
        if self.team.peer.is_none() {
            println!(
                "peer: not built (cargo build --release --manifest-path benches/peer/Cargo.toml)"
            );
        }
        Ok(contenders)
    }

    /// A round is of new processes: where a process has its memory may decide more than what is
    /// measured, and stays as it is for as long as it lives.
    fn measure(&mut self, section: &Section) -> Fallible<Vec<(Vec<Cell>, Vec<Goal>)>> {
        let rounds = match section.long {
            true => self.rounds.min(LONG_ROUNDS),
            false => self.rounds,
        };
        let cell = |name: &Name| Cell::measured(name.id(), Vec::new());
        let mut rows: Vec<Vec<Cell>> = section
            .rows
            .iter()
            .map(|_| section.columns.iter().map(cell).collect())
            .collect();
        for round in 0..rounds {
            progress(&format!(
                "{}: round {} of {rounds}",
                section.title,
                round + 1
            ));
            self.round(section, round as usize, &mut rows)?;
        }
        progress("");
        text::section_head(section);
        let first = rows.first().cloned().unwrap_or_default();
        let mut measured = Vec::with_capacity(rows.len());
        for (row, cells) in section.rows.iter().zip(rows) {
            let goals = row.goals.iter();
            let goals: Vec<Goal> = goals
                .filter_map(|goal| goal.judge(&cells, &first))
                .collect();
            text::row(section, row, &cells, &goals, self.pace == Pace::Quick);
            measured.push((cells, goals));
        }
        if !section.note.is_empty() {
            println!("  ({})", section.note);
        }
        Ok(measured)
    }

    /// Each contender once in each row, beginning with another one each round.
    fn round(&mut self, section: &Section, round: usize, rows: &mut [Vec<Cell>]) -> Fallible<()> {
        let count = section.columns.len();
        let mut running: Vec<Option<Contender>> = section.columns.iter().map(|_| None).collect();
        for (row, cells) in section.rows.iter().zip(rows) {
            let request = row.request(self.team.files.directory());
            for turn in 0..count {
                let at = (turn + round) % count;
                let (name, cell) = (section.columns[at], &mut cells[at]);
                if row.without.contains(&name) {
                    continue;
                }
                if section.never_ends.contains(&name) {
                    cell.refusal = Some("never ends".to_owned());
                    continue;
                }
                // Who cannot do it once is not asked again.
                if cell.refusal.is_some() || (name.is_peer() && self.team.peer.is_none()) {
                    continue;
                }
                let is_alive = running[at].as_ref().is_some_and(Contender::is_alive);
                let is_new = !is_alive;
                if is_new {
                    running[at] = self.team.start(name, section.pinned, section.many)?;
                }
                let Some(contender) = running[at].as_mut() else {
                    continue;
                };
                let warming = match section.long {
                    true => Warming::Once(is_new),
                    false => Warming::For(self.pace.warming()),
                };
                let outcome = ask(contender, &request, warming).and_then(|answer| {
                    let read = row.figure.read(&answer);
                    read.ok_or_else(|| "there is no figure in its answer".into())
                });
                match outcome {
                    Ok(round) => cell.rounds.push(round),
                    Err(error) => {
                        self.failures += 1;
                        cell.refusal = Some(error.to_string());
                    }
                }
            }
        }
        Ok(())
    }
}

/// What a contender does before it counts.
enum Warming {
    /// The same, for so long and at least once.
    For(Duration),
    /// The same once, if its process is new: what it compiles and prepares at first is no part of a figure.
    Once(bool),
}

/// Warms up, and asks.
fn ask(contender: &mut Contender, request: &Request, warming: Warming) -> Fallible<Answer> {
    match warming {
        Warming::For(time) => {
            let begun = Instant::now();
            contender.ask(request)?;
            while begun.elapsed() < time {
                contender.ask(request)?;
            }
        }
        Warming::Once(true) => drop(contender.ask(request)?),
        Warming::Once(false) => {}
    }
    contender.ask(request)
}

fn print_machine(report: &Report) {
    println!("commit           {}", report.commit);
    println!("build            {}", report.build);
    for (name, value) in report.machine.facts() {
        println!("{:<17}{value}", name.to_lowercase());
    }
}

fn print_end(report: &Report, pace: Pace) {
    println!();
    let jitter = report
        .sections
        .first()
        .and_then(|section| section.rows.first());
    if let Some(cell) = jitter.and_then(|row| row.cells.first())
        && let (Some(median), Some(high)) = (cell.quantile(0.5), cell.quantile(0.99))
    {
        println!(
            "the machine's own jitter: late by {} / {}",
            duration(median.value),
            duration(high.value)
        );
    }
    let warnings = report.machine.warnings().into_iter();
    for warning in warnings.chain(report.warnings.clone()) {
        println!("spoilt by {}: {}", warning.found, warning.spoils);
    }
    if pace != Pace::Quick {
        let missed = report.goals().filter(|(_, _, goal)| !goal.is_met).count();
        let all = report.goals().count();
        println!("goals: {} of {all} met", all - missed);
    }
}

/// Seconds since 1970 as a date, by the system's clock.
fn started() -> String {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    origin::date(u64::try_from(now.tv_sec).unwrap_or(0))
}

/// Cargo names the directory after the profile: `target/release/deps/side_by_side-…`.
fn profile() -> String {
    let program = std::env::current_exe().unwrap_or_default();
    let directory = program.ancestors().nth(2).and_then(Path::file_name);
    directory.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// What the one who waits reads; where nobody does, the run goes on.
fn progress(text: &str) {
    let mut output = io::stderr().lock();
    let _ = output
        .write_all(format!("\r{text:<70}\r").as_bytes())
        .and_then(|()| output.flush());
}
