//! A package of host functions: everything that the linker, the `imports` list, messages and tests
//! have to know of it, in one table that stands beside the functions.

use std::borrow::Cow;
use std::fmt;

use wasmtime::component::{Linker, LinkerInstance, Resource, ResourceType};
use wasmtime::{Result, StoreContextMut};

use super::State;
use super::table::HostResource;

/// The version of WASI that the host's interfaces carry. Guests of every 0.2.x link to it.
pub const WASI_VERSION: &str = "0.2.12";

/// A WIT package whose interfaces the host implements.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// Its name in WIT without the version (`wasi:clocks`), which is also what an `imports` list
    /// says to enable all its interfaces.
    pub name: &'static str,
    /// A shorter name for that list, where there is one.
    pub alias: Option<&'static str>,
    /// The version under which its interfaces are linked. Guests of a compatible one link too.
    pub version: &'static str,
    /// Its interfaces, in the order in which `docs/imports.md` lists them.
    pub interfaces: &'static [Interface],
    /// Whether `wasi1` in `imports` enables it: functions of preview 1 stand for its own.
    pub preview1: bool,
    /// The text of the WIT package, where it is not in the folder `wit/`.
    pub wit: Option<&'static str>,
}

/// Defines all functions and resource types of an interface in the instance of this name.
pub type Define = fn(linker: &mut Linker<State>, instance: &str) -> Result<()>;

/// Defines one item of an interface.
pub type DefineItem = fn(&mut LinkerInstance<'_, State>) -> Result<()>;

/// One interface of a package.
#[derive(Clone, Copy)]
pub struct Interface {
    /// Its name without the package: `wall-clock`.
    pub name: &'static str,
    /// Its functions and resource types, where it is enabled.
    pub define: Define,
    /// Its resource types alone, where it is not: a guest links all the same, and its functions
    /// trap.
    pub resources: &'static [ResourceKind],
    /// The functions that answer although the interface is not enabled.
    pub fallbacks: &'static [Fallback],
}

/// A resource type of an interface.
#[derive(Clone, Copy)]
pub struct ResourceKind {
    /// Its name in WIT.
    pub name: &'static str,
    /// Defines the type and its drop.
    pub define: DefineItem,
}

/// A function that answers where its interface is not enabled, instead of a trap.
#[derive(Clone, Copy)]
pub struct Fallback {
    /// Its name in WIT.
    pub function: &'static str,
    /// Defines it.
    pub define: DefineItem,
}

impl Package {
    /// A package of WASI, whose WIT is in the folder `wit/` and which `wasi1` enables.
    pub(super) const fn wasi(name: &'static str, interfaces: &'static [Interface]) -> Package {
        Package {
            name,
            alias: None,
            version: WASI_VERSION,
            interfaces,
            preview1: true,
            wit: None,
        }
    }

    /// What an `imports` list is best to say for all of it.
    pub fn group(&self) -> &'static str {
        self.alias.unwrap_or(self.name)
    }

    /// The full names of its interfaces, without a version.
    pub fn interface_names(&self) -> impl Iterator<Item = String> + use<> {
        let Package {
            name, interfaces, ..
        } = *self;
        interfaces
            .iter()
            .map(move |interface| format!("{name}/{}", interface.name))
    }

    /// The name of the linker's instance of an interface.
    pub fn instance(&self, interface: &Interface) -> String {
        format!("{}/{}@{}", self.name, interface.name, self.version)
    }

    /// What the host has of it, for messages: the release of WASI, or the package with its version.
    pub fn release(&self) -> String {
        match self.name.strip_prefix("wasi:") {
            Some(_) => format!("WASI {}", self.version),
            None => format!("{}@{}", self.name, self.version),
        }
    }

    /// Whether a guest that was made for `version` of the package runs with this host's.
    fn is_compatible(&self, version: &str) -> bool {
        let own = compatible_prefix(self.version);
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

impl Interface {
    /// The function that answers where the interface is not enabled, if this is one.
    pub fn fallback(&self, function: &str) -> Option<&'static Fallback> {
        self.fallbacks.iter().find(|it| it.function == function)
    }
}

impl fmt::Debug for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interface")
            .field("name", &self.name)
            .field("resources", &self.resources)
            .field("fallbacks", &self.fallbacks)
            .finish_non_exhaustive()
    }
}

impl ResourceKind {
    /// A type whose drop takes the resource out of the table and does nothing else.
    pub const fn of<T: HostResource>() -> ResourceKind {
        ResourceKind {
            name: T::NAME,
            define: define_resource::<T>,
        }
    }
}

impl fmt::Debug for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ResourceKind").field(&self.name).finish()
    }
}

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fallback").field(&self.function).finish()
    }
}

fn define_resource<T: HostResource>(instance: &mut LinkerInstance<'_, State>) -> Result<()> {
    instance.resource(
        T::NAME,
        ResourceType::host::<T>(),
        |mut store: StoreContextMut<'_, State>, index| {
            let handle: Resource<T> = Resource::new_own(index);
            store
                .data_mut()
                .counted()
                .call
                .table
                .delete(handle)
                .map(drop)
        },
    )
}

