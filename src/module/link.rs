//! A linker from an entry's capabilities alone.
//!
//! Every resource type of WASI is there, under the names of the host's version, so that a guest of
//! any 0.2.x links; what the list decides is which *functions* work and which trap.

use std::sync::Arc;

use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{Component, Linker, LinkerInstance, Resource, ResourceType};
use wasmtime::{Engine, Result, StoreContextMut, format_err};

use super::ModuleError;
use super::imports::{self, Capabilities, HOST_VERSION, group_of, groups, implementation};
use crate::host::cli::{TerminalInput, TerminalOutput};
use crate::host::filesystem::{Descriptor, DirectoryStream};
use crate::host::http;
use crate::host::io::interfaces::streams::HostOutputStream;
use crate::host::io::{InputStream, IoError, OutputStream};
use crate::host::pollable::Pollable;
use crate::host::sockets::{
    IncomingDatagramStream, Network, OutgoingDatagramStream, ResolveAddressStream, TcpSocket,
    UdpSocket,
};
use crate::host::table::Kind;
use crate::host::{State, lend_writes};

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
    define_wasi(&mut linker, capabilities).map_err(failed)?;
    define_traps(&mut linker, component, capabilities).map_err(failed)?;
    Ok(linker)
}

fn define_wasi(linker: &mut Linker<State>, capabilities: &Capabilities) -> Result<()> {
    for group in groups() {
        for name in group.interfaces {
            let interface = format!("{}/{name}", group.name);
            match implementation(&interface) {
                Some(add) if capabilities.allows(&interface) => {
                    add(linker)?;
                    lend_writes(linker, &interface, &versioned(&interface))?;
                }
                _ => define_resources(linker, &interface)?,
            }
        }
    }
    Ok(())
}

/// The interface with the one function that answers where it is not enabled.
pub(super) const PREOPENS: &str = "wasi:filesystem/preopens";

/// A resource of a package that the host does not know: no function gives one out.
enum Unavailable {}

/// The resource types of an interface whose functions are not enabled.
fn define_resources(linker: &mut Linker<State>, interface: &str) -> Result<()> {
    let mut instance = linker.instance(&versioned(interface))?;
    match interface {
        "wasi:io/error" => plain::<IoError>(&mut instance),
        "wasi:io/poll" => plain::<Pollable>(&mut instance),
        "wasi:io/streams" => {
            plain::<InputStream>(&mut instance)?;
            let ty = ResourceType::host::<OutputStream>();
            instance.resource_async(OutputStream::NAME, ty, |mut store, index| {
                Box::new(async move {
                    let stream = Resource::new_own(index);
                    HostOutputStream::drop(store.data_mut().counted(), stream).await
                })
            })
        }
        "wasi:cli/terminal-input" => plain::<TerminalInput>(&mut instance),
        "wasi:cli/terminal-output" => plain::<TerminalOutput>(&mut instance),
        "wasi:filesystem/types" => {
            plain::<Descriptor>(&mut instance)?;
            plain::<DirectoryStream>(&mut instance)
        }
        "wasi:http/types" => {
            plain::<http::FieldsResource>(&mut instance)?;
            plain::<http::IncomingRequest>(&mut instance)?;
            plain::<http::OutgoingRequest>(&mut instance)?;
            plain::<http::RequestOptions>(&mut instance)?;
            plain::<http::ResponseOutparam>(&mut instance)?;
            plain::<http::IncomingResponse>(&mut instance)?;
            plain::<http::IncomingBody>(&mut instance)?;
            plain::<http::FutureTrailers>(&mut instance)?;
            plain::<http::OutgoingResponse>(&mut instance)?;
            plain::<http::OutgoingBody>(&mut instance)?;
            plain::<http::FutureIncomingResponse>(&mut instance)
        }
        "wasi:sockets/network" => plain::<Network>(&mut instance),
        "wasi:sockets/ip-name-lookup" => plain::<ResolveAddressStream>(&mut instance),
        "wasi:sockets/tcp" => plain::<TcpSocket>(&mut instance),
        "wasi:sockets/udp" => {
            plain::<UdpSocket>(&mut instance)?;
            plain::<IncomingDatagramStream>(&mut instance)?;
            plain::<OutgoingDatagramStream>(&mut instance)
        }
        _ => Ok(()),
    }
}

