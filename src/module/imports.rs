//! The `imports` list: what an entry may use: `docs/imports.md`.

use std::collections::BTreeSet;

use crate::host::package::remedy;
use crate::host::packages::Name;
use crate::host::{PACKAGES, Packages};
use crate::nearest::nearest;

/// `wasi:io/poll` by itself.
const POLL: &str = "wasi:poll";
/// All of preview 1, for a core module.
const PREVIEW1: [&str; 4] = [
    "wasi1",
    "preview1",
    "wasi-preview1",
    "wasi_snapshot_preview1",
];

/// A name in `imports` that means nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unsupported wasm host import: {name}{}", suggestion(.nearest))]
pub struct UnknownImport {
    /// As written.
    pub name: String,
    /// The known name that comes closest.
    pub nearest: Option<String>,
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map_or_else(String::new, |name| format!(" (did you mean {name}?)"))
}

/// The interfaces that an entry may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// What the host has, whether enabled or not.
    packages: Packages,
    interfaces: BTreeSet<String>,
    /// The packages that are listed by their own name.
    groups: BTreeSet<Name>,
    /// `wasi1` is listed.
    pub preview1: bool,
    /// They are granted by options of the command line rather than by an `imports` list.
    pub by_options: bool,
}

/// No function of the host's own packages.
impl Default for Capabilities {
    fn default() -> Capabilities {
        Capabilities::none_of(PACKAGES.clone())
    }
}

impl Capabilities {
    /// No function of these packages.
    pub fn none_of(packages: Packages) -> Capabilities {
        Capabilities {
            packages,
            interfaces: BTreeSet::new(),
            groups: BTreeSet::new(),
            preview1: false,
            by_options: false,
        }
    }

    /// Reads the names of an `imports` list over the host's own packages.
    ///
    /// # Errors
    /// The first name that is not known.
    pub fn parse<'a>(
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Capabilities, UnknownImport> {
        Capabilities::parse_over(&PACKAGES, names)
    }

    /// Reads the names of an `imports` list over these packages, without regard to case and to what
    /// follows an `@`.
    ///
    /// # Errors
    /// The first name that is not known.
    pub fn parse_over<'a>(
        packages: &Packages,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Capabilities, UnknownImport> {
        let mut capabilities = Capabilities::none_of(packages.clone());
        for name in names {
            capabilities.enable(name)?;
        }
        Ok(capabilities)
    }

    /// The names of an `imports` list that are not known, with their places in the list.
    pub fn unknown<'a>(
        packages: &Packages,
        names: impl IntoIterator<Item = &'a str>,
    ) -> impl Iterator<Item = (usize, UnknownImport)> {
        let unknown = |name| Capabilities::none_of(packages.clone()).enable(name).err();
        let names = names.into_iter().enumerate();
        names.filter_map(move |(index, name)| Some((index, unknown(name)?)))
    }

    /// Enables what one name of an `imports` list stands for.
    ///
    /// # Errors
    /// When the name is not known.
    pub fn enable(&mut self, written: &str) -> Result<(), UnknownImport> {
        let name = written
            .split('@')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if PREVIEW1.contains(&name.as_str()) {
            self.preview1 = true;
        } else if name == POLL {
            self.interfaces.insert("wasi:io/poll".to_owned());
        } else if let Some(package) = self.packages.get(&name) {
            self.groups.insert(package.group().clone());
            self.interfaces.extend(package.interface_names());
        } else if let Some((package, interface)) = self.packages.interface(&name) {
            self.interfaces.insert(package.full_name(interface));
        } else {
            return Err(self.unknown_import(written, &name));
        }
        Ok(())
    }

    /// For a core module that uses preview 1: `wasi1` enables all that its functions stand for.
    pub fn extend_preview1(&mut self) {
        if self.preview1 {
            let needed = self.packages.iter().filter(|package| package.preview1);
            self.interfaces
                .extend(needed.flat_map(|package| package.interface_names()));
        }
    }

    /// The packages whose functions can be enabled.
    pub fn packages(&self) -> &Packages {
        &self.packages
    }

    /// Whether a package is listed by its own name.
    pub fn lists(&self, group: &str) -> bool {
        self.groups.contains(group)
    }

    /// What would enable a group, for the end of a message.
    pub(super) fn remedy(&self, group: &str) -> String {
        remedy(group, self.by_options)
    }

    /// Whether an interface (`wasi:io/poll`, without a version) is enabled.
    pub fn allows(&self, interface: &str) -> bool {
        self.interfaces.contains(interface)
    }

    /// Whether functions of the embedder's are among what is enabled.
    pub fn has_own(&self) -> bool {
        self.packages.iter().any(|package| {
            let mut own = package.interfaces.iter().filter(|it| it.is_own());
            own.any(|interface| self.allows(&package.full_name(interface)))
        })
    }

    fn unknown_import(&self, written: &str, name: &str) -> UnknownImport {
        let packages = &self.packages;
        let mut known: Vec<String> = packages.iter().map(|it| it.name.to_string()).collect();
        known.extend(packages.iter().flat_map(|it| it.interface_names()));
        let aliases = packages.iter().filter_map(|it| it.alias.as_ref());
        known.extend(aliases.map(ToString::to_string));
        known.extend([POLL, "wasi1"].map(str::to_owned));
        UnknownImport {
            name: written.to_owned(),
            nearest: nearest(name, known.iter().map(String::as_str)).map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(names: &[&str]) -> Result<Capabilities, String> {
        Capabilities::parse(names.iter().copied()).map_err(|error| error.to_string())
    }

    #[test]
    fn groups_and_interfaces_are_read_without_case_and_version() {
        let both = parse(&["WASI:Clocks@0.2.3", "wasi:io/poll@0.2.0"]).expect("known");
        assert!(both.allows("wasi:clocks/wall-clock"));
        assert!(both.allows("wasi:clocks/monotonic-clock"));
        assert!(both.allows("wasi:io/poll"));
        assert!(!both.allows("wasi:io/streams"));
        assert_eq!(parse(&["wasi:poll"]), parse(&["wasi:io/poll"]));
        for name in ["funcs", "wippy:runtime", "wippy:runtime/funcs@0.1.0"] {
            let enabled = parse(&[name]).expect("known");
            assert!(enabled.allows("wippy:runtime/funcs"), "{name}");
        }
        for name in PREVIEW1 {
            assert!(parse(&[name]).expect("known").preview1);
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_with_a_suggestion() {
        assert_eq!(
            parse(&["wasi:clock"]),
            Err("unsupported wasm host import: wasi:clock (did you mean wasi:clocks?)".to_owned())
        );
        assert_eq!(
            parse(&["zzzzzzzzzzzz"]),
            Err("unsupported wasm host import: zzzzzzzzzzzz".to_owned())
        );
    }
}
