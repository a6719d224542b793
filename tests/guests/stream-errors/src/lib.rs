//! Uses stdout or stdin (first argument) until it fails, and says on stderr how it did.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/cli",
        "../wit/stream-errors.wit",
    ],
    world: "test:guests/stream-errors-guest",
    generate_all,
});

use alloc::format;
use alloc::string::{String, ToString};
use exports::wasi::cli::run::Guest;
use wasi::cli::environment::get_arguments;
use wasi::cli::stdin::get_stdin;
use wasi::cli::stdout::get_stdout;
use wasi::io::streams::StreamError;

support::console!();

/// Where writing gives up if nothing fails, in blocks of 4096 bytes.
const BLOCKS: u32 = 4096;

struct StreamErrors;
export!(StreamErrors);

fn name(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".to_string(),
        StreamError::LastOperationFailed(error) => format!("failed: {}", error.to_debug_string()),
    }
}

/// The first failure and what comes after it.
fn writing() -> Option<(StreamError, Option<StreamError>)> {
    let stdout = get_stdout();
    let first = (0..BLOCKS).find_map(|_| stdout.blocking_write_and_flush(&[b'.'; 4096]).err())?;
    Some((first, stdout.check_write().err()))
}

fn reading() -> (StreamError, Option<StreamError>) {
    let stdin = get_stdin();
    loop {
        if let Err(first) = stdin.blocking_read(4096) {
            return (first, stdin.read(1).err());
        }
    }
}

impl Guest for StreamErrors {
    /// One line on stderr, such as `stdin: closed, then closed` or `stdout: nothing failed`.
    fn run() -> Result<(), ()> {
        let arguments = get_arguments();
        let (stream, outcome) = match arguments.get(1).map(|stream| stream.as_str()) {
            Some("stdout") => ("stdout", writing()),
            Some("stdin") => ("stdin", Some(reading())),
            _ => return Err(()),
        };
        let outcome = outcome.map_or("nothing failed".to_string(), |(first, then)| {
            format!(
                "{}, then {}",
                name(first),
                then.map_or("open".to_string(), name)
            )
        });
        complain(&format!("{stream}: {outcome}\n"))
    }
}
