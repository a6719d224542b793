//! Where a project's documents are: the lock file, the source directory, its files.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::lock::read_lock;
use super::source::{ControlFile, SourceRoot, src_or_itself};
use crate::trust::{Base, FileId};

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

#[cfg(test)]
mod tests {
    use super::super::diagnostic::Severity;
    use super::super::source::read;
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
