//! One interface of an embedder's package.

use std::fmt;
use std::sync::Arc;

use wasmtime::component::{Linker, LinkerInstance, ResourceType};
use wasmtime::error::Context;
use wasmtime::{Result, bail};

use super::function::DefineItem;
use super::panics::guarded;
use crate::activity::HostFunction;
use crate::host::State;

/// Defines all that `bindgen!` has generated of an interface.
pub(super) type DefineAll = Arc<dyn Fn(&mut Linker<State>) -> Result<()> + Send + Sync>;

/// One interface of an embedder's package.
#[derive(Clone)]
pub struct OwnInterface {
    /// `package/interface`.
    pub(super) name: String,
    pub(super) items: Vec<Item>,
}

/// What is defined of an interface.
#[derive(Clone)]
pub(super) enum Item {
    /// What `bindgen!` has generated.
    Generated(DefineAll),
    /// A function that is a closure.
    Function { name: String, define: DefineItem },
    /// A resource type.
    Resource {
        name: String,
        ty: ResourceType,
        define: DefineItem,
    },
}

impl OwnInterface {
    /// Defines all of it; its closures in the linker's instance of this name.
    ///
    /// # Errors
    /// What generated code says, its panic, and a name that is defined twice.
    pub fn define(&self, linker: &mut Linker<State>, instance: &str) -> Result<()> {
        let name = HostFunction::shared(self.name.as_str());
        let defined = guarded(&name, || self.define_items(linker, instance));
        defined.with_context(|| self.name.clone())
    }

    fn define_items(&self, linker: &mut Linker<State>, instance: &str) -> Result<()> {
        for item in &self.items {
            match item {
                Item::Generated(define) => define(linker)?,
                Item::Function { name, define } | Item::Resource { name, define, .. } => {
                    if let Err(error) = define(&mut linker.instance(instance)?) {
                        bail!("{name}: {error:#}");
                    }
                }
            }
        }
        // A package without items is there all the same.
        linker.instance(instance).map(drop)
    }

    /// Defines the types of its resources, which nothing gives out.
    ///
    /// # Errors
    /// A name that is defined twice.
    pub fn define_resources(&self, instance: &mut LinkerInstance<'_, State>) -> Result<()> {
        for item in &self.items {
            if let Item::Resource { name, ty, .. } = item {
                instance.resource(name, *ty, |_, _| Ok(()))?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for OwnInterface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnInterface")
            .field("name", &self.name)
            .field("items", &self.items.len())
            .finish()
    }
}
