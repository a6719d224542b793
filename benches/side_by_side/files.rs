//! The files that guests read: made once, in memory soon.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::fallible::Fallible;
use crate::guest;

/// The size of the file that is read.
pub const SIZE: u64 = 256 << 20;
/// The same in a quick run.
pub const SMALL_SIZE: u64 = 1 << 20;
/// Entries of the directory that is listed.
pub const ENTRIES: u32 = 10_000;
/// The same in a quick run.
pub const FEW_ENTRIES: u32 = 10;
/// The file that is read.
pub const DATA: &str = "data";
/// The small one.
pub const SMALL: &str = "small";
/// The directory that is listed.
pub const MANY: &str = "many";

/// A directory of them; gone with this value.
pub struct Files(TempDir);

impl Files {
    /// Makes them: 256 MiB, or 1 MiB in a quick run.
    ///
    /// # Errors
    /// When there is no room.
    pub fn make(quick: bool) -> Fallible<Files> {
        let directory = tempfile::tempdir()?;
        let path = directory.path();
        let block = vec![7u8; 1 << 20];
        let mut data = File::create(path.join(DATA))?;
        let size = if quick { SMALL_SIZE } else { SIZE };
        for _ in 0..size / block.len() as u64 {
            data.write_all(&block)?;
        }
        fs::write(path.join(SMALL), b"small")?;
        let many = path.join(MANY);
        fs::create_dir(&many)?;
        for number in 0..if quick { FEW_ENTRIES } else { ENTRIES } {
            File::create(many.join(format!("entry-{number}")))?;
        }
        fs::create_dir(made_directory(path))?;
        let made = made_directory(path).join(format!("{}.wasm", guest::NAME));
        fs::write(made, guest::component()?)?;
        Ok(Files(directory))
    }

    /// Where they are.
    pub fn directory(&self) -> &Path {
        self.0.path()
    }
}

/// Where the components of the tests are.
pub fn guests_directory() -> &'static Path {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/guests/components"
    ))
}

/// Where those are that the benchmark brings itself: below the files.
pub fn made_directory(files: &Path) -> PathBuf {
    files.join("made")
}

/// Where a guest's component is.
pub fn guest_path(guest: &str, files: &Path) -> PathBuf {
    let name = format!("{guest}.wasm");
    match guest {
        guest::NAME => made_directory(files).join(name),
        _ => guests_directory().join(name),
    }
}
