//! The files that are measured: made for the run, in the page cache, and gone with it.

use std::fs;
use std::io::Write;
use std::path::Path;

use tempfile::TempDir;

use crate::Fallible;
use crate::plan::Sizes;

/// The large file.
pub const LARGE: &str = "large";
/// A file to write to and to ask about.
pub const SMALL: &str = "small";
/// A directory of many names.
pub const MANY: &str = "many";

/// A directory with them, on the filesystem of the system's temporary files.
///
/// # Errors
/// When there is no room.
pub fn make(quick: bool) -> Fallible<TempDir> {
    let sizes = Sizes::of(quick);
    let directory = tempfile::tempdir()?;
    let at = |name: &str| directory.path().join(name);
    fill(&at(LARGE), sizes.large)?;
    fill(&at(SMALL), 1 << 20)?;
    fs::create_dir(at(MANY))?;
    for index in 0..sizes.names {
        fs::hard_link(at(SMALL), at(MANY).join(format!("name-{index}")))?;
    }
    Ok(directory)
}

fn fill(path: &Path, length: u64) -> Fallible<()> {
    let mut file = fs::File::create(path)?;
    let part: Vec<u8> = (0..1 << 20).map(|at: u32| at as u8).collect();
    for _ in 0..length.div_ceil(part.len() as u64) {
        file.write_all(&part)?;
    }
    Ok(())
}
