//! `wasi:sockets`: TCP, UDP and names, on the dispatcher's sockets.

mod address;
mod error;
mod names;
mod network;
mod options;
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

use super::package::{Package, ResourceKind, interface};

/// The generated interfaces.
#[allow(missing_docs)]
pub mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "wippy:host/sockets",
        imports: {
            "wasi:sockets/ip-name-lookup.[method]resolve-address-stream.resolve-next-address": async | trappable,
            "wasi:sockets/tcp.[method]tcp-socket.accept": async | trappable,
            "wasi:sockets/tcp.[method]tcp-socket.finish-connect": async | trappable,
            "wasi:sockets/tcp.[method]tcp-socket.shutdown": async | trappable,
            "wasi:sockets/tcp-create-socket.create-tcp-socket": async | trappable,
            "wasi:sockets/udp-create-socket.create-udp-socket": async | trappable,
            "wasi:sockets/udp.[method]incoming-datagram-stream.receive": async | trappable,
            "wasi:sockets/udp.[method]outgoing-datagram-stream.check-send": async | trappable,
            "wasi:sockets/udp.[method]outgoing-datagram-stream.send": async | trappable,
            default: trappable,
        },
        trappable_error_type: {
            "wasi:sockets/network.error-code" => super::SocketError,
        },
        require_store_data_send: true,
        with: {
            "wasi:io/error": crate::host::io::interfaces::error,
            "wasi:io/poll": crate::host::io::interfaces::poll,
            "wasi:io/streams": crate::host::io::interfaces::streams,
            "wasi:clocks/monotonic-clock": crate::host::clocks::interfaces::monotonic_clock,
            "wasi:sockets/network.network": super::Network,
            "wasi:sockets/ip-name-lookup.resolve-address-stream": super::ResolveAddressStream,
            "wasi:sockets/tcp.tcp-socket": super::TcpSocket,
            "wasi:sockets/udp.udp-socket": super::UdpSocket,
            "wasi:sockets/udp.incoming-datagram-stream": super::IncomingDatagramStream,
            "wasi:sockets/udp.outgoing-datagram-stream": super::OutgoingDatagramStream,
        },
    });
}

pub use bindings::wasi::sockets as interfaces;

/// What the linker and the `imports` list know of the package.
pub(super) const PACKAGE: Package = Package::wasi(
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
