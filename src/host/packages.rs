//! The packages that the guests of a program may import: the host's own tables, and what an embedder
//! adds to them or puts in their place.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use wasmtime::Result;
use wasmtime::component::{Linker, LinkerInstance};

use super::State;
use super::embedder::{OwnInterface, StateFactory};
use super::package::{Fallback, InterfaceTable, PackageTable};

/// A name of a table, or of an embedder's package.
pub type Name = Cow<'static, str>;

/// A WIT package whose interfaces guests may import.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its name in WIT without the version (`wasi:clocks`), which is also what an `imports` list
    /// says to enable all its interfaces.
    pub name: Name,
    /// A shorter name for that list, where there is one.
    pub alias: Option<Name>,
    /// Its interfaces.
    pub interfaces: Vec<Interface>,
    /// Whether `wasi1` in `imports` enables it.
    pub preview1: bool,
    /// The text of the WIT package, where it is one of the host's and not in the folder `wit/`.
    pub wit: Option<&'static str>,
    /// Makes what an embedder's package keeps of a call.
    pub state: Option<StateFactory>,
    /// Nothing of a package of the same name stays beside it.
    pub is_whole: bool,
}

/// One interface of a package.
#[derive(Clone, Debug)]
pub struct Interface {
    /// Its name without the package: `wall-clock`.
    pub name: Name,
    /// The version under which it is linked. Guests of a compatible one link too.
    pub version: Name,
    /// What it consists of.
    pub definition: Definition,
}

/// What an interface consists of.
#[derive(Clone, Debug)]
pub enum Definition {
    /// The host's.
    Host(&'static InterfaceTable),
    /// An embedder's.
    Own(Arc<OwnInterface>),
}

impl From<&PackageTable> for Package {
    fn from(table: &PackageTable) -> Package {
        let interfaces = table.interfaces.iter().map(|interface| Interface {
            name: interface.name.into(),
            version: table.version.into(),
            definition: Definition::Host(interface),
        });
        Package {
            name: table.name.into(),
            alias: table.alias.map(Name::from),
            interfaces: interfaces.collect(),
            preview1: table.preview1,
            wit: table.wit,
            state: None,
            is_whole: true,
        }
    }
}

impl Package {
    /// What an `imports` list is best to say for all of it.
    pub fn group(&self) -> &Name {
        self.alias.as_ref().unwrap_or(&self.name)
    }

    /// The full name of an interface, without a version.
    pub fn full_name(&self, interface: &Interface) -> String {
        format!("{}/{}", self.name, interface.name)
    }

    /// The full names of its interfaces, without a version.
    pub fn interface_names(&self) -> impl Iterator<Item = String> {
        let interfaces = self.interfaces.iter();
        interfaces.map(|interface| self.full_name(interface))
    }

    /// The name of the linker's instance of an interface.
    pub fn instance(&self, interface: &Interface) -> String {
        format!("{}/{}@{}", self.name, interface.name, interface.version)
    }

    /// What there is of an interface, for messages: the release of WASI, or the package with its version.
    pub fn release(&self, interface: &Interface) -> String {
        match (&interface.definition, self.name.starts_with("wasi:")) {
            (Definition::Host(_), true) => format!("WASI {}", interface.version),
            _ => format!("{}@{}", self.name, interface.version),
        }
    }

    /// Puts the interfaces of a package of the same name in the place of its own. Its others stay.
    fn replace_interfaces(&mut self, package: Package) {
        self.alias = package.alias.or_else(|| self.alias.take());
        self.state = package.state.or_else(|| self.state.take());
        for interface in package.interfaces {
            let mut own = self.interfaces.iter_mut();
            match own.find(|other| other.name == interface.name) {
                Some(other) => *other = interface,
                None => self.interfaces.push(interface),
            }
        }
    }
}

impl Interface {
    /// Whether it is an embedder's.
    pub fn is_own(&self) -> bool {
        matches!(self.definition, Definition::Own(_))
    }

    /// Defines all its functions and resource types in the linker's instance of this name.
    ///
    /// # Errors
    /// What an embedder's definitions say, and those of two items of one name.
    pub fn define(&self, linker: &mut Linker<State>, instance: &str) -> Result<()> {
        match &self.definition {
            Definition::Host(table) => (table.define)(linker, instance),
            Definition::Own(own) => own.define(linker, instance),
        }
    }

    /// Defines its resource types alone.
    ///
    /// # Errors
    /// Those of two items of one name.
    pub fn define_resources(&self, instance: &mut LinkerInstance<'_, State>) -> Result<()> {
        match &self.definition {
            Definition::Host(table) => {
                let mut resources = table.resources.iter();
                resources.try_for_each(|resource| (resource.define)(instance))
            }
            Definition::Own(own) => own.define_resources(instance),
        }
    }

    /// The function that answers where the interface is not enabled, if this is one.
    pub fn fallback(&self, function: &str) -> Option<&'static Fallback> {
        match &self.definition {
            Definition::Host(table) => table.fallbacks.iter().find(|it| it.function == function),
            Definition::Own(_) => None,
        }
    }

    /// Whether a guest that was made for `version` of it runs with this one.
    fn is_compatible(&self, version: &str) -> bool {
        let own = compatible_prefix(&self.version);
        let Some(rest) = version.strip_prefix(own) else {
            return false;
        };
        let numbers = |byte: u8| byte.is_ascii_digit() || byte == b'.';
        rest.is_empty() || (own.ends_with('.') && rest.bytes().all(numbers))
    }
}

