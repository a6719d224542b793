//! What `bindgen!` generates of `wasi:http`.

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
