//! `wasi:cli`: environment, exit, the standard streams and terminals.

mod environment;
mod exit;
mod state;
mod stdio;
mod terminal;

pub use exit::Exit;
pub use state::{CliState, CliView};
pub use terminal::{TerminalInput, TerminalOutput};

use super::package::{PackageTable, ResourceKind, interface};

/// The generated interfaces.
#[allow(missing_docs)]
pub mod bindings;

pub use bindings::wasi::cli as interfaces;

/// What the linker and the `imports` list know of the package.
pub(super) const PACKAGE: PackageTable = PackageTable::wasi(
    "wasi:cli",
    &[
        interface!(CliState, "environment", interfaces::environment),
        interface!(CliState, "exit", interfaces::exit),
        interface!(CliState, "stdin", interfaces::stdin),
        interface!(CliState, "stdout", interfaces::stdout),
        interface!(CliState, "stderr", interfaces::stderr),
        interface!(
            CliState,
            "terminal-input",
            interfaces::terminal_input,
            ResourceKind::of::<TerminalInput>(),
        ),
        interface!(
            CliState,
            "terminal-output",
            interfaces::terminal_output,
            ResourceKind::of::<TerminalOutput>(),
        ),
        interface!(CliState, "terminal-stdin", interfaces::terminal_stdin),
        interface!(CliState, "terminal-stdout", interfaces::terminal_stdout),
        interface!(CliState, "terminal-stderr", interfaces::terminal_stderr),
    ],
);
