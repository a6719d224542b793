//! SIGUSR1: what every call is doing, as a table on standard error.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::SIGUSR1;
use signal_hook::{flag, low_level::pipe};
use wippy_dispatcher::{Dispatcher, Error, Instant, Interest, Source, Task};

use crate::Runtime;
use crate::activity::{CallReport, CallState};
use crate::one_line::OneLine;

/// How many calls a table shows.
const MAX_ROWS: usize = 1000;

/// From now on the signal does not end the process. What comes before [`answer`] is lost.
pub(super) fn ignore_signal() {
    // Refused, the signal ends the process as if it were not known.
    let _ = flag::register(SIGUSR1, Arc::new(AtomicBool::new(false)));
}

/// Answers each signal with a table of the runtime's calls until the task is dropped. `None` in a
/// simulation, which sees no signals.
///
/// # Errors
/// `Io` where the process has no descriptor left; `TooManySources`, `TooManyTasks`.
pub(super) fn answer(
    dispatcher: &Dispatcher,
    runtime: &Runtime,
) -> Result<Option<Task<()>>, Error> {
    let handle = dispatcher.handle();
    if handle.is_simulated()? {
        return Ok(None);
    }
    let (read, write) = UnixStream::pair()?;
    read.set_nonblocking(true)?;
    pipe::register(SIGUSR1, write)?;
    let source = Source::with_interest(&handle, read, Interest::Readable)?;
    let runtime = runtime.clone();
    let answering = async move {
        while source.ready(Interest::Readable).await.is_ok() {
            drain(&source);
            let Ok(now) = handle.now() else {
                return;
            };
            let text = table(&runtime.calls(), now);
            // Standard error may be a pipe that nobody reads.
            let written = handle.unblock(move || std::io::stderr().write_all(text.as_bytes()));
            let _ = written.await;
        }
    };
    dispatcher.spawn(answering).map(Some)
}

/// Takes the bytes of the signals so far: one table answers all of them.
fn drain(source: &Source<UnixStream>) {
    let mut bytes = [0; 64];
    while source.get().read(&mut bytes).is_ok_and(|read| read > 0) {}
    source.clear(Interest::Readable);
}

/// A line for each call, the longest running first.
fn table(calls: &[CallReport], now: Instant) -> String {
    let shown = calls.get(..MAX_ROWS).unwrap_or(calls);
    let entries: Vec<String> = shown
        .iter()
        .map(|call| OneLine(&call.entry.to_string()).to_string())
        .collect();
    let width = entries.iter().map(|entry| entry.chars().count()).max();
    let width = width.unwrap_or(0).max("ENTRY".len());
    let plural = if calls.len() == 1 { "" } else { "s" };
    let mut text = format!("wippy: {} call{plural}\n", calls.len());
    if !shown.is_empty() {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{:>8}  {:width$}  {:>12}  {:>12}  STATE",
            "CALL", "ENTRY", "BEGUN", "SINCE"
        );
    }
    for (call, entry) in shown.iter().zip(entries) {
        let (begun, since) = (ago(now, call.begun), ago(now, call.since));
        let _ = write!(
            text,
            "{:>8}  {entry:width$}  {begun:>12}  {since:>12}  {}",
            call.number, call.state
        );
        if let CallState::Parked(wait) = &call.state
            && let Some(deadline) = wait.deadline().filter(|it| *it != Instant::NEVER)
        {
            let _ = write!(text, ", due in {}", ago(deadline, now));
        }
        if let Some(caller) = call.caller {
            let _ = write!(text, " (called by {caller})");
        }
        text.push('\n');
    }
    if calls.len() > shown.len() {
        let _ = writeln!(text, "and {} more", calls.len() - shown.len());
    }
    text
}

/// The time between two instants.
fn ago(now: Instant, then: Instant) -> String {
    let passed = now - then;
    format!("{}.{:03} s", passed.as_secs(), passed.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_runs() {
        assert_eq!(table(&[], Instant::from_nanos(5)), "wippy: 0 calls\n");
    }

    #[test]
    fn times_are_in_milliseconds_and_never_below_zero() {
        let at = Instant::from_nanos;
        assert_eq!(ago(at(93_120_999_999), at(0)), "93.120 s");
        assert_eq!(ago(at(1), at(2)), "0.000 s");
    }
}
