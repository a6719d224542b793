//! Log lines on standard error.

use std::io::{self, Write};

use rustix::io::{Errno, ReadWriteFlags, pwritev2};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::progress::Progress;

/// What this program says beside what its modules say under their own paths.
const TARGETS: [&str; 5] = ["guest", "http", "network", "read", "service"];

/// Starts logging: guests' lines and warnings; with `-v` what the program does, with `-vv` what
/// libraries do, too.
pub(super) fn start(verbose: u8, progress: Progress) {
    let level = match verbose {
        0 => LevelFilter::INFO,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let is_shown = move |metadata: &Metadata<'_>| {
        let target = metadata.target();
        let is_own = || TARGETS.contains(&target) || target.starts_with("wippy");
        let of_others = match verbose {
            0 | 1 => Level::INFO,
            // Below that the engine has thousands of lines for each call.
            _ => Level::DEBUG,
        };
        *metadata.level() <= of_others || is_own()
    };
    let started = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(move || Beside(progress.clone()))
        .without_time()
        .with_ansi(rustix::termios::isatty(rustix::stdio::stderr()))
        .finish()
        .with(filter_fn(is_shown).with_max_level_hint(level))
        .try_init();
    // Somebody who embeds this has set up logging already.
    drop(started);
}

/// Standard error beside the line that says what takes long.
struct Beside(Progress);

impl Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.beside(|| NeverBlocking.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
