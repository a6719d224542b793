//! What `bindgen!` generates of `wippy:runtime`.

wasmtime::component::bindgen!({
    path: "wit",
    world: "wippy:host/funcs",
    imports: { default: async | trappable },
});
