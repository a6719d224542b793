//! What `bindgen!` generates of `wasi:clocks`.

wasmtime::component::bindgen!({
    path: "wit",
    world: "wippy:host/clocks",
    imports: { default: trappable },
    require_store_data_send: true,
    with: {
        "wasi:io/poll": crate::host::io::interfaces::poll,
    },
});
