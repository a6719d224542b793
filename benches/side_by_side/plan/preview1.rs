//! Functions of preview 1, called by a core module. The peer answers with its own implementation of them,
//! not by an adapter.

use serde_json::{Value, json};

use super::counts::Counts;
use super::row::{Figure, Goal, Row, Section};
use crate::contender::Name;

/// Calls.
pub fn operations(counts: Counts) -> Section {
    let many = counts.files;
    let faster = |least: f64| Goal::Faster {
        of: Name::Wippy,
        than: Name::Peer,
        least,
    };
    Section {
        id: "preview-1",
        title: "Preview 1",
        figure: "a call, mean of a loop",
        columns: &[Name::Wippy, Name::Peer, Name::PeerPooling],
        note: "Calls of a core module; files are in memory. The peer answers with its native implementation, without an adapter.",
        rows: vec![
            row(
                "clock_time_get",
                "clock-time-get",
                vec![json!(many)],
                many,
                &[faster(1.5)],
            ),
            row(
                "fd_read, 4 KiB",
                "fd-read",
                vec![json!(many)],
                many,
                &[faster(3.0)],
            ),
            row(
                "fd_write, 4 KiB",
                "fd-write",
                vec![json!(many)],
                many,
                &[faster(3.0)],
            ),
            row(
                "poll_oneoff of a timer that is due",
                "poll-oneoff",
                vec![json!(0), json!(counts.polls)],
                counts.polls,
                &[],
            ),
        ],
        ..Section::default()
    }
}

/// How late a poll of one timer ends.
pub fn sleep(counts: Counts) -> Section {
    let at_most = Goal::AtMost {
        of: Name::Wippy,
        than: Name::Peer,
        most: 0.1,
    };
    let lateness = |micros: u64| {
        let label = format!("poll_oneoff of {micros} µs");
        let args = vec![json!(micros), json!(counts.sleeps)];
        row(&label, "poll-oneoff", args, counts.sleeps, &[at_most])
    };
    Section {
        id: "preview-1-sleep",
        title: "Sleeps of preview 1",
        figure: "late by, mean of a loop",
        columns: &[Name::Wippy, Name::Peer, Name::PeerPooling],
        rows: [100, 1000].map(lateness).into(),
        ..Section::default()
    }
}

fn row(label: &str, function: &'static str, args: Vec<Value>, count: u32, goals: &[Goal]) -> Row {
    Row::of(
        "loops-1",
        label,
        function,
        args,
        Figure::Total(count),
        goals,
    )
}
