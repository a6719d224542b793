//! `wasi:cli`: environment, exit, the standard streams and terminals.

mod environment;
mod exit;
mod stdio;
mod terminal;

pub use terminal::{TerminalInput, TerminalOutput};

/// The generated interfaces.
#[allow(missing_docs)]
pub mod bindings {
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
}

pub use bindings::wasi::cli as interfaces;
