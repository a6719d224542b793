//! What became of a run, as text for people and as JSON.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use crate::host::capture::OutputKind;
use crate::one_line::OneLine;
use crate::simulation::{Attempt, AttemptEnd, CallOutcome, Outcome};

/// What everyone wrote, a line each with its virtual time, in the order of the times.
pub(super) fn output(outcome: &Outcome) -> String {
    let mut lines = Vec::new();
    for call in &outcome.calls {
        for attempt in &call.attempts {
            lines_of(call, attempt, &mut lines);
        }
    }
    // Of equal times in the order of the calls.
    lines.sort_by_key(|(at, _)| *at);
    let mut text = String::new();
    for (at, line) in lines {
        let _ = writeln!(text, "{:>14.6} {line}", at.as_secs_f64());
    }
    text
}

/// The lines of a call, each at the time of its first byte.
fn lines_of(call: &CallOutcome, attempt: &Attempt, lines: &mut Vec<(Duration, String)>) {
    for (kind, mark) in [(OutputKind::Stdout, '|'), (OutputKind::Stderr, '!')] {
        let mut line: Option<(Duration, Vec<u8>)> = None;
        let mut end = |line: &mut Option<(Duration, Vec<u8>)>| {
            if let Some((at, bytes)) = line.take() {
                let text = String::from_utf8_lossy(&bytes);
                let text = OneLine(text.trim_end_matches(['\n', '\r']));
                lines.push((at, format!("{} {} {mark} {text}", call.host, call.label)));
            }
        };
        for chunk in attempt.output.iter().filter(|chunk| chunk.kind == kind) {
            for piece in chunk.bytes.split_inclusive(|byte| *byte == b'\n') {
                let (_, bytes) = line.get_or_insert_with(|| (chunk.at, Vec::new()));
                bytes.extend(piece);
                if piece.ends_with(b"\n") {
                    end(&mut line);
                }
            }
        }
        end(&mut line);
        let dropped = attempt.dropped_output;
        if dropped > 0 && kind == OutputKind::Stderr {
            let at = attempt.ended.unwrap_or(Duration::MAX);
            let text = format!(
                "{} {}: {dropped} bytes more (bounds.output)",
                call.host, call.label
            );
            lines.push((at, text));
        }
    }
}

/// A run in a few words, by which runs are counted.
pub(super) fn kind(outcome: &Outcome) -> String {
    let mut text = outcome.end.name().to_owned();
    for call in &outcome.calls {
        let end = match call.last().map(|last| &last.end) {
            None => "not made".to_owned(),
            Some(AttemptEnd::Returned(_)) => "returned".to_owned(),
            Some(AttemptEnd::Exited(status)) => format!("exited with {}", status.code),
            Some(AttemptEnd::Failed(_)) => "failed".to_owned(),
            Some(AttemptEnd::Crashed) => "crashed".to_owned(),
            Some(AttemptEnd::Unfinished) => "not ended".to_owned(),
        };
        let _ = write!(text, ", {} {end}", call.label);
    }
    text
}

/// A run as JSON, with what does not hold of it.
pub(super) fn json(outcome: &Outcome, wrong: &[String]) -> Value {
    json!({
        "seed": outcome.seed,
        "end": outcome.end.name(),
        "report": outcome.end.report(),
        "seconds": outcome.time.as_secs_f64(),
        "records": outcome.records,
        "hash": format!("{:016x}", outcome.hash),
        "calls": outcome.calls.iter().map(call).collect::<Vec<_>>(),
        "waits": outcome.waits.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "wrong": wrong,
    })
}

fn call(call: &CallOutcome) -> Value {
    json!({
        "host": call.host,
        "entry": call.entry,
        "call": call.label,
        "attempts": call.attempts.iter().map(attempt).collect::<Vec<_>>(),
    })
}

fn attempt(attempt: &Attempt) -> Value {
    let output = attempt.output.iter().map(|chunk| {
        let stream = match chunk.kind {
            OutputKind::Stdout => "stdout",
            OutputKind::Stderr => "stderr",
        };
        let text = String::from_utf8_lossy(&chunk.bytes);
        json!({"seconds": chunk.at.as_secs_f64(), "stream": stream, "text": text})
    });
    let (status, result) = match &attempt.end {
        AttemptEnd::Exited(status) => (Some(status.code), None),
        AttemptEnd::Returned(value) => (None, Some(value)),
        _ => (None, None),
    };
    json!({
        "began": attempt.began.as_secs_f64(),
        "ended": attempt.ended.map(|ended| ended.as_secs_f64()),
        "end": attempt.end.to_string(),
        "status": status,
        "result": result,
        "output": output.collect::<Vec<_>>(),
        "dropped_output": attempt.dropped_output,
    })
}
