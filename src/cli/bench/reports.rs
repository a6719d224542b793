//! The files that `wippy bench` reads and writes.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::benchmark::{Measured, is_hlog, is_json_report, is_page};
use crate::io_reason::io_reason;

/// The most of a report that is read, in bytes.
const MAX_REPORT: u64 = 256 << 20;
/// How much of a file is looked at to know a report.
const MAX_BEGINNING: u64 = 256;

/// Reads an earlier report.
///
/// # Errors
/// A text that names the file.
pub(super) fn read(path: &Path) -> Result<Measured, String> {
    let shown = path.display();
    let mut text = String::new();
    let read =
        File::open(path).and_then(|file| file.take(MAX_REPORT + 1).read_to_string(&mut text));
    read.map_err(|error| format!("cannot read {shown}: {}", io_reason(&error, "file")))?;
    if text.len() as u64 > MAX_REPORT {
        return Err(format!("{shown}: larger than {MAX_REPORT} bytes"));
    }
    Measured::from_json(&text).map_err(|error| format!("{shown}: {error}"))
}

/// A form of a report that goes into a file.
pub(super) struct Form {
    pub(super) kind: Kind,
    name: &'static str,
    is_one: fn(&[u8]) -> bool,
}

/// Which form.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Json,
    Page,
    Log,
}

/// As `--save` writes it.
pub(super) const JSON: Form = Form {
    kind: Kind::Json,
    name: "a report of `wippy bench` as JSON",
    is_one: is_json_report,
};

/// As `--html` writes it.
pub(super) const PAGE: Form = Form {
    kind: Kind::Page,
    name: "a page of `wippy bench`",
    is_one: is_page,
};

/// As `--hlog` writes it.
pub(super) const LOG: Form = Form {
    kind: Kind::Log,
    name: "a log of `wippy bench`",
    is_one: is_hlog,
};

/// Whether a report may be written there: it replaces an older one of its form, but no other file, and not
/// one that is compared with. Looked at before anything is measured, and again when it is written.
///
/// # Errors
/// A text that names the file.
pub(super) fn check(path: &Path, form: &Form, earlier: &[PathBuf]) -> Result<(), String> {
    let shown = path.display();
    let existing = match fs::metadata(path) {
        Ok(existing) => existing,
        Err(_) => {
            let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
            return match directory.is_none_or(Path::is_dir) && path.file_name().is_some() {
                true => Ok(()),
                false => Err(format!("cannot write {shown}: its directory is not there")),
            };
        }
    };
    if existing.is_dir() {
        return Err(format!("cannot write {shown}: it is a directory"));
    }
    let is_same =
        |other: fs::Metadata| (other.dev(), other.ino()) == (existing.dev(), existing.ino());
    let is_compared = |path: &PathBuf| fs::metadata(path).is_ok_and(is_same);
    if earlier.iter().any(is_compared) {
        return Err(format!(
            "{shown} is a report that is compared with; write the new one to another file"
        ));
    }
    if !existing.is_file() || existing.len() == 0 {
        return Ok(());
    }
    let mut beginning = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(MAX_BEGINNING).read_to_end(&mut beginning));
    read.map_err(|error| format!("cannot read {shown}: {}", io_reason(&error, "file")))?;
    match (form.is_one)(&beginning) {
        true => Ok(()),
        false => Err(format!(
            "{shown} exists and is not {}; write to another file, or remove this one",
            form.name
        )),
    }
}

/// Writes a report.
///
/// # Errors
/// A text that names the file.
pub(super) fn write(
    path: &Path,
    form: &Form,
    earlier: &[PathBuf],
    text: &str,
) -> Result<(), String> {
    check(path, form, earlier)?;
    let written = fs::write(path, text);
    written.map_err(|error| format!("cannot write {}: {error}", path.display()))
}
