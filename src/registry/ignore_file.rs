//! `.wippyignore` in a project's directory: what is not looked at, in the patterns of `.gitignore`.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustix::fs::{FileType, lstat};

use super::diagnostic::Diagnostic;
use super::source::about;
use super::tree::Place;
use crate::trust::{Base, cannot_be_read, read_bounded};

/// The name of the file.
pub const IGNORE_FILE: &str = ".wippyignore";
/// The largest such file, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The patterns of a project.
#[derive(Default)]
pub(crate) struct IgnoreFile {
    project_dir: PathBuf,
    patterns: Option<Gitignore>,
}

impl IgnoreFile {
    /// Reads the file of a project, where there is one. It may be no symbolic link: what it says is
    /// needed before the directories are known that guests may write.
    pub fn read(project_dir: &Path, base: &Base, found: &mut Vec<Diagnostic>) -> Self {
        let path = project_dir.join(IGNORE_FILE);
        let text = match lstat(&path) {
            Err(_) => return Self::default(),
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink => {
                Err("must not be a symbolic link".to_owned())
            }
            Ok(_) => match base.walk(&path).and_then(|walk| walk.open_file()) {
                Ok(file) => read_bounded(file, MAX_BYTES),
                Err(error) => Err(cannot_be_read(&error)),
            },
        };
        let text = text
            .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned()));
        let mut builder = GitignoreBuilder::new("");
        match text {
            Ok(text) => {
                for (number, line) in (1..).zip(text.lines()) {
                    if let Err(error) = builder.add_line(None, line) {
                        let mut place = Place::file(path.as_path().into());
                        (place.line, place.column) = (number, 1);
                        let message = format!("no pattern: {error}");
                        found.push(Diagnostic::error(message).at(&place));
                    }
                }
            }
            Err(message) => found.push(about(&path, format!("the file {message}"))),
        }
        let patterns = builder.build();
        let patterns = patterns.map_err(|error| {
            found.push(about(
                &path,
                format!("the patterns cannot be used: {error}"),
            ));
        });
        Self {
            project_dir: project_dir.to_owned(),
            patterns: patterns.ok(),
        }
    }

    /// Whether a file or directory is named by the patterns.
    pub fn names(&self, path: &Path, is_dir: bool) -> bool {
        let inside = path.strip_prefix(&self.project_dir);
        let patterns = self.patterns.as_ref().zip(inside.ok());
        patterns.is_some_and(|(patterns, path)| patterns.matched(path, is_dir).is_ignore())
    }
}
