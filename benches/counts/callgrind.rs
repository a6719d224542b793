//! Running this program below callgrind, and reading what it counted.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Fallible;

/// The argument with which this program runs its rows.
pub const ROWS: &str = "--rows";

/// One operation of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// The row.
    pub name: String,
    /// Instructions of one operation.
    pub instructions: f64,
    /// Allocations of one operation.
    pub allocations: f64,
}

/// How often the rows are run; the least of a row's counts is its count. When a timer is looked at
/// depends on the time, so that a few operations in a thousand differ.
const RUNS: usize = 5;

/// Counts all rows.
///
/// # Errors
/// When valgrind is missing, or a row fails.
pub fn count() -> Fallible<Vec<Counted>> {
    let mut least = count_once()?;
    for _ in 1..RUNS {
        for (least, again) in least.iter_mut().zip(count_once()?) {
            least.instructions = least.instructions.min(again.instructions);
            least.allocations = least.allocations.min(again.allocations);
        }
    }
    Ok(least)
}

fn count_once() -> Fallible<Vec<Counted>> {
    let directory = env::temp_dir().join(format!("wippy-counts-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let counted = count_in(&directory);
    fs::remove_dir_all(&directory)?;
    counted
}

fn count_in(directory: &Path) -> Fallible<Vec<Counted>> {
    let files = directory.join("region");
    let log = directory.join("log");
    let child = Command::new("valgrind")
        .arg("--tool=callgrind")
        // Valgrind tells there of each system call that it does not know.
        .arg(format!("--log-file={}", log.display()))
        .arg("--demangle=no")
        .arg("--dump-before=*counted_region_*")
        .arg(format!("--callgrind-out-file={}", files.display()))
        .arg(env::current_exe()?)
        .arg(ROWS)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("valgrind cannot be started ({error}); install it"))?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let said = fs::read_to_string(log)?;
        return Err(format!("the counted program ended with {}:\n{said}", output.status).into());
    }
    let rows = String::from_utf8(output.stdout)?;
    rows.lines()
        .enumerate()
        .map(|(row, line)| {
            let region = |number: usize| instructions(directory, 2 * row + number);
            counted(line, region(1)?, region(2)?)
        })
        .collect()
}

/// The difference between a row's two regions, by operation.
fn counted(line: &str, once: u64, twice: u64) -> Fallible<Counted> {
    let fields: Vec<&str> = line.split('\t').collect();
    let &[name, count, allocated_once, allocated_twice] = &fields[..] else {
        return Err(format!("no row: {line}").into());
    };
    let count: f64 = count.parse()?;
    let difference = |once: u64, twice: u64| (twice as f64 - once as f64) / count;
    Ok(Counted {
        name: name.to_owned(),
        instructions: difference(once, twice),
        allocations: difference(allocated_once.parse()?, allocated_twice.parse()?),
    })
}

/// The instructions of a region, from the file that callgrind wrote at its end.
fn instructions(directory: &Path, region: usize) -> Fallible<u64> {
    let path = directory.join(format!("region.{}", 2 * region));
    let text = fs::read_to_string(&path)
        .map_err(|error| format!("callgrind did not write region {region}: {error}"))?;
    let total = text
        .lines()
        .find_map(|line| {
            line.strip_prefix("summary: ")
                .or(line.strip_prefix("totals: "))
        })
        .ok_or_else(|| format!("{}: no total", path.display()))?;
    Ok(total.trim().parse()?)
}
