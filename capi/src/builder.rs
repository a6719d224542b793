//! The parts of a program, until it is built.

use wippy::project::Registry;
use wippy::{Entry, HostPackage, ProgramOptions};

use crate::failure::Failure;

/// The parts of a program.
#[derive(Clone, Default)]
pub(crate) struct Builder {
    pub project: Registry,
    pub entries: Vec<Entry>,
    pub options: ProgramOptions,
    /// Host functions of the caller's.
    pub packages: Vec<BuilderPackage>,
    /// What was found in the last project, one a line.
    pub diagnostics: String,
}

impl Builder {
    /// The package of a name, made if there is none.
    ///
    /// # Errors
    /// `InvalidArgument` where it has another version.
    pub fn package(&mut self, name: &str, version: &str) -> Result<&mut HostPackage, Failure> {
        let known = self
            .packages
            .iter()
            .position(|it| it.package.name() == name);
        let at = known.unwrap_or(self.packages.len());
        if known.is_none() {
            self.packages.push(BuilderPackage {
                version: version.to_owned(),
                package: HostPackage::new(name, version),
            });
        }
        match self.packages.get_mut(at) {
            Some(known) if known.version == version => Ok(&mut known.package),
            Some(known) => Err(Failure::argument(format!(
                "the package {name} has the version {} already, which is not {version}",
                known.version
            ))),
            None => Err(Failure::argument(format!("there is no package {name}"))),
        }
    }
}

/// A package that is being made.
#[derive(Clone)]
pub(crate) struct BuilderPackage {
    pub version: String,
    pub package: HostPackage,
}
