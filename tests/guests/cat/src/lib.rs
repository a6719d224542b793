//! Copies stdin to stdout, byte for byte, in the way that the first argument names.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/cli",
        "../wit/cat.wit",
    ],
    world: "test:guests/cat-guest",
    generate_all,
});

use exports::wasi::cli::run::Guest;
use wasi::cli::environment::get_arguments;
use wasi::cli::stdin::get_stdin;
use wasi::cli::stdout::get_stdout;
use wasi::io::streams::{InputStream, OutputStream, StreamError};

const CHUNK: u64 = 64 * 1024;

struct Cat;
export!(Cat);

/// The end of the input is no failure; anything else is.
fn at_end(error: StreamError) -> Result<(), ()> {
    match error {
        StreamError::Closed => Ok(()),
        StreamError::LastOperationFailed(_) => Err(()),
    }
}

fn blocking(stdin: &InputStream, stdout: &OutputStream) -> Result<(), ()> {
    loop {
        match stdin.blocking_read(CHUNK) {
            Ok(bytes) => {
                for part in bytes.chunks(4096) {
                    stdout.blocking_write_and_flush(part).map_err(|_| ())?;
                }
            }
            Err(error) => return at_end(error),
        }
    }
}

/// Writes all of it with `check-write`, and waits by polling where the permit is 0.
fn write_all(stdout: &OutputStream, mut bytes: &[u8]) -> Result<(), ()> {
    while !bytes.is_empty() {
        let permit = stdout.check_write().map_err(|_| ())?;
        if permit == 0 {
            stdout.subscribe().block();
            continue;
        }
        let len = usize::try_from(permit)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let (now, later) = bytes.split_at(len);
        stdout.write(now).map_err(|_| ())?;
        bytes = later;
    }
    Ok(())
}

fn polling(stdin: &InputStream, stdout: &OutputStream) -> Result<(), ()> {
    loop {
        match stdin.read(CHUNK) {
            Ok(bytes) if bytes.is_empty() => stdin.subscribe().block(),
            Ok(bytes) => write_all(stdout, &bytes)?,
            Err(error) => break at_end(error)?,
        }
    }
    stdout.flush().map_err(|_| ())?;
    // Ready again once the flush is through.
    stdout.subscribe().block();
    stdout.check_write().map(|_| ()).map_err(|_| ())
}

fn splicing(stdin: &InputStream, stdout: &OutputStream) -> Result<(), ()> {
    loop {
        match stdout.splice(stdin, CHUNK) {
            Ok(0) if stdout.check_write().map_err(|_| ())? == 0 => stdout.subscribe().block(),
            Ok(0) => stdin.subscribe().block(),
            Ok(_) => {}
            Err(error) => break at_end(error)?,
        }
    }
    stdout.blocking_flush().map_err(|_| ())
}

fn blocking_splicing(stdin: &InputStream, stdout: &OutputStream) -> Result<(), ()> {
    loop {
        if let Err(error) = stdout.blocking_splice(stdin, CHUNK) {
            at_end(error)?;
            return stdout.blocking_flush().map_err(|_| ());
        }
    }
}

impl Guest for Cat {
    fn run() -> Result<(), ()> {
        let (stdin, stdout) = (get_stdin(), get_stdout());
        match get_arguments().get(1).map(|way| way.as_str()) {
            None | Some("--blocking") => blocking(&stdin, &stdout),
            Some("--poll") => polling(&stdin, &stdout),
            Some("--splice") => splicing(&stdin, &stdout),
            Some("--blocking-splice") => blocking_splicing(&stdin, &stdout),
            Some(_) => Err(()),
        }
    }
}
