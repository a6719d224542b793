//! Where a project's documents are: the lock file, the source directory, its files.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::{Diagnostic, Severity};
use super::lock::read_lock;
use super::parse::{MAX_DOCUMENT_BYTES, Parsed, join_surrogates, parse};
use super::tree::Place;
use crate::trust::{Base, FileId, Location, Walk, cannot_be_read, read_bounded, too_large};

/// A directory whose documents belong to the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceRoot {
    /// What `file:///` starts from.
    pub source_dir: PathBuf,
    /// What an `fs.directory` with `base: module` starts from.
    pub module_dir: PathBuf,
}

/// The directories of a project, and those below them that belong to none.
#[derive(Debug)]
pub(crate) struct Located {
    /// The project's own, then what its lock file adds. At least one.
    pub roots: Vec<SourceRoot>,
    /// Directories that are missing and take the place of one of these once they exist.
    pub future: Vec<PathBuf>,
    /// Where modules are kept.
    pub modules_dir: PathBuf,
    /// The lock file, where there is one.
    pub lock: Option<ControlFile>,
}

/// Finds the source directories of a project: what `wippy.lock` names, else `src/`, else the
/// project directory itself; then the directories of replacements and modules.
pub(crate) fn locate(project_dir: &Path, base: &Base, found: &mut Vec<Diagnostic>) -> Located {
    let lock = read_lock(project_dir, base, found);
    let mut future = lock.future;
    let source_dir = lock
        .source_dir
        .unwrap_or_else(|| src_or_itself(project_dir, &mut future));
    let mut roots = vec![SourceRoot {
        source_dir,
        module_dir: project_dir.to_owned(),
    }];
    roots.extend(lock.roots);
    let mut seen = HashSet::new();
    roots.retain(|root| match FileId::at(&root.source_dir) {
        Ok(id) => seen.insert(id),
        Err(_) => true,
    });
    Located {
        roots,
        future,
        modules_dir: lock.modules_dir,
        lock: lock.file,
    }
}

/// The `src/` of a directory, or the directory itself as long as there is none.
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

/// A file that steers how a project is read, and the way to it.
#[derive(Debug)]
pub(crate) struct ControlFile {
    /// What it is, with an article.
    pub what: &'static str,
    pub path: PathBuf,
    pub id: Option<FileId>,
    /// The directories in which the names of its path were looked up.
    pub steps: Vec<Location>,
}

/// Reads and parses a file before anybody knows which directories guests may write; its way is
/// checked later.
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

/// Parses what was read of a file.
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
            // Large JSON is data of the project far more often than entries.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::lock::LOCK_FILE;
    use std::fs;

    fn touch(dir: &Path, name: &str, text: &str) {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().expect("below dir")).expect("made");
        fs::write(path, text).expect("written");
    }

    #[test]
    fn the_source_directory_is_locked_or_src_or_the_project() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        let locate = || {
            let mut found = Vec::new();
            let located = locate(dir, &Base::new(dir), &mut found);
            let [root] = &located.roots[..] else {
                panic!("{located:?}")
            };
            assert_eq!(root.module_dir, dir);
            let name = root
                .source_dir
                .strip_prefix(dir)
                .map(|p| p.display().to_string());
            let found: Vec<_> = found.iter().map(|d| d.message.clone()).collect();
            (name.unwrap_or_default(), found)
        };
        assert_eq!(locate(), (String::new(), vec![]));
        fs::create_dir(dir.join("src")).expect("made");
        assert_eq!(locate(), ("src".into(), vec![]));
        touch(
            dir,
            LOCK_FILE,
            "directories: {src: ./app, modules: .wippy}\n",
        );
        let missing = "the source directory \"./app\" does not exist";
        assert_eq!(locate(), ("app".into(), vec![missing.into()]));
        fs::create_dir(dir.join("app")).expect("made");
        assert_eq!(locate(), ("app".into(), vec![]));
        touch(dir, LOCK_FILE, "directories: {src: 3}\n");
        assert_eq!(
            locate(),
            (
                "src".into(),
                vec!["expected a string, found the number 3".into()]
            )
        );
        touch(dir, LOCK_FILE, "replacements: []\n");
        assert_eq!(locate(), ("src".into(), vec![]));
        touch(dir, LOCK_FILE, "a: [\n");
        let (name, found) = locate();
        assert_eq!(name, "src");
        assert!(
            found.iter().any(|m| m.contains("YAML syntax error")),
            "{found:?}"
        );
    }

    #[test]
    fn unreadable_things_are_errors() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        let read = |name: &str| {
            let (parsed, _) = read("the file", &dir.join(name), &Base::new(dir));
            parsed
        };
        let error = |name: &str| {
            read(name)
                .error
                .map(|e| (e.message, e.place.map(|p| (p.line, p.column))))
        };
        fs::write(dir.join("x.yaml"), b"a: 1\nb: \xff\n").expect("written");
        assert_eq!(
            error("x.yaml"),
            Some(("the file is not UTF-8 text".into(), Some((2, 4))))
        );
        let big = fs::File::create(dir.join("big.yaml")).expect("made");
        big.set_len(100 << 20).expect("sized");
        assert_eq!(
            error("big.yaml"),
            Some(("the file is larger than 4194304 bytes".into(), Some((0, 0))))
        );
        let data = fs::File::create(dir.join("data.json")).expect("made");
        data.set_len(100 << 20).expect("sized");
        let severity = read("data.json").error.map(|e| e.severity);
        assert_eq!(severity, Some(Severity::Warning));
        touch(dir, "x.json", "{\"a\": \"\\ud83d\\ude00\"}");
        let parsed = read("x.json");
        assert_eq!(
            parsed
                .documents
                .first()
                .and_then(|d| d.at("a"))
                .and_then(|n| n.as_str()),
            Some("😀")
        );
    }
}
