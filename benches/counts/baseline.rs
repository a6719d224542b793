//! The counts that were accepted, and the comparison with them.

use std::fs;
use std::path::{Path, PathBuf};

use super::Fallible;
use super::callgrind::Counted;

/// How much more instructions than the baseline a row may take, in percent.
const TOLERANCE: f64 = 3.0;

/// How much the allocations of a row may differ: what a growing table adds now and then.
const ALLOCATION_TOLERANCE: f64 = 0.02;

/// What becomes of the counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// They are shown.
    Print,
    /// They are shown, and must not be above the baseline.
    Check,
    /// They become the baseline.
    Write,
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/counts/baseline.tsv")
}

/// Shows the counts beside the baseline; false where one of them is not as it may be.
///
/// # Errors
/// When the baseline cannot be read or written.
pub fn compare(counted: &[Counted], action: Action) -> Fallible<bool> {
    let baseline = match fs::read_to_string(path()) {
        Ok(text) => parse(&text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    println!(
        "{:<34} {:>12} {:>9} {:>12} {:>9}",
        "operation", "instructions", "baseline", "allocations", "baseline"
    );
    let mut failures = Vec::new();
    for row in counted {
        let before = baseline.iter().find(|before| before.name == row.name);
        show(row, before);
        match before {
            Some(before) => failures.extend(above(row, before)),
            None => failures.push(format!("{}: has no baseline", row.name)),
        }
    }
    for before in &baseline {
        if !counted.iter().any(|row| row.name == before.name) {
            failures.push(format!("{}: is no longer counted", before.name));
        }
    }
    if action == Action::Write {
        fs::write(path(), render(counted))?;
        println!("\nwritten to {}", path().display());
        return Ok(true);
    }
    for failure in &failures {
        println!("{failure}");
    }
    if !failures.is_empty() {
        println!(
            "\nFaster code, or, where the rise is meant, a new baseline: cargo bench --bench counts -- --write"
        );
    }
    Ok(action == Action::Print || failures.is_empty())
}

fn show(row: &Counted, before: Option<&Counted>) {
    let (instructions, allocations) = match before {
        Some(before) => (
            format!("{:+.1} %", percent(row.instructions, before.instructions)),
            format!("{:+.2}", row.allocations - before.allocations),
        ),
        None => ("new".to_owned(), "new".to_owned()),
    };
    println!(
        "{:<34} {:>12.1} {:>9} {:>12.2} {:>9}",
        row.name, row.instructions, instructions, row.allocations, allocations
    );
}

fn percent(now: f64, before: f64) -> f64 {
    (now / before - 1.0) * 100.0
}

fn above(row: &Counted, before: &Counted) -> Vec<String> {
    let mut failures = Vec::new();
    let more = percent(row.instructions, before.instructions);
    if more > TOLERANCE {
        failures.push(format!(
            "{}: {:.1} instructions, {more:.1} % above the baseline's {:.1} (allowed: {TOLERANCE} %)",
            row.name, row.instructions, before.instructions
        ));
    }
    if row.allocations > before.allocations + ALLOCATION_TOLERANCE {
        failures.push(format!(
            "{}: {:.2} allocations, the baseline has {:.2}",
            row.name, row.allocations, before.allocations
        ));
    }
    failures
}

fn render(counted: &[Counted]) -> String {
    let mut text = String::from("operation\tinstructions\tallocations\n");
    for row in counted {
        text.push_str(&format!(
            "{}\t{:.1}\t{:.2}\n",
            row.name, row.instructions, row.allocations
        ));
    }
    text
}

fn parse(text: &str) -> Fallible<Vec<Counted>> {
    text.lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let &[name, instructions, allocations] = &fields[..] else {
                return Err(format!("the baseline has no row in {line:?}").into());
            };
            Ok(Counted {
                name: name.to_owned(),
                instructions: instructions.parse()?,
                allocations: allocations.parse()?,
            })
        })
        .collect()
}