/// The part of a version that compatible ones have in common: up to its first number that is not 0.
/// An empty text for no version.
fn compatible_prefix(version: &str) -> &str {
    let mut end = 0;
    for part in version.split_inclusive('.') {
        end += part.len();
        if part.trim_end_matches('.') != "0" {
            break;
        }
    }
    version.get(..end).unwrap_or(version)
}

/// The packages that guests may import. Clones are the same set.
#[derive(Clone)]
pub struct Packages(Arc<[Package]>);

impl Packages {
    /// Those of a list of tables.
    pub fn of(tables: &[PackageTable]) -> Packages {
        Packages(tables.iter().map(Package::from).collect())
    }

    /// These, and one more. Of a package of the same name it replaces the interfaces that it has, or
    /// all.
    #[must_use]
    pub fn with(self, package: Package) -> Packages {
        let mut list = self.0.to_vec();
        match list.iter_mut().find(|other| other.name == package.name) {
            Some(other) if package.is_whole => {
                *other = Package {
                    preview1: other.preview1,
                    ..package
                };
            }
            Some(other) => other.replace_interfaces(package),
            None => list.push(package),
        }
        Packages(list.into())
    }

    /// All of them, in the order of the list.
    pub fn iter(&self) -> std::slice::Iter<'_, Package> {
        self.0.iter()
    }

    /// What makes the states of those that have one.
    pub fn states(&self) -> Vec<StateFactory> {
        let states = self.iter().filter_map(|package| package.state.clone());
        states.collect()
    }

    /// A package by its name, or else by its shorter one, without regard to case.
    pub fn get(&self, name: &str) -> Option<&Package> {
        let is = |own: &str| own.eq_ignore_ascii_case(name);
        let by_name = self.iter().find(|package| is(&package.name));
        by_name.or_else(|| {
            let mut packages = self.iter();
            packages.find(|package| package.alias.as_deref().is_some_and(is))
        })
    }

    /// An interface by its name without a version (`wasi:io/poll`), and its package.
    pub fn interface(&self, name: &str) -> Option<(&Package, &Interface)> {
        let (package, name) = name.split_once('/')?;
        let package = self.get(package)?;
        let mut interfaces = package.interfaces.iter();
        let interface = interfaces.find(|it| it.name.eq_ignore_ascii_case(name))?;
        Some((package, interface))
    }

    /// What a component imports by this name (`wasi:io/poll@0.2.3`), if a package has it in a compatible
    /// version.
    pub fn imported(&self, import: &str) -> Option<(&Package, &Interface)> {
        let (interface, version) = import.split_once('@').unwrap_or((import, ""));
        let found = self.interface(interface)?;
        found.1.is_compatible(version).then_some(found)
    }

    /// Whether an embedder's package has taken the place of the host's interface of this name.
    pub fn is_replaced(&self, interface: &str) -> bool {
        match self.interface(interface) {
            Some((_, interface)) => interface.is_own(),
            None => true,
        }
    }
}

impl<'a> IntoIterator for &'a Packages {
    type Item = &'a Package;
    type IntoIter = std::slice::Iter<'a, Package>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Debug for Packages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.iter().map(|package| &package.name);
        f.debug_list().entries(names).finish()
    }
}

/// Two sets are the same when they hold packages of the same names, with interfaces of the same names and
/// versions.
impl PartialEq for Packages {
    fn eq(&self, other: &Packages) -> bool {
        let interfaces = |package: &Package| -> Vec<String> {
            let interfaces = package.interfaces.iter();
            interfaces.map(|it| package.instance(it)).collect()
        };
        let all = self.0.iter().map(interfaces);
        Arc::ptr_eq(&self.0, &other.0) || all.eq(other.0.iter().map(interfaces))
    }
}

impl Eq for Packages {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::package::WASI_VERSION;

    const NOTHING: InterfaceTable = InterfaceTable {
        name: "nothing",
        define: |_, _| Ok(()),
        resources: &[],
        fallbacks: &[],
    };

    fn version(version: &'static str) -> Package {
        Package::from(&PackageTable {
            version,
            ..PackageTable::wasi("test:it", &[NOTHING])
        })
    }

    fn is_compatible(own: &'static str, version: &str) -> bool {
        self::version(own).interfaces[0].is_compatible(version)
    }

    #[test]
    fn versions_are_compatible_up_to_their_first_number_that_is_not_0() {
        for compatible in ["0.2.0", "0.2.12", "0.2.999"] {
            assert!(is_compatible(WASI_VERSION, compatible), "{compatible}");
        }
        for other in ["", "0.2", "0.3.0", "0.2.0-rc-2023-11-10", "1.2.0", "0.22.0"] {
            assert!(!is_compatible(WASI_VERSION, other), "{other}");
        }
        assert!(is_compatible("1.4.2", "1.0.0"));
        assert!(!is_compatible("1.4.2", "10.0.0"));
        assert!(is_compatible("0.0.1", "0.0.1"));
        assert!(!is_compatible("0.0.1", "0.0.2"));
        assert!(!is_compatible("0.0.1", "0.0.12"));
        assert!(is_compatible("", ""));
        assert!(!is_compatible("", "1.0.0"));
    }

    #[test]
    fn a_set_can_be_extended() {
        let one = Packages::of(&[]);
        let two = one.clone().with(version("0.1.0"));
        assert_ne!(one, two);
        assert!(one.get("test:it").is_none() && two.get("TEST:it").is_some());
        let replaced = two.with(version("0.2.0"));
        assert_eq!(replaced.iter().count(), 1);
        let (_, interface) = replaced.interface("test:it/nothing").expect("it is there");
        assert_eq!(interface.version, "0.2.0");
    }
}
