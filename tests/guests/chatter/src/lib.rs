//! Writes a known pattern: arguments KIB and CHUNK (bytes). Byte i of the output is i mod 251.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/cli",
        "../wit/chatter.wit",
    ],
    world: "test:guests/chatter-guest",
    generate_all,
});

use alloc::format;
use alloc::vec::Vec;
use exports::wasi::cli::run::Guest;
use wasi::cli::environment::get_arguments;
use wasi::cli::stdout::get_stdout;

support::console!();

struct Chatter;
export!(Chatter);

impl Guest for Chatter {
    /// Ends with `full N` on stderr: how often `check-write` said 0.
    fn run() -> Result<(), ()> {
        let arguments: Vec<u64> = get_arguments()
            .iter()
            .skip(1)
            .filter_map(|a| a.parse().ok())
            .collect();
        let [kib, chunk] = arguments[..] else {
            return Err(());
        };
        let total = kib.saturating_mul(1024);
        let stdout = get_stdout();
        let writable = stdout.subscribe();
        let (mut written, mut full) = (0, 0u64);
        while written < total {
            let permit = stdout.check_write().map_err(|_| ())?;
            if permit == 0 {
                full += 1;
                writable.block();
                continue;
            }
            let end = written + permit.min(chunk.max(1)).min(total - written);
            let part: Vec<u8> = (written..end).map(|at| (at % 251) as u8).collect();
            stdout.write(&part).map_err(|_| ())?;
            written = end;
        }
        stdout.flush().map_err(|_| ())?;
        writable.block();
        stdout.check_write().map_err(|_| ())?;
        drop(writable);
        complain(&format!("full {full}\n"))
    }
}
