//! Prints which of its three standard streams are terminals.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/cli",
        "../wit/terminals.wit",
    ],
    world: "test:guests/terminals-guest",
    generate_all,
});

use alloc::format;
use exports::wasi::cli::run::Guest;
use wasi::cli::terminal_stderr::get_terminal_stderr;
use wasi::cli::terminal_stdin::get_terminal_stdin;
use wasi::cli::terminal_stdout::get_terminal_stdout;

support::console!();

struct Terminals;
export!(Terminals);

impl Guest for Terminals {
    /// Three lines: `stdin yes`, `stdout no`, `stderr no`.
    fn run() -> Result<(), ()> {
        let found = [
            ("stdin", get_terminal_stdin().is_some()),
            ("stdout", get_terminal_stdout().is_some()),
            ("stderr", get_terminal_stderr().is_some()),
        ];
        found.into_iter().try_for_each(|(stream, is_terminal)| {
            print(&format!(
                "{stream} {}\n",
                if is_terminal { "yes" } else { "no" }
            ))
        })
    }
}
