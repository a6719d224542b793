//! Where a project's documents are: the lock file, the source directory, its files.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::{Diagnostic, Severity};
use super::include::read_bounded;
use super::lock::read_lock;
use super::parse::{MAX_DOCUMENT_BYTES, Parsed, join_surrogates, parse};
use super::tree::Place;

/// The most files and directories of a source directory that are looked at.
pub const MAX_FILES: usize = 200_000;
/// The deepest directory below the source directory that is entered.
pub const MAX_DIRECTORY_DEPTH: usize = 64;

/// A directory whose documents belong to the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceRoot {
    /// What `file:///` starts from.
    pub source_dir: PathBuf,
    /// What an `fs.directory` with `base: module` starts from.
    pub module_dir: PathBuf,
}

/// The files of one source directory.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Documents, sorted by path.
    pub files: Vec<PathBuf>,
    /// Directories that were not entered.
    pub skipped: Vec<PathBuf>,
    pub diagnostics: Vec<Diagnostic>,
}

/// The directories of a project, and those below them that belong to none.
#[derive(Debug)]
pub(crate) struct Located {
    /// The project's own, then what its lock file adds. At least one.
    pub roots: Vec<SourceRoot>,
    /// Where modules are kept.
    pub modules_dir: PathBuf,
}

/// Finds the source directories of a project: what `wippy.lock` names, else `src/`, else the
/// project directory itself; then the directories of replacements and modules.
pub(crate) fn locate(project_dir: &Path, found: &mut Vec<Diagnostic>) -> Located {
    let lock = read_lock(project_dir, found);
    let source_dir = lock.source_dir.unwrap_or_else(|| {
        let src = project_dir.join("src");
        if src.is_dir() {
            src
        } else {
            project_dir.to_owned()
        }
    });
    let mut roots = vec![SourceRoot {
        source_dir,
        module_dir: project_dir.to_owned(),
    }];
    roots.extend(lock.roots);
    let mut seen = HashSet::new();
    roots.retain(|root| match root.source_dir.canonicalize() {
        Ok(real) => seen.insert(real),
        Err(_) => true,
    });
    Located {
        roots,
        modules_dir: lock.modules_dir,
    }
}

/// Lists the documents below a source directory. Directories behind symbolic links are not
/// entered, so that the walk ends, nor are those in `closed`, whose paths are canonical.
pub(crate) fn list(source_dir: &Path, closed: &HashSet<PathBuf>) -> Listing {
    let mut listing = Listing::default();
    let mut seen = 0usize;
    let mut pending = vec![(source_dir.to_owned(), 0usize)];
    while let Some((dir, depth)) = pending.pop() {
        let entries = match std::fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(e) => {
                let message = format!("the directory cannot be read: {e}");
                listing.diagnostics.push(about(&dir, message));
                continue;
            }
        };
        for entry in entries {
            seen += 1;
            if seen > MAX_FILES {
                let message = format!("the source directory holds more than {MAX_FILES} files");
                listing.diagnostics.push(about(source_dir, message));
                listing.files.sort();
                return listing;
            }
            let (path, kind) = match entry.and_then(|e| Ok((e.path(), e.file_type()?))) {
                Ok(entry) => entry,
                Err(e) => {
                    let message = format!("the directory cannot be read: {e}");
                    listing.diagnostics.push(about(&dir, message));
                    continue;
                }
            };
            if kind.is_dir() {
                let is_closed =
                    || !closed.is_empty() && path.canonicalize().is_ok_and(|p| closed.contains(&p));
                if skip(&path) || is_closed() {
                    listing.skipped.push(path);
                } else if depth >= MAX_DIRECTORY_DEPTH {
                    let message =
                        format!("directories are nested deeper than {MAX_DIRECTORY_DEPTH} levels");
                    listing.diagnostics.push(about(&path, message));
                } else {
                    pending.push((path, depth + 1));
                }
            } else if kind.is_symlink() && path.is_dir() {
                listing.skipped.push(path);
            } else if is_document(&path) {
                listing.files.push(path);
            }
        }
    }
    listing.files.sort();
    listing.skipped.sort();
    listing
}

fn about(path: &Path, message: String) -> Diagnostic {
    Diagnostic::error(message).at(&Place::file(path.into()))
}

fn skip(dir: &Path) -> bool {
    let name = dir.file_name().unwrap_or_default();
    name == "node_modules" || name == ".git" || dir.join("CACHEDIR.TAG").exists()
}

fn is_document(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    matches!(extension, Some("yaml" | "yml" | "json"))
}

/// Reads and parses one file.
pub(crate) fn read(path: &Path) -> Parsed {
    tracing::debug!(target: "read", "{}", path.display());
    let file: Arc<Path> = path.into();
    let failed = |error: Diagnostic| Parsed {
        documents: Vec::new(),
        error: Some(error),
    };
    let json = path.extension().is_some_and(|e| e == "json");
    let bytes = match read_bounded(path, MAX_DOCUMENT_BYTES as u64) {
        Ok(bytes) => bytes,
        Err(e) => {
            let mut error = about(path, format!("the file {e}"));
            // Large JSON is data of the project far more often than entries.
            if json
                && path
                    .metadata()
                    .is_ok_and(|m| m.len() > MAX_DOCUMENT_BYTES as u64)
            {
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

    fn names(dir: &Path, paths: &[PathBuf]) -> Vec<String> {
        let name = |p: &PathBuf| p.strip_prefix(dir).map(|p| p.display().to_string());
        paths.iter().filter_map(|p| name(p).ok()).collect()
    }

    #[test]
    fn the_source_directory_is_locked_or_src_or_the_project() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        let locate = || {
            let mut found = Vec::new();
            let located = locate(dir, &mut found);
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
    fn documents_are_listed_in_order_and_some_directories_skipped() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        for name in [
            "b.yml",
            "a.yaml",
            "c/d.json",
            "c/e.txt",
            "node_modules/x.yaml",
            ".git/x.yaml",
            "cache/CACHEDIR.TAG",
            "cache/x.yaml",
            ".hidden/x.yaml",
        ] {
            touch(dir, name, "");
        }
        std::os::unix::fs::symlink(".", dir.join("c/loop")).expect("linked");
        std::os::unix::fs::symlink("../a.yaml", dir.join("c/link.yaml")).expect("linked");
        let listing = list(dir, &HashSet::new());
        assert_eq!(
            names(dir, &listing.files),
            [
                ".hidden/x.yaml",
                "a.yaml",
                "b.yml",
                "c/d.json",
                "c/link.yaml"
            ]
        );
        assert_eq!(
            names(dir, &listing.skipped),
            [".git", "c/loop", "cache", "node_modules"]
        );
        assert_eq!(listing.diagnostics, []);
    }

    #[test]
    fn unreadable_things_are_errors() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        let listing = list(&dir.join("none"), &HashSet::new());
        let [error] = &listing.diagnostics[..] else {
            panic!("{listing:?}")
        };
        assert!(error.message.starts_with("the directory cannot be read: "));
        let error = |name: &str| {
            read(&dir.join(name))
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
        let severity = read(&dir.join("data.json")).error.map(|e| e.severity);
        assert_eq!(severity, Some(Severity::Warning));
        touch(dir, "x.json", "{\"a\": \"\\ud83d\\ude00\"}");
        let parsed = read(&dir.join("x.json"));
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
