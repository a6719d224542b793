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

/// Counts all rows.
///
/// # Errors
/// When valgrind is missing, or a row fails.
pub fn count() -> Fallible<Vec<Counted>> {
    let directory = env::temp_dir().join(format!("wippy-counts-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let counted = count_in(&directory);
    fs::remove_dir_all(&directory)?;
    counted
}

fn count_in(directory: &Path) -> Fallible<Vec<Counted>> {
    let files = directory.join("region");
    let child = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg("--quiet")
        .arg("--demangle=no")
        .arg("--zero-before=*counted_region_begins*")
        .arg("--dump-before=*counted_region_ends*")
        .arg(format!("--callgrind-out-file={}", files.display()))
        .arg(env::current_exe()?)
        .arg(ROWS)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("valgrind cannot be started ({error}); install it"))?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("the counted program ended with {}", output.status).into());
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
    let path = directory.join(format!("region.{region}"));
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
