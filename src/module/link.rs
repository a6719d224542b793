//! A linker from an entry's capabilities alone.
//!
//! Every resource type of WASI is there, under the names of the host's version, so that a guest of
//! any 0.2.x links; what the list decides is which *functions* work and which trap.

use std::sync::Arc;

use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};
use wasmtime::{Engine, Result, format_err};

use super::ModuleError;
use super::imports::Capabilities;
use crate::host::State;
use crate::host::package::Fallback;
use crate::host::packages::{Interface, Package};

/// Builds the linker of one entry over one component. The failed call names the entry, its trap
/// the function and the line that would enable it.
///
/// # Errors
/// `Link` when the component imports something that no trap can stand for.
pub fn link(
    component: &Component,
    capabilities: &Capabilities,
) -> Result<Linker<State>, ModuleError> {
    let failed = |error: wasmtime::Error| ModuleError::Link(format!("{error:#}"));
    let mut linker = Linker::new(component.engine());
    define_packages(&mut linker, capabilities).map_err(failed)?;
    define_traps(&mut linker, component, capabilities).map_err(failed)?;
    Ok(linker)
}

/// Defines the functions of what is enabled, and the resource types of all packages.
fn define_packages(linker: &mut Linker<State>, capabilities: &Capabilities) -> Result<()> {
    for package in capabilities.packages() {
        for interface in &package.interfaces {
            let instance = package.instance(interface);
            match capabilities.allows(&package.full_name(interface)) {
                true => interface.define(linker, &instance)?,
                false => interface.define_resources(&mut linker.instance(&instance)?)?,
            }
        }
    }
    Ok(())
}

/// A resource of a package that the host does not know: no function gives one out.
enum Unavailable {}

/// Binds every import that is not enabled to a trap which says what would enable it.
fn define_traps(
    linker: &mut Linker<State>,
    component: &Component,
    capabilities: &Capabilities,
) -> Result<()> {
    let engine = component.engine();
    let mut seen = Vec::new();
    for (import, item) in component.component_type().imports(engine) {
        match item.ty {
            ComponentItem::ComponentInstance(instance) => {
                let known = capabilities.packages().imported(import);
                let name = match known {
                    Some((package, interface)) => package.instance(interface),
                    None => import.to_owned(),
                };
                let mut target = linker.instance(&name)?;
                let origin = ImportOrigin::new(import, known, capabilities);
                trap_instance(&mut target, engine, &instance, &origin, &mut seen)?;
            }
            ComponentItem::ComponentFunc(_) => {
                let text =
                    format!("the import {import} is not known here; nothing in imports enables it");
                trap(&mut linker.root(), import, text)?;
            }
            ComponentItem::Resource(ty) => {
                seen.push(ty);
                linker
                    .root()
                    .resource(import, ResourceType::host::<Unavailable>(), |_, _| Ok(()))?;
            }
            ComponentItem::Type(_) => {}
            ComponentItem::CoreFunc(_) | ComponentItem::Module(_) | ComponentItem::Component(_) => {
                return Err(format_err!(
                    "the import {import} is a module, which no entry can give"
                ));
            }
        }
    }
    Ok(())
}

/// What a component imports an interface as, and what the host has of it.
struct ImportOrigin<'a> {
    /// The name in the component.
    import: &'a str,
    /// The package and the interface that the host has for it, if any.
    known: Option<(&'a Package, &'a Interface)>,
    /// The interface's functions are enabled.
    enabled: bool,
    capabilities: &'a Capabilities,
}

