//! `wasi:io`: errors, pollables and streams.

mod borrowed_write;
mod destination;
mod error;
mod input;
mod output;
mod poll;
mod streams;
mod write_queue;

pub(crate) use destination::{Destination, Job, Unwritten};
pub use error::{IoError, StreamError};
pub use input::{InputSource, InputStream, READ_MAX};
pub use output::{OutputStream, Sink};
pub(crate) use write_queue::{Owner, PERMIT, WriteQueue};

use wasmtime::component::{Resource, ResourceType};

use super::State;
use super::call::Call;
use super::package::{Interface, Package, ResourceKind, interface};
use super::pollable::Pollable;
use super::table::HostResource;
use interfaces::streams::HostOutputStream;

/// The generated interfaces.
#[allow(missing_docs)]
pub mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "wippy:host/io",
        imports: {
            "wasi:io/poll.[method]pollable.block": async | trappable,
            "wasi:io/poll.poll": async | trappable,
            "wasi:io/streams.[method]input-stream.subscribe": trappable,
            "wasi:io/streams.[method]output-stream.subscribe": trappable,
            "wasi:io/streams.[drop]input-stream": trappable,
            "wasi:io/streams": async | trappable,
            default: trappable,
        },
        trappable_error_type: {
            "wasi:io/streams.stream-error" => super::StreamError,
        },
        with: {
            "wasi:io/error.error": super::IoError,
            "wasi:io/poll.pollable": crate::host::pollable::Pollable,
            "wasi:io/streams.input-stream": super::InputStream,
            "wasi:io/streams.output-stream": super::OutputStream,
        },
    });
}

pub use bindings::wasi::io as interfaces;

/// What the linker and the `imports` list know of the package.
pub(super) const PACKAGE: Package = Package::wasi(
    "wasi:io",
    &[
        interface!(
            Call,
            "error",
            interfaces::error,
            ResourceKind::of::<IoError>()
        ),
        Interface {
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
        interface!(
            Call,
            "poll",
            interfaces::poll,
            ResourceKind::of::<Pollable>()
        ),
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
