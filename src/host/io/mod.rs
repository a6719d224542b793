//! `wasi:io`: errors, pollables and streams.

mod destination;
mod error;
mod input;
mod output;
mod poll;
mod streams;
mod write_queue;

pub(crate) use destination::{Destination, Job, Unwritten};
pub use error::{IoError, StreamError};
pub use input::{Feed, InputStream, READ_MAX};
pub use output::{OutputStream, Sink};
pub(crate) use write_queue::{Owner, PERMIT, WriteQueue};

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

#[cfg(test)]
mod tests;