fn trap_instance(
    target: &mut LinkerInstance<'_, State>,
    engine: &Engine,
    instance: &ComponentInstance,
    origin: &ImportOrigin<'_>,
    seen: &mut Vec<ResourceType>,
) -> Result<()> {
    for (name, item) in instance.exports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(_) => {
                if let Some(fallback) = origin.fallback(name) {
                    (fallback.define)(target)?;
                    continue;
                }
                let defined = trap(target, name, origin.text(name));
                // An enabled interface has defined its functions already. What is left there is
                // of a later version than the host's.
                if !origin.enabled {
                    defined?;
                }
            }
            // A type that an earlier import has brought is an alias of it here.
            ComponentItem::Resource(ty) if !seen.contains(&ty) => {
                seen.push(ty);
                let resource = ResourceType::host::<Unavailable>();
                let defined = target.resource(name, resource, |_, _| Ok(()));
                if origin.known.is_none() {
                    defined?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn trap(target: &mut LinkerInstance<'_, State>, function: &str, text: String) -> Result<()> {
    let text: Arc<str> = text.into();
    target.func_new(function, move |_, _, _, _| Err(format_err!("{text}")))
}

impl<'a> ImportOrigin<'a> {
    fn new(
        import: &'a str,
        known: Option<(&'a Package, &'a Interface)>,
        capabilities: &'a Capabilities,
    ) -> ImportOrigin<'a> {
        let enabled = known
            .is_some_and(|(package, interface)| capabilities.allows(&package.full_name(interface)));
        ImportOrigin {
            import,
            known,
            enabled,
            capabilities,
        }
    }

    /// The function that answers although its interface is not enabled, if this is one.
    fn fallback(&self, function: &str) -> Option<&'static Fallback> {
        let (_, interface) = self.known?;
        interface.fallback(function).filter(|_| !self.enabled)
    }

    /// Why a call of the function traps.
    fn text(&self, function: &str) -> String {
        let Some((package, interface)) = self.known else {
            return format!(
                "{}#{function} is not known here; nothing in imports enables it",
                self.import
            );
        };
        let name = format!("{}/{}#{function}", package.name, interface.name);
        match self.enabled {
            true => format!(
                "{name} is not part of {}; nothing in imports enables it",
                package.release(interface)
            ),
            false => {
                let remedy = self.capabilities.remedy(package.group());
                format!("{name} is not enabled; {remedy}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::component::Resource;
    use wasmtime::{Store, StoreContextMut};
    use wippy_dispatcher::Dispatcher;

    use super::*;
    use crate::host::PACKAGES;
    use crate::host::Packages;
    use crate::host::package::{InterfaceTable, PackageTable, ResourceKind};
    use crate::host::state::tests::state;
    use crate::host::table::HostResource;
    use crate::module::{Engine, Profile, to_binary};

    /// A resource of a package that the host does not have.
    struct Counter(u32);

    impl HostResource for Counter {
        const NAME: &'static str = "counter";
    }

    const COUNTER: PackageTable = PackageTable {
        name: "test:counter",
        alias: None,
        version: "1.2.0",
        interfaces: &[InterfaceTable {
            name: "counters",
            define: define_counters,
            resources: &[ResourceKind::of::<Counter>()],
            fallbacks: &[],
        }],
        preview1: false,
        wit: None,
    };

    fn define_counters(linker: &mut Linker<State>, instance: &str) -> Result<()> {
        let mut instance = linker.instance(instance)?;
        (ResourceKind::of::<Counter>().define)(&mut instance)?;
        instance.func_wrap("make", |mut store: StoreContextMut<'_, State>, (): ()| {
            Ok((store.data_mut().counted().call.table.push(Counter(0))?,))
        })?;
        instance.func_wrap(
            "next",
            |mut store: StoreContextMut<'_, State>, (counter,): (Resource<Counter>,)| {
                let counter = store.data_mut().counted().call.table.get_mut(&counter)?;
                counter.0 += 1;
                Ok((counter.0,))
            },
        )
    }

    /// Made for an older version of the package: counts twice, drops the counter, and returns 2.
    const GUEST: &str = r#"(component
        (import "test:counter/counters@1.0.0" (instance $host
            (export "counter" (type $counter (sub resource)))
            (export "make" (func (result (own $counter))))
            (export "next" (func (param "of" (borrow $counter)) (result u32)))))
        (alias export $host "counter" (type $counter))
        (core func $make (canon lower (func $host "make")))
        (core func $next (canon lower (func $host "next")))
        (core func $drop (canon resource.drop $counter))
        (core module $m
            (import "" "make" (func $make (result i32)))
            (import "" "next" (func $next (param i32) (result i32)))
            (import "" "drop" (func $drop (param i32)))
            (func (export "twice") (result i32) (local $counter i32) (local $count i32)
                (local.set $counter (call $make))
                (drop (call $next (local.get $counter)))
                (local.set $count (call $next (local.get $counter)))
                (call $drop (local.get $counter))
                (local.get $count)))
        (core instance $i (instantiate $m (with "" (instance
            (export "make" (func $make))
            (export "next" (func $next))
            (export "drop" (func $drop))))))
        (func (export "twice") (result u32) (canon lift (core func $i "twice"))))"#;

    /// Calls the guest with this `imports` list.
    fn twice(packages: &Packages, imports: &[&str]) -> Result<u32> {
        let dispatcher = Dispatcher::simulated(1)?;
        let engine = Engine::new(Profile::Live)?;
        let component = Component::new(engine.inner(), to_binary(GUEST)?)?;
        let mut capabilities = Capabilities::none_of(packages.clone());
        for name in imports {
            capabilities.enable(name)?;
        }
        let linker = link(&component, &capabilities)?;
        let mut store: Store<State> = engine.store(engine.inner(), state(&dispatcher))?;
        let call = async {
            let instance = linker.instantiate_async(&mut store, &component).await?;
            let twice = instance.get_typed_func::<(), (u32,)>(&mut store, "twice")?;
            Ok(twice.call_async(&mut store, ()).await?.0)
        };
        dispatcher.block_on(call)?
    }

    #[test]
    fn a_package_of_somebody_else_is_linked_as_the_hosts_own_are() {
        let packages = PACKAGES.clone().with(Package::from(&COUNTER));
        let counted = twice(&packages, &["wasi:clocks", "Test:Counter@1"]);
        assert_eq!(counted.expect("enabled"), 2);
        let counted = twice(&packages, &["test:counter/counters"]);
        assert_eq!(counted.expect("enabled"), 2);

        let refused = twice(&packages, &["wasi:clocks"]).expect_err("not enabled");
        assert_eq!(
            refused.root_cause().to_string(),
            "test:counter/counters#make is not enabled; add `- test:counter` to its imports"
        );
        let refused = twice(&packages, &["test:count"]).expect_err("unknown");
        let text = "unsupported wasm host import: test:count (did you mean test:counter?)";
        assert_eq!(refused.to_string(), text);
    }

    #[test]
    fn what_no_package_has_traps_by_name() {
        let refused = twice(&PACKAGES, &["wasi:clocks"]).expect_err("unknown");
        assert_eq!(
            refused.root_cause().to_string(),
            "test:counter/counters@1.0.0#make is not known here; nothing in imports enables it"
        );
    }
}
