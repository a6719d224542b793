//! The file of seeds that have failed: one a line, with a comment.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::sim::seeds::error::SweepError;
use crate::sim::seeds::report::SeedFailure;

/// The most seeds, and bytes, that a file may have.
const MAX_SEEDS: usize = 65_536;
const MAX_BYTES: u64 = 16 << 20;
/// How much of a failure's reason becomes the comment of its line, in characters.
const COMMENT: usize = 120;

/// The seeds of a file, in its order and each once. A file that is not there has none.
///
/// # Errors
/// `Line`, `FileTooLarge`, `File`.
pub(super) fn read(path: &Path) -> Result<Vec<u64>, SweepError> {
    let failed = |error| SweepError::File {
        path: path.to_owned(),
        error,
    };
    let mut text = String::new();
    match File::open(path) {
        Ok(file) => file
            .take(MAX_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(failed)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(failed(error)),
    };
    if text.len() as u64 > MAX_BYTES {
        return Err(SweepError::FileTooLarge(path.to_owned()));
    }
    let mut seeds = Vec::new();
    let mut known = BTreeSet::new();
    for (number, line) in text.lines().enumerate() {
        let seed = line.split('#').next().unwrap_or_default().trim();
        if seed.is_empty() {
            continue;
        }
        let seed = seed.parse().map_err(|_| SweepError::Line {
            path: path.to_owned(),
            line: number + 1,
        })?;
        if known.insert(seed) {
            seeds.push(seed);
        }
    }
    match seeds.len() > MAX_SEEDS {
        true => Err(SweepError::FileTooLarge(path.to_owned())),
        false => Ok(seeds),
    }
}

/// Adds seeds that have failed, each with the first line of its reason.
///
/// # Errors
/// A text that names the file.
pub(super) fn append<'a>(
    path: &Path,
    failures: impl Iterator<Item = &'a SeedFailure>,
) -> Result<(), String> {
    let mut lines = String::new();
    for failure in failures {
        let reason = failure.reason.lines().next().unwrap_or_default();
        let comment: String = reason.chars().take(COMMENT).collect();
        lines += &format!("{} # {}\n", failure.seed, comment.trim_end());
    }
    if lines.is_empty() {
        return Ok(());
    }
    append_text(path, &lines).map_err(|error| {
        format!(
            "cannot write the failing seeds to {}: {error}",
            path.display()
        )
    })
}

fn append_text(path: &Path, lines: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .read(true)
        .open(path)?;
    // A person may have left the last line without its end.
    if !ends_a_line(&mut file)? {
        file.write_all(b"\n")?;
    }
    file.write_all(lines.as_bytes())
}

/// Whether a file is empty or its last byte ends a line.
fn ends_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}
