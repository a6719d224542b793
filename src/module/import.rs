//! A function that a component imports, compared with what its entry enables.

use std::collections::BTreeSet;

use super::imports::Capabilities;
use crate::host::PACKAGES;

/// One imported function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The interface without its version, or the import's whole name where no package has it.
    pub interface: String,
    /// The function.
    pub function: String,
    /// The group that would enable it; `None` for what no line of `imports` enables.
    pub group: Option<&'static str>,
    /// A call of it does not trap when its group is not enabled, because its package has a fallback
    /// for it. So it asks for no line of `imports`.
    pub optional: bool,
}

/// The groups that a component needs, in the order of the table in `docs/imports.md`.
pub fn needed_groups(imports: &[Import]) -> Vec<&'static str> {
    let needed: BTreeSet<&str> = imports
        .iter()
        .filter(|import| !import.optional)
        .filter_map(|import| import.group)
        .collect();
    let groups = PACKAGES.iter().map(|package| package.group());
    groups.filter(|name| needed.contains(name)).collect()
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
        !capabilities.allows(&self.interface) && !self.optional
    }
}
