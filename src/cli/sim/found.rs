//! The faults and switches of a run, as text for people and as JSON.

use std::fmt::Write;

use serde_json::{Value, json};
use wippy_dispatcher::sim::{FoundFault, FoundSwitch, RunNotes};

/// A line for each, in the order of their times.
pub(super) fn text(notes: &RunNotes) -> String {
    let mut lines = Vec::new();
    for found in notes.faults() {
        lines.push((found.at, format!("{}: {found}", found.id)));
    }
    for found in notes.switches() {
        lines.push((found.at, format!("{}: {found}", found.switch)));
    }
    // Of equal times faults come first.
    lines.sort_by_key(|(at, _)| *at);
    let mut text = String::new();
    for (at, line) in lines {
        let _ = writeln!(text, "{:>14.6} {line}", at.as_secs_f64());
    }
    if notes.is_full() {
        text.push_str("and more than can be listed\n");
    }
    text
}

/// Adds them to an object.
pub(super) fn add(object: &mut Value, faults: &[FoundFault], switches: &[FoundSwitch]) {
    let faults = faults.iter().map(|found| {
        json!({
            "id": found.id.to_string(),
            "amount": found.amount,
            "seconds": found.at.as_secs_f64(),
            "text": found.to_string(),
        })
    });
    let switches = switches.iter().map(|found| {
        json!({
            "id": found.switch.to_string(),
            "seconds": found.at.as_secs_f64(),
            "text": found.to_string(),
        })
    });
    if let Some(object) = object.as_object_mut() {
        object.insert("faults".to_owned(), faults.collect());
        object.insert("switches".to_owned(), switches.collect());
    }
}
