//! The two versions of preview 1 that modules import.

/// A version of preview 1, whose functions are the same but for some numbers and structures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Version {
    /// The one that compilers have been making since 2019.
    Snapshot,
    /// The one before it.
    Unstable,
}

impl Version {
    /// Both.
    pub(crate) const ALL: [Version; 2] = [Version::Snapshot, Version::Unstable];

    /// The name of the module that is imported.
    pub(crate) const fn module(self) -> &'static str {
        match self {
            Version::Snapshot => "wasi_snapshot_preview1",
            Version::Unstable => "wasi_unstable",
        }
    }

    /// The version that a module of this name is.
    pub(crate) fn of_module(name: &str) -> Option<Version> {
        Version::ALL
            .into_iter()
            .find(|version| version.module() == name)
    }
}
