//! A project that a guest may write to, for the tests of what that may lead to.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;

/// A project's files, a writable directory beside it, and what loading says.
pub(super) struct World {
    pub(super) outer: tempfile::TempDir,
}

/// The entry that a guest writes for itself.
pub(super) const EVIL: &str =
    "namespace: evil\nentries:\n- {name: root, kind: fs.directory, directory: /}\n";

impl World {
    pub(super) fn new(files: &[(&str, &str)]) -> World {
        let outer = tempfile::tempdir().expect("a directory");
        let world = World { outer };
        for (name, text) in files {
            write(&world.dir(), name, text);
        }
        world
    }

    pub(super) fn dir(&self) -> PathBuf {
        self.outer.path().join("p")
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        write(&self.dir(), name, text);
    }

    pub(super) fn link(&self, name: &str, target: &str) {
        symlink(target, self.dir().join(name)).expect("linked");
    }

    pub(super) fn load(&self, options: &LoadOptions) -> Loaded {
        let loaded = crate::registry::load(&self.dir(), options);
        let evil = loaded.registry.entries().find(|e| e.id.namespace == "evil");
        assert!(evil.is_none(), "{evil:?}\n{:#?}", self.said(&loaded));
        let invalid = loaded
            .registry
            .invalid_entries()
            .find(|(id, _)| id.namespace == "evil");
        assert!(invalid.is_none(), "{invalid:?}");
        loaded
    }

    /// What is said, with the project's directory as `p`.
    pub(super) fn said(&self, loaded: &Loaded) -> Vec<String> {
        let outer = format!("{}/", self.outer.path().display());
        let lines = lines(loaded).into_iter();
        lines.map(|line| line.replace(&outer, "")).collect()
    }

    pub(super) fn skipped(&self, loaded: &Loaded) -> Vec<String> {
        let skipped = loaded.skipped.iter();
        let name = |path: &PathBuf| {
            path.strip_prefix(self.dir())
                .map(|p| p.display().to_string())
        };
        skipped.filter_map(|path| name(path).ok()).collect()
    }

    /// Loads without a single thing to say; what was skipped.
    pub(super) fn clean(&self) -> Vec<String> {
        let loaded = self.load(&LoadOptions::default());
        assert_eq!(self.said(&loaded), [""; 0]);
        self.skipped(&loaded)
    }

    /// Loads, and exactly the entry `n:f` is invalid, once, with this text.
    pub(super) fn expect_error(&self, text: &str) {
        let loaded = self.load(&LoadOptions::default());
        let said = self.said(&loaded);
        let [line] = &said[..] else {
            panic!("{said:#?}")
        };
        assert!(line.contains(": error: n:f: wasi.mounts[0].fs: "), "{line}");
        assert!(line.contains(text), "{line}\n{text}");
        assert!(line.contains("read_only: true"), "{line}");
        assert!(loaded.registry.resolve("n:f").is_err());
    }
}

pub(super) fn directory(path: &str) -> String {
    format!("- {{name: d, kind: fs.directory, directory: {path}}}\n")
}

pub(super) fn guest(more: &str) -> String {
    format!(
        "- {{name: f, kind: function.wat, source: s, method: m, imports: [wasi:filesystem], wasi: {{mounts: [{{fs: 'n:d', guest: /d{more}}}]}}}}\n"
    )
}

pub(super) fn both(path: &str) -> String {
    format!("namespace: n\nentries:\n{}{}", directory(path), guest(""))
}

pub(super) const FIRST: &str = "namespace: n\nentries:\n";
pub(super) const OTHER: &str = "namespace: o\nentries:\n";
