//! Log lines on standard error.

use std::io::{self, Write};

use rustix::io::{Errno, ReadWriteFlags, pwritev2};
use tracing::level_filters::LevelFilter;

/// Starts logging: guests' lines and warnings; with `-v` what the program does, with `-vv` all.
pub(super) fn start(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::INFO,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let started = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(|| NeverBlocking)
        .without_time()
        .with_ansi(rustix::termios::isatty(rustix::stdio::stderr()))
        .try_init();
    // Somebody who embeds this has set up logging already.
    drop(started);
}

/// Standard error without waiting: a pipe that nobody reads loses log lines, not time.
struct NeverBlocking;

impl Write for NeverBlocking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let stderr = rustix::stdio::stderr();
        match pwritev2(
            stderr,
            &[io::IoSlice::new(bytes)],
            u64::MAX,
            ReadWriteFlags::NOWAIT,
        ) {
            Ok(written) => Ok(written),
            Err(Errno::AGAIN) => Ok(bytes.len()),
            // Terminals, files and older kernels know no such flag. An error would be reported on
            // the very stream that failed.
            Err(_) => Ok(io::stderr().write(bytes).unwrap_or(bytes.len())),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
