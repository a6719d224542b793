//! What `bindgen!` generates of `wasi:sockets`.

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
