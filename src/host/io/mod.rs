//! `wasi:io`: errors, pollables and streams.

mod at_once;
mod borrowed_write;
mod destination;
mod error;
mod input;
mod io_error;
mod output;
mod poll;
mod read_max;
mod streams;
mod write_queue;

pub(crate) use destination::{Destination, Job, Unwritten};
pub use input::{InputSource, InputStream};
pub use io_error::{IoError, StreamError};
pub use output::{OutputStream, Sink};
pub use read_max::READ_MAX;
pub(crate) use write_queue::{Owner, PERMIT, WriteQueue};

use wasmtime::component::{Resource, ResourceType};

use super::State;
use super::call::Call;
use super::package::{InterfaceTable, PackageTable, ResourceKind, interface};
use super::pollable::Pollable;
use super::table::HostResource;
use interfaces::streams::HostOutputStream;

/// The generated interfaces.
#[allow(missing_docs)]
pub mod bindings;

pub use bindings::wasi::io as interfaces;

/// What the linker and the `imports` list know of the package.
pub(super) const PACKAGE: PackageTable = PackageTable::wasi(
    "wasi:io",
    &[
        interface!(
            Call,
            "error",
            interfaces::error,
            ResourceKind::of::<IoError>()
        ),
        InterfaceTable {
            define: |linker, instance| {
                interfaces::streams::add_to_linker::<_, Call>(linker, call)?;
                borrowed_write::define(linker, instance)
            },
            ..interface!(
                Call,
                "streams",
                interfaces::streams,
                ResourceKind::of::<InputStream>(),
                OUTPUT_STREAM,
            )
        },
        InterfaceTable {
            define: |linker, instance| {
                interfaces::poll::add_to_linker::<_, Call>(linker, call)?;
                at_once::define(linker, instance)
            },
            ..interface!(
                Call,
                "poll",
                interfaces::poll,
                ResourceKind::of::<Pollable>()
            )
        },
    ],
);

fn call(state: &mut State) -> &mut Call {
    &mut state.counted().call
}

/// What the stream has accepted is still delivered after its drop.
const OUTPUT_STREAM: ResourceKind = ResourceKind {
    name: OutputStream::NAME,
    define: |instance| {
        let ty = ResourceType::host::<OutputStream>();
        instance.resource_async(OutputStream::NAME, ty, |mut store, index| {
            Box::new(async move {
                let stream = Resource::new_own(index);
                HostOutputStream::drop(call(store.data_mut()), stream).await
            })
        })
    },
};

#[cfg(test)]
mod tests;
