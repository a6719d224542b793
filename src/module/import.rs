//! A function that a module imports, compared with what its entry enables.

use std::collections::BTreeSet;

use super::imports::Capabilities;
use crate::host::Packages;
use crate::host::packages::Name;

/// One imported function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The interface without its version, or the import's whole name where no package has it.
    pub interface: String,
    /// The function.
    pub function: String,
    /// The groups that enable it; none for what no line of `imports` enables.
    pub groups: Vec<Name>,
    /// The interfaces one of which has to be enabled for it. A function of preview 1 has its own; of
    /// others it is the interface that they are in.
    pub enabled_by: Vec<String>,
    /// A call of it does not trap when its group is not enabled. So it asks for no line of `imports`.
    pub optional: bool,
}

/// The groups that a module needs, in the order of the packages (for the host's own that of the table in
/// `docs/imports.md`).
pub fn needed_groups(imports: &[Import], packages: &Packages) -> Vec<Name> {
    let needed: BTreeSet<&Name> = imports
        .iter()
        .filter(|import| !import.optional)
        .flat_map(|import| import.groups.iter())
        .collect();
    let groups = packages.iter().map(|package| package.group());
    groups
        .filter(|name| needed.contains(name))
        .cloned()
        .collect()
}

impl Import {
    /// `interface#function`.
    pub fn name(&self) -> String {
        match self.function.as_str() {
            "" => self.interface.clone(),
            function => format!("{}#{function}", self.interface),
        }
    }

    /// Whether a call of it would trap for want of a line in `imports`.
    pub fn is_missing(&self, capabilities: &Capabilities) -> bool {
        let mut enabled_by = self.enabled_by.iter();
        !self.optional && !enabled_by.any(|interface| capabilities.allows(interface))
    }
}
