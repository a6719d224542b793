//! `wasi:cli`: environment, exit, the standard streams and terminals.

mod environment;
mod exit;
mod stdio;
mod terminal;

pub use terminal::{TerminalInput, TerminalOutput};

use super::package::{Package, ResourceKind, interface};

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

/// What the linker and the `imports` list know of the package.
pub(super) const PACKAGE: Package = Package::wasi(
    "wasi:cli",
    &[
        interface!("environment", interfaces::environment),
        interface!("exit", interfaces::exit),
        interface!("stdin", interfaces::stdin),
        interface!("stdout", interfaces::stdout),
        interface!("stderr", interfaces::stderr),
        interface!(
            "terminal-input",
            interfaces::terminal_input,
            ResourceKind::of::<TerminalInput>(),
        ),
        interface!(
            "terminal-output",
            interfaces::terminal_output,
            ResourceKind::of::<TerminalOutput>(),
        ),
        interface!("terminal-stdin", interfaces::terminal_stdin),
        interface!("terminal-stdout", interfaces::terminal_stdout),
        interface!("terminal-stderr", interfaces::terminal_stderr),
    ],
);
