//! How a project is loaded.

use std::path::PathBuf;

use crate::env::OsEnvironment;

/// How a project is loaded.
///
/// ```
/// use wippy::project::{LoadOptions, from_yaml};
///
/// let yaml = r#"
/// version: "1.0"
/// namespace: app
/// entries:
///   - {name: one, kind: function.wat, method: one, source: '(module (func (export "one")))'}
/// "#;
/// let options = LoadOptions::default().overrides(["app:one:method=two"]);
/// let registry = from_yaml(yaml, None, &options).registry;
/// let entry = registry.resolve("app:one")?;
/// assert_eq!(entry.function().unwrap().method, "two");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LoadOptions {
    /// Unknown fields, and references to entries that are not run here, are errors.
    pub strict: bool,
    /// The operating system's environment, as `env.storage.os` and the settings see it.
    pub os: OsEnvironment,
    /// `--config`: settings files instead of the project's own; later ones win.
    pub config_files: Vec<PathBuf>,
    /// `--profile`: the profile of the settings that applies.
    pub profile: Option<String>,
    /// `--set`: `section.path=value` of the settings; later ones win.
    pub settings: Vec<String>,
    /// `-o`: `namespace:entry:path=value`, over the settings' own overrides; later ones win.
    pub overrides: Vec<String>,
}

impl LoadOptions {
    /// Sets whether unknown fields, and references to entries that are not run here, are errors.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Sets the operating system's environment, which is this program's own otherwise.
    pub fn os(mut self, os: OsEnvironment) -> Self {
        self.os = os;
        self
    }

    /// Sets the settings files, which are read instead of the project's own.
    pub fn config_files(mut self, files: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        self.config_files = files.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the profile of the settings.
    pub fn profile(mut self, profile: Option<String>) -> Self {
        self.profile = profile;
        self
    }

    /// Sets what is put over the settings, each `section.path=value`.
    pub fn settings(mut self, settings: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.settings = settings.into_iter().map(Into::into).collect();
        self
    }

    /// Sets what is put over entries, each `namespace:entry:path=value`.
    pub fn overrides(mut self, overrides: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.overrides = overrides.into_iter().map(Into::into).collect();
        self
    }
}
