//! A worker, seen from the driver.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::contenders::Entrant;
use crate::error::Fallible;
use crate::meter::Budget;
use crate::row::PlannedRow;
use crate::worker::Answer;

/// How much longer than asked a worker may take before it is ended.
const PATIENCE: Duration = Duration::from_secs(8);

/// The most that is read of what a worker prints.
const OUTPUT: u64 = 1 << 26;

/// The most of a message that a row shows.
const MESSAGE: usize = 300;

/// Has a worker do a trial. Whatever becomes of it is an answer: a contender that cannot run here does not end the run.
///
/// # Errors
/// Where no process can be started.
pub fn ask(entrant: &Entrant, row: &PlannedRow, budget: Budget) -> Fallible<Answer> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--worker", entrant.id, "--trial", &row.id])
        .args(["--warm", &budget.warm.as_micros().to_string()])
        .args(["--measure", &budget.measure.as_micros().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let outcome = talk(&mut child, budget);
    // It has ended, or it is ended here; the error of a kill is that it has.
    let _ = child.kill();
    let status = child.wait()?;
    let (output, messages) = match outcome {
        Some(outcome) => outcome,
        None => {
            let limit = budget.warm + budget.measure + PATIENCE;
            return Ok(Answer::Refused(format!(
                "it had not ended after {:.1} s",
                limit.as_secs_f64()
            )));
        }
    };
    match serde_json::from_slice(&output) {
        Ok(answer) if status.success() => Ok(answer),
        _ => Ok(Answer::Refused(failure(status, &messages))),
    }
}

/// All that it prints and all its messages; none where it takes too long.
fn talk(child: &mut Child, budget: Budget) -> Option<(Vec<u8>, Vec<u8>)> {
    let output = read(child.stdout.take()?);
    let messages = read(child.stderr.take()?);
    let output = output
        .recv_timeout(budget.warm + budget.measure + PATIENCE)
        .ok()?;
    let messages = messages.recv_timeout(PATIENCE).ok()?;
    Some((output, messages))
}

/// Reads to the end on a thread, which ends with the process.
fn read(pipe: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut pipe = pipe.take(OUTPUT);
        let read = pipe.read_to_end(&mut bytes);
        // Nothing more is wanted of it; without this a worker that prints for ever would wait for a reader.
        let rest = read.and_then(|_| io::copy(&mut pipe.into_inner(), &mut io::sink()));
        // Where nobody waits any more, the worker was ended. What was read before an error is what there is.
        let _ = (rest, sender.send(bytes));
    });
    receiver
}

/// How it ended, and its last words.
fn failure(status: ExitStatus, messages: &[u8]) -> String {
    let messages = String::from_utf8_lossy(messages);
    let lines: Vec<&str> = messages
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    // The message of a panic stands below its place, and above the advice to ask for a backtrace.
    let panic = lines.iter().position(|line| line.contains("panicked at"));
    let words = match panic {
        // Its place is a path of the machine that compiled it.
        Some(at) => lines
            .get(at + 1)
            .map(|line| format!("panic: {line}"))
            .unwrap_or_default(),
        None => lines.last().copied().unwrap_or_default().to_owned(),
    };
    let mut text = format!("the process ended with {status}");
    if !words.is_empty() {
        text = format!(
            "{text}: {}",
            words.chars().take(MESSAGE).collect::<String>()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn a_panic_is_told_by_its_message() {
        let messages = b"\nthread 'main' (7) panicked at src/x.rs:1:2:\nno ring\nnote: run with `RUST_BACKTRACE=1`\n";
        let text = failure(ExitStatus::from_raw(101 << 8), messages);
        assert!(
            text.contains("101") && text.ends_with(": panic: no ring"),
            "{text}"
        );
    }

    #[test]
    fn a_signal_without_words_is_named() {
        let text = failure(ExitStatus::from_raw(11), b"");
        assert!(text.contains("signal: 11"), "{text}");
    }
}
