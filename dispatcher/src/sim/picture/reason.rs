//! What a task waits for, in the words of a picture.

use std::fmt::Write;

use crate::sim::waits::{TaskState, TaskWait, WaitFor};
use crate::time::instant::Instant;

/// What a task waits for. Times are since the start.
pub(super) fn of_task(wait: &TaskWait, start: Instant) -> String {
    let mut text = match wait.state {
        TaskState::Held => "the end of its host's pause".to_owned(),
        _ if wait.waits_for.is_empty() => {
            "a waker of the program's own, such as a channel".to_owned()
        }
        _ => list(&wait.waits_for, ", ", start),
    };
    if wait.more > 0 {
        // Writing to a string does not fail.
        let _ = write!(text, " and {} more", wait.more);
    }
    if let Some(description) = &wait.description {
        let _ = write!(text, "\n{description}");
    }
    text
}

fn list(waits: &[WaitFor], between: &str, start: Instant) -> String {
    let texts: Vec<String> = waits.iter().map(|wait| of_wait(wait, start)).collect();
    texts.join(between)
}

fn of_wait(wait: &WaitFor, start: Instant) -> String {
    let until = |what: &str, at: &Instant| format!("{what}, until {:?}", *at - start);
    match wait {
        WaitFor::Timer(at) => until("a timer", at),
        WaitFor::Yield(at) => until("the end of a yield", at),
        WaitFor::Job(at) => until("a blocking job", at),
        WaitFor::Lookup { name, at } => until(&format!("the lookup of {name:?}"), at),
        WaitFor::AnyOf { members, first } => {
            let more = if *members > first.len() { "; ..." } else { "" };
            format!("any of {members} ({}{more})", list(first, "; ", start))
        }
        wait => wait.to_string(),
    }
}