/// What would enable a group, for the end of a message: a line of `imports`, or an option where the
/// options of a command line grant what a guest may use.
pub(crate) fn remedy(group: &str, by_options: bool) -> String {
    match (by_options, group) {
        (false, _) => format!("add `- {group}` to its imports"),
        (true, "wasi:filesystem") => "give it a directory with --dir HOST".to_owned(),
        (true, "wasi:sockets") => {
            "allow it with --allow tcp:HOST:PORT, or everything with --import wasi:sockets"
                .to_owned()
        }
        (true, "wasi:http") => {
            "allow it with --allow https:HOST:PORT (or http:HOST:PORT), or everything with --import wasi:http"
                .to_owned()
        }
        (true, _) => format!("give --import {group}"),
    }
}

/// The packages that guests may import.
#[derive(Clone, Debug)]
pub struct Packages(Cow<'static, [Package]>);

impl Packages {
    /// Those of a list.
    pub const fn new(list: &'static [Package]) -> Packages {
        Packages(Cow::Borrowed(list))
    }

    /// These, and one more. One of the same name is replaced.
    #[must_use]
    pub fn with(mut self, package: Package) -> Packages {
        let list = self.0.to_mut();
        list.retain(|other| other.name != package.name);
        list.push(package);
        self
    }

    /// All of them, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &Package> {
        self.0.iter()
    }

    /// A package by its name or its shorter one.
    pub fn get(&self, name: &str) -> Option<&Package> {
        self.iter()
            .find(|package| package.name == name || package.alias == Some(name))
    }

    /// An interface by its name without a version (`wasi:io/poll`), and its package.
    pub fn interface(&self, name: &str) -> Option<(&Package, &'static Interface)> {
        let (package, name) = name.split_once('/')?;
        let package = self.get(package)?;
        let interface = package.interfaces.iter().find(|it| it.name == name)?;
        Some((package, interface))
    }

    /// What a component imports by this name (`wasi:io/poll@0.2.3`): the interface's name without
    /// its version, if a package has it in a compatible one.
    pub fn imported<'a>(&self, import: &'a str) -> Option<&'a str> {
        let (interface, version) = import.split_once('@').unwrap_or((import, ""));
        let (package, _) = self.interface(interface)?;
        package.is_compatible(version).then_some(interface)
    }
}

impl<'a> IntoIterator for &'a Packages {
    type Item = &'a Package;
    type IntoIter = std::slice::Iter<'a, Package>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// Two sets are the same when they hold packages of the same names and versions.
impl PartialEq for Packages {
    fn eq(&self, other: &Packages) -> bool {
        let names = |package: &'_ Package| (package.name, package.version);
        self.0.iter().map(names).eq(other.0.iter().map(names))
    }
}

impl Eq for Packages {}

/// An interface whose functions `bindgen!` has generated in the module that is named, and which work
/// on the view of a package's state.
macro_rules! interface {
    ($state:ident, $name:literal, $($path:ident)::+ $(, $resource:expr)* $(,)?) => {
        $crate::host::package::Interface {
            name: $name,
            define: |linker, _| {
                use $crate::host::PackageState;
                $($path)::+::add_to_linker::<_, $state>(linker, |state: &mut $crate::host::State| {
                    $state::view(state.counted())
                })
            },
            resources: &[$($resource),*],
            fallbacks: &[],
        }
    };
}

pub(super) use interface;

#[cfg(test)]
mod tests {
    use super::*;

    fn version(version: &'static str) -> Package {
        Package {
            version,
            ..Package::wasi("test:it", &[])
        }
    }

    #[test]
    fn versions_are_compatible_up_to_their_first_number_that_is_not_0() {
        let wasi = version(WASI_VERSION);
        for compatible in ["0.2.0", "0.2.12", "0.2.999"] {
            assert!(wasi.is_compatible(compatible), "{compatible}");
        }
        for other in ["", "0.2", "0.3.0", "0.2.0-rc-2023-11-10", "1.2.0", "0.22.0"] {
            assert!(!wasi.is_compatible(other), "{other}");
        }
        assert!(version("1.4.2").is_compatible("1.0.0"));
        assert!(!version("1.4.2").is_compatible("10.0.0"));
        assert!(version("0.0.1").is_compatible("0.0.1"));
        assert!(!version("0.0.1").is_compatible("0.0.2"));
        assert!(!version("0.0.1").is_compatible("0.0.12"));
        assert!(version("").is_compatible(""));
        assert!(!version("").is_compatible("1.0.0"));
    }

    #[test]
    fn a_set_can_be_extended() {
        let one = Packages::new(&[]);
        let two = one.clone().with(version("0.1.0"));
        assert_ne!(one, two);
        assert!(one.get("test:it").is_none() && two.get("test:it").is_some());
        let replaced = two.with(version("0.2.0"));
        assert_eq!(replaced.iter().count(), 1);
        assert_eq!(replaced.get("test:it").map(|it| it.version), Some("0.2.0"));
    }
}
