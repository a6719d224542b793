//! Breaks one rule of the streams each: parents before children, more than was permitted.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/cli",
        "../wit/children.wit",
    ],
    world: "test:guests/children-guest",
    generate_all,
});

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use exports::test::guests::children::Guest;
use wasi::cli::stdin::get_stdin;
use wasi::cli::stdout::get_stdout;
use wasi::io::streams::{InputStream, OutputStream, StreamError};

/// What `blocking-write-and-flush` takes at most.
const BLOCKING_LIMIT: usize = 4096;

/// Beyond this `write-over-permit` returns instead of allocating.
const LARGEST_PERMIT: usize = 16 << 20;

struct Children;
export!(Children);

/// The stream, and one byte more than it permits just now.
fn over_permit() -> (OutputStream, u64) {
    let stdout = get_stdout();
    let permit = stdout.check_write().expect("stdout is open");
    (stdout, permit + 1)
}

fn read_nothing(stdin: &InputStream) -> &'static str {
    match stdin.read(0).as_ref().map(Vec::len) {
        Ok(0) => "empty",
        Ok(_) => "bytes",
        Err(StreamError::Closed) => "closed",
        Err(StreamError::LastOperationFailed(_)) => "failed",
    }
}

impl Guest for Children {
    fn drop_stdin_with_pollable() {
        let stdin = get_stdin();
        let pollable = stdin.subscribe();
        drop(stdin);
        drop(pollable);
    }

    fn drop_stdout_with_pollable() {
        let stdout = get_stdout();
        let pollable = stdout.subscribe();
        drop(stdout);
        drop(pollable);
    }

    fn drop_in_order() {
        let stdin = get_stdin();
        let stdout = get_stdout();
        let pollables = [stdin.subscribe(), stdin.subscribe(), stdout.subscribe()];
        drop(pollables);
        drop(stdin);
        drop(stdout);
    }

    fn write_over_permit() {
        let (stdout, len) = over_permit();
        // Running out of memory would be a trap too, and prove nothing.
        if let Some(len) = usize::try_from(len)
            .ok()
            .filter(|len| *len <= LARGEST_PERMIT)
        {
            let _ = stdout.write(&vec![b'x'; len]);
        }
    }

    fn write_zeroes_over_permit() {
        let (stdout, len) = over_permit();
        let _ = stdout.write_zeroes(len);
    }

    fn blocking_write_4096() {
        get_stdout()
            .blocking_write_and_flush(&[b'x'; BLOCKING_LIMIT])
            .expect("stdout is open");
    }

    fn blocking_write_over_4096() {
        let _ = get_stdout().blocking_write_and_flush(&[b'x'; BLOCKING_LIMIT + 1]);
    }

    fn blocking_write_zeroes_over_4096() {
        let _ = get_stdout().blocking_write_zeroes_and_flush(BLOCKING_LIMIT as u64 + 1);
    }

    fn read_zero() -> String {
        let stdin = get_stdin();
        let first = read_nothing(&stdin);
        while stdin.blocking_read(4096).is_ok() {}
        format!("{first}, {}", read_nothing(&stdin))
    }
}
