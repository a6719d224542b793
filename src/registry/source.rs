//! Directories and files that documents are read from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::{Diagnostic, Severity};
use super::parse::{MAX_DOCUMENT_BYTES, Parsed, join_surrogates, parse};
use super::tree::Place;
use crate::trust::{Base, FileId, Location, Walk, cannot_be_read, read_bounded, too_large};

/// A directory whose documents are a part of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceRoot {
    /// The base of `file:///` paths.
    pub source_dir: PathBuf,
    /// The base of an `fs.directory` with `base: module`.
    pub module_dir: PathBuf,
}

/// The `src/` subdirectory, or the directory itself if there is none.
pub(super) fn src_or_itself(dir: &Path, future: &mut Vec<PathBuf>) -> PathBuf {
    let src = dir.join("src");
    if src.is_dir() {
        return src;
    }
    future.push(src);
    dir.to_owned()
}

pub(crate) fn about(path: &Path, message: String) -> Diagnostic {
    Diagnostic::error(message).at(&Place::file(path.into()))
}

pub(crate) fn is_document(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    matches!(extension, Some("yaml" | "yml" | "json"))
}

/// A file that controls how a project is read: settings or the lock file.
#[derive(Debug)]
pub(crate) struct ControlFile {
    /// Its description with an article, for messages.
    pub what: &'static str,
    pub path: PathBuf,
    pub id: Option<FileId>,
    /// The directories that its path passes through.
    pub steps: Vec<Location>,
}

/// Reads and parses a file before the directories that guests may write are known. The caller checks
/// its `steps` once they are.
pub(crate) fn read(what: &'static str, path: &Path, base: &Base) -> (Parsed, ControlFile) {
    let walk = base.walk(path);
    let control = ControlFile {
        what,
        path: path.to_owned(),
        id: walk.as_ref().ok().and_then(Walk::id),
        steps: walk
            .as_ref()
            .map_or(Vec::new(), |walk| walk.steps().to_vec()),
    };
    let bytes = match walk.and_then(|walk| walk.open_file()) {
        Ok(file) => read_bounded(file, MAX_DOCUMENT_BYTES as u64),
        Err(error) => Err(cannot_be_read(&error)),
    };
    (parse_file(path, bytes), control)
}

/// Parses the contents of a file.
pub(crate) fn parse_file(path: &Path, bytes: Result<Vec<u8>, String>) -> Parsed {
    tracing::debug!(target: "read", "{}", path.display());
    let file: Arc<Path> = path.into();
    let failed = |error: Diagnostic| Parsed {
        documents: Vec::new(),
        error: Some(error),
    };
    let json = path.extension().is_some_and(|e| e == "json");
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(e) => {
            let mut error = about(path, format!("the file {e}"));
            // A large JSON file is most likely data of the project, not entries.
            if json && e == too_large(MAX_DOCUMENT_BYTES as u64) {
                error.severity = Severity::Warning;
                error = error.hint("it is not read for entries");
            }
            return failed(error);
        }
    };
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        Err(e) => {
            let before = bytes.get(..e.valid_up_to()).unwrap_or_default();
            let place = Place {
                file,
                line: 1 + count(before.iter().filter(|b| **b == b'\n').count()),
                column: 1 + count(before.iter().rev().take_while(|b| **b != b'\n').count()),
            };
            return failed(Diagnostic::error("the file is not UTF-8 text").at(&place));
        }
    };
    if json {
        parse(&join_surrogates(text), &file)
    } else {
        parse(text, &file)
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX - 1)
}
