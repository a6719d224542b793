//! What a component imports, beside what its entry enables.

use std::collections::BTreeSet;

use super::imports::Capabilities;
use crate::host::PACKAGES;

/// One imported function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The interface without its version, or the name as the component has it if no host knows it.
    pub interface: String,
    /// The function.
    pub function: String,
    /// The group that would enable it; `None` for what no line of `imports` enables.
    pub group: Option<&'static str>,
    /// It answers without being enabled.
    pub optional: bool,
}

/// The groups that a component needs, in the order of the table in `docs/imports.md`.
pub fn needed_groups(imports: &[Import]) -> Vec<&'static str> {
    let needed: BTreeSet<&str> = imports
        .iter()
        .filter(|import| !import.optional)
        .filter_map(|import| import.group)
        .collect();
    let groups = PACKAGES.iter().map(|package| package.name);
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
