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
pub(crate) mod own_client;
mod trailers;

pub use access::{HttpAccess, HttpView};
pub use body::{IncomingBody, OutgoingBody};
pub use fields::FieldsResource;
pub use handler::FutureIncomingResponse;
pub(crate) use incoming::ReceivedRequest;
pub use incoming::{IncomingRequest, IncomingResponse};
pub use options::RequestOptions;
pub use outgoing::{OutgoingRequest, OutgoingResponse, ResponseOutparam};
pub use trailers::FutureTrailers;

use super::package::{PackageTable, ResourceKind, interface};

/// The generated interfaces.
#[allow(missing_docs)]
pub mod bindings;

pub use bindings::wasi::http as interfaces;

/// What the linker and the `imports` list know of the package.
pub(super) const PACKAGE: PackageTable = PackageTable {
    preview1: false,
    ..PackageTable::wasi(
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