fn plain<T: Kind>(instance: &mut LinkerInstance<'_, State>) -> Result<()> {
    instance.resource(
        T::NAME,
        ResourceType::host::<T>(),
        |mut store: StoreContextMut<'_, State>, index| {
            let handle: Resource<T> = Resource::new_own(index);
            store.data_mut().counted().table.delete(handle).map(drop)
        },
    )
}

fn versioned(interface: &str) -> String {
    format!("{interface}@{HOST_VERSION}")
}

/// The interface that a guest's import name means to this host: WASI 0.2 of any patch level.
pub(super) fn host_interface(import: &str) -> Option<&str> {
    let (interface, version) = import.split_once('@')?;
    let patch = version.strip_prefix("0.2.")?;
    (imports::is_known(interface) && patch.bytes().all(|byte| byte.is_ascii_digit()))
        .then_some(interface)
}

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
                let interface = host_interface(import);
                let name = interface.map_or_else(|| import.to_owned(), versioned);
                let mut target = linker.instance(&name)?;
                let place = Place {
                    import,
                    interface,
                    capabilities,
                };
                trap_instance(&mut target, engine, &instance, &place, &mut seen)?;
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

/// Where a trap stands.
struct Place<'a> {
    import: &'a str,
    interface: Option<&'a str>,
    capabilities: &'a Capabilities,
}

fn trap_instance(
    target: &mut LinkerInstance<'_, State>,
    engine: &Engine,
    instance: &ComponentInstance,
    place: &Place<'_>,
    seen: &mut Vec<ResourceType>,
) -> Result<()> {
    let works = place
        .interface
        .is_some_and(|interface| place.capabilities.allows(interface));
    for (name, item) in instance.exports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(_) if place.is_harmless(name) => {
                target.func_wrap(name, |mut store: StoreContextMut<'_, State>, (): ()| {
                    store.data_mut().counted();
                    Ok((Vec::<(Resource<Descriptor>, String)>::new(),))
                })?;
            }
            ComponentItem::ComponentFunc(_) => {
                let defined = trap(target, name, place.text(name));
                // An enabled interface has defined its functions already. What is left there is
                // of a later WASI than the host's.
                if !works {
                    defined?;
                }
            }
            // A type that an earlier import has brought is an alias of it here.
            ComponentItem::Resource(ty) if !seen.contains(&ty) => {
                seen.push(ty);
                let resource = ResourceType::host::<Unavailable>();
                let defined = target.resource(name, resource, |_, _| Ok(()));
                if place.interface.is_none() {
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

impl Place<'_> {
    /// `get-directories` is the one function that answers without being enabled, with an empty list:
    /// guests of the preview 1 adapter that only print ask for it too.
    fn is_harmless(&self, function: &str) -> bool {
        self.interface == Some(PREOPENS)
            && function == "get-directories"
            && !self.capabilities.allows(PREOPENS)
    }

    fn text(&self, function: &str) -> String {
        let Some(interface) = self.interface else {
            return format!(
                "{}#{function} is not known here; nothing in imports enables it",
                self.import
            );
        };
        let group = group_of(interface).unwrap_or(interface);
        match self.capabilities.allows(interface) {
            true => format!(
                "{interface}#{function} is not part of WASI {HOST_VERSION}; nothing in imports enables it"
            ),
            false => {
                let remedy = self.capabilities.remedy(group);
                format!("{interface}#{function} is not enabled; {remedy}")
            }
        }
    }
}
