//! How a program is put together: a project's entries, and those that are made in code.

use super::Program;
use super::entry::Entry;
use super::entry_error::EntryError;
use super::options::ProgramOptions;
use super::registration::add;
use crate::host::embedder::HostPackage;
use crate::registry::Registry;

/// The parts of a program, until it is built: a project's entries, those that are made in code, and
/// the options.
///
/// ```
/// use wippy::project::{LoadOptions, from_yaml};
/// use wippy::{Entry, Program};
///
/// let yaml = r#"
/// version: "1.0"
/// namespace: app
/// entries:
///   - {name: one, kind: function.wat, method: one, source: '(module (func (export "one")))'}
/// "#;
/// let project = from_yaml(yaml, None, &LoadOptions::default()).registry;
/// let two = Entry::function("app:two").bytes(r#"(module (func (export "two")))"#);
/// let program = Program::builder().project(project).entry(two).build()?;
/// assert_eq!(program.registry().entries().len(), 2);
/// # Ok::<(), wippy::EntryError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ProgramBuilder {
    project: Registry,
    entries: Vec<Entry>,
    options: ProgramOptions,
}

impl ProgramBuilder {
    /// The entries of a project; there are none otherwise. The last project counts.
    pub fn project(mut self, registry: Registry) -> ProgramBuilder {
        self.project = registry;
        self
    }

    /// One more entry.
    pub fn entry(mut self, entry: Entry) -> ProgramBuilder {
        self.entries.push(entry);
        self
    }

    /// What applies to all calls and is not said by entries.
    pub fn options(mut self, options: ProgramOptions) -> ProgramBuilder {
        self.options = options;
        self
    }

    /// Host functions of the embedder's own, as [`ProgramOptions::package`]. To be said after
    /// [`options`](ProgramBuilder::options), which replaces them.
    pub fn package(mut self, package: HostPackage) -> ProgramBuilder {
        self.options = self.options.package(package);
        self
    }

    /// The program. Nothing is compiled yet. Blocks: it reads the files of modules.
    ///
    /// # Errors
    /// Of the first entry that cannot be added, in the order in which they were given; see
    /// [`EntryErrorKind`](crate::EntryErrorKind). Whether bytes are a module is seen at the first call,
    /// or by [`Runtime::prepare`](crate::Runtime::prepare).
    pub fn build(self) -> Result<Program, EntryError> {
        let (registry, options) = self.parts()?;
        Ok(Program::with_options(registry, options))
    }

    /// The entries, and the options.
    ///
    /// # Errors
    /// As [`ProgramBuilder::build`].
    fn parts(self) -> Result<(Registry, ProgramOptions), EntryError> {
        let mut registry = self.project;
        let mut options = self.options;
        for entry in self.entries {
            let stdio = entry.stdio.clone();
            let id = add(entry, &mut registry, &options.packages)?;
            options.stdio.extend(stdio.map(|stdio| (id, stdio)));
        }
        Ok((registry, options))
    }

    /// The entries alone.
    ///
    /// # Errors
    /// As [`ProgramBuilder::build`].
    pub(crate) fn registry(self) -> Result<Registry, EntryError> {
        Ok(self.parts()?.0)
    }
}
