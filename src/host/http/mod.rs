//! `wasi:http`: messages as resources, and requests that a client sends.

mod access;
mod body;
mod error;
mod fields;
mod handler;
mod incoming;
mod memory;
mod options;
mod outgoing;
mod trailers;

pub use access::{HttpAccess, HttpView};
pub use body::{IncomingBody, OutgoingBody};
pub use fields::FieldsResource;
pub use handler::FutureIncomingResponse;
#[cfg(test)]
pub(crate) use incoming::ReceivedRequest;
pub use incoming::{IncomingRequest, IncomingResponse};
pub use options::RequestOptions;
pub use outgoing::{OutgoingRequest, OutgoingResponse, ResponseOutparam};
pub use trailers::FutureTrailers;

use super::package::{Package, ResourceKind, interface};

/// The generated interfaces.
#[allow(missing_docs)]
pub mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "wippy:host/http",
        imports: {
            "wasi:http/types.[method]future-incoming-response.get": async | trappable,
            "wasi:http/types.[method]future-trailers.get": async | trappable,
            default: trappable,
        },
        require_store_data_send: true,
        with: {
            "wasi:clocks/monotonic-clock": crate::host::clocks::interfaces::monotonic_clock,
            "wasi:io/error": crate::host::io::interfaces::error,
            "wasi:io/poll": crate::host::io::interfaces::poll,
            "wasi:io/streams": crate::host::io::interfaces::streams,
            "wasi:http/types.fields": super::FieldsResource,
            "wasi:http/types.incoming-request": super::IncomingRequest,
            "wasi:http/types.outgoing-request": super::OutgoingRequest,
            "wasi:http/types.request-options": super::RequestOptions,
            "wasi:http/types.response-outparam": super::ResponseOutparam,
            "wasi:http/types.incoming-response": super::IncomingResponse,
            "wasi:http/types.incoming-body": super::IncomingBody,
            "wasi:http/types.future-trailers": super::FutureTrailers,
            "wasi:http/types.outgoing-response": super::OutgoingResponse,
            "wasi:http/types.outgoing-body": super::OutgoingBody,
            "wasi:http/types.future-incoming-response": super::FutureIncomingResponse,
        },
    });
}

pub use bindings::wasi::http as interfaces;

/// What the linker and the `imports` list know of the package.
pub(super) const PACKAGE: Package = Package {
    preview1: false,
    ..Package::wasi(
        "wasi:http",
        &[
            interface!(
                HttpAccess,
                "types",
                interfaces::types,
                ResourceKind::of::<FieldsResource>(),
                ResourceKind::of::<IncomingRequest>(),
                ResourceKind::of::<OutgoingRequest>(),
                ResourceKind::of::<RequestOptions>(),
                ResourceKind::of::<ResponseOutparam>(),
                ResourceKind::of::<IncomingResponse>(),
                ResourceKind::of::<IncomingBody>(),
                ResourceKind::of::<FutureTrailers>(),
                ResourceKind::of::<OutgoingResponse>(),
                ResourceKind::of::<OutgoingBody>(),
                ResourceKind::of::<FutureIncomingResponse>(),
            ),
            interface!(HttpAccess, "outgoing-handler", interfaces::outgoing_handler),
        ],
    )
};
