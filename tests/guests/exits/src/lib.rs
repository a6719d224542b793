//! Ends through `wasi:cli/exit`, as its arguments say: `ok`, `err` or `code N`.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/cli",
        "../wit/exits.wit",
    ],
    world: "test:guests/exits-guest",
    generate_all,
});

use exports::wasi::cli::run::Guest;
use wasi::cli::environment::get_arguments;
use wasi::cli::exit::{exit, exit_with_code};

struct Exits;
export!(Exits);

impl Guest for Exits {
    /// Returns only where the arguments make no sense.
    fn run() -> Result<(), ()> {
        let arguments = get_arguments();
        match (arguments.get(1).map(|way| way.as_str()), arguments.get(2)) {
            (Some("ok"), _) => exit(Ok(())),
            (Some("err"), _) => exit(Err(())),
            (Some("code"), Some(code)) => exit_with_code(code.parse().map_err(|_| ())?),
            _ => {}
        }
        Err(())
    }
}
