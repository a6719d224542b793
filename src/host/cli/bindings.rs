//! What `bindgen!` generates of `wasi:cli`.

wasmtime::component::bindgen!({
    path: "wit",
    world: "wippy:host/cli",
    imports: { default: trappable },
    require_store_data_send: true,
    with: {
        "wasi:io/error": crate::host::io::interfaces::error,
        "wasi:io/poll": crate::host::io::interfaces::poll,
        "wasi:io/streams": crate::host::io::interfaces::streams,
        "wasi:cli/terminal-input.terminal-input": super::TerminalInput,
        "wasi:cli/terminal-output.terminal-output": super::TerminalOutput,
    },
});
