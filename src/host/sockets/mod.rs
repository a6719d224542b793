//! `wasi:sockets`: TCP, UDP and names, on the dispatcher's sockets.

mod address;
mod error;
mod names;
mod network;
mod options;
mod readiness;
mod socket_pollable;
mod state;
mod tcp;
mod tcp_input;
mod tcp_output;
mod tcp_state;
mod udp;
mod udp_shared;
mod udp_state;
mod udp_streams;

pub use error::SocketError;
pub use names::ResolveAddressStream;
pub use network::Network;
pub use socket_pollable::SocketPollable;
pub use state::{SocketsState, SocketsView};
pub use tcp_input::TcpInput;
pub use tcp_output::TcpOutput;
pub use tcp_state::TcpSocket;
pub use udp_state::UdpSocket;
pub use udp_streams::{IncomingDatagramStream, OutgoingDatagramStream};

use super::package::{PackageTable, ResourceKind, interface};

/// The generated interfaces.
#[allow(missing_docs)]
pub mod bindings;

pub use bindings::wasi::sockets as interfaces;

/// What the linker and the `imports` list know of the package.
pub(super) const PACKAGE: PackageTable = PackageTable::wasi(
    "wasi:sockets",
    &[
        interface!(
            SocketsState,
            "network",
            interfaces::network,
            ResourceKind::of::<Network>(),
        ),
        interface!(
            SocketsState,
            "instance-network",
            interfaces::instance_network
        ),
        interface!(
            SocketsState,
            "ip-name-lookup",
            interfaces::ip_name_lookup,
            ResourceKind::of::<ResolveAddressStream>(),
        ),
        interface!(
            SocketsState,
            "tcp",
            interfaces::tcp,
            ResourceKind::of::<TcpSocket>()
        ),
        interface!(
            SocketsState,
            "tcp-create-socket",
            interfaces::tcp_create_socket
        ),
        interface!(
            SocketsState,
            "udp",
            interfaces::udp,
            ResourceKind::of::<UdpSocket>(),
            ResourceKind::of::<IncomingDatagramStream>(),
            ResourceKind::of::<OutgoingDatagramStream>(),
        ),
        interface!(
            SocketsState,
            "udp-create-socket",
            interfaces::udp_create_socket
        ),
    ],
);

#[cfg(test)]
mod tests;
