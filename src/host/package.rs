//! The table of a package of host functions: everything that the linker, the `imports` list, messages
//! and tests have to know of it. It stands beside the functions.

use std::fmt;

use wasmtime::component::{Linker, LinkerInstance, Resource, ResourceType};
use wasmtime::{Result, StoreContextMut};

use super::State;
use super::table::HostResource;

/// The version of WASI that the host's interfaces carry. Guests of every 0.2.x link to it.
pub const WASI_VERSION: &str = "0.2.12";

/// A WIT package whose interfaces the host implements.
#[derive(Clone, Copy, Debug)]
pub struct PackageTable {
    /// Its name in WIT without the version (`wasi:clocks`), which is also what an `imports` list
    /// says to enable all its interfaces.
    pub name: &'static str,
    /// A shorter name for that list, where there is one.
    pub alias: Option<&'static str>,
    /// The version under which its interfaces are linked. Guests of a compatible one link too.
    pub version: &'static str,
    /// Its interfaces, in the order in which `docs/imports.md` lists them.
    pub interfaces: &'static [InterfaceTable],
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
pub struct InterfaceTable {
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

impl PackageTable {
    /// A package of WASI, whose WIT is in the folder `wit/` and which `wasi1` enables.
    pub(super) const fn wasi(
        name: &'static str,
        interfaces: &'static [InterfaceTable],
    ) -> PackageTable {
        PackageTable {
            name,
            alias: None,
            version: WASI_VERSION,
            interfaces,
            preview1: true,
            wit: None,
        }
    }
}

impl fmt::Debug for InterfaceTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterfaceTable")
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

/// An interface whose functions `bindgen!` has generated in the module that is named, and which work
/// on the view of a package's state.
macro_rules! interface {
    ($state:ident, $name:literal, $($path:ident)::+ $(, $resource:expr)* $(,)?) => {
        $crate::host::package::InterfaceTable {
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
