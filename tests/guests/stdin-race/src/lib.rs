//! Waits for whichever comes first: a timer (first argument, milliseconds) or stdin.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/clocks",
        "../../../wit/deps/cli",
        "../wit/stdin-race.wit",
    ],
    world: "test:guests/stdin-race-guest",
    generate_all,
});

use alloc::format;
use alloc::string::{String, ToString};
use exports::wasi::cli::run::Guest;
use wasi::cli::environment::get_arguments;
use wasi::cli::stdin::get_stdin;
use wasi::clocks::monotonic_clock::subscribe_duration;
use wasi::io::poll::poll;
use wasi::io::streams::StreamError;

support::console!();

struct StdinRace;
export!(StdinRace);

impl Guest for StdinRace {
    /// Prints a line for each index of the one answer: `0 timer`, `1 stdin: <data>` or `1 stdin closed`.
    fn run() -> Result<(), ()> {
        let millis: u64 = get_arguments()
            .get(1)
            .and_then(|a| a.parse().ok())
            .ok_or(())?;
        let timer = subscribe_duration(millis.saturating_mul(1_000_000));
        let stdin = get_stdin();
        let readable = stdin.subscribe();
        for index in poll(&[&timer, &readable]) {
            let what = match index {
                0 => "timer".to_string(),
                _ => match stdin.read(4096) {
                    Ok(data) => format!("stdin: {}", String::from_utf8_lossy(&data).trim_end()),
                    Err(StreamError::Closed) => "stdin closed".to_string(),
                    Err(StreamError::LastOperationFailed(error)) => error.to_debug_string(),
                },
            };
            print(&format!("{index} {what}\n"))?;
        }
        drop(readable);
        Ok(())
    }
}
