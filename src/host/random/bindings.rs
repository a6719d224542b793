//! What `bindgen!` generates of `wasi:random`.

wasmtime::component::bindgen!({
    path: "wit",
    world: "wippy:host/random",
    imports: {
        "wasi:random/random.get-random-bytes": async | trappable,
        "wasi:random/insecure.get-insecure-random-bytes": async | trappable,
        default: trappable,
    },
});
