//! Polls, and the other host functions that wait.

use serde_json::json;

use super::counts::Counts;
use super::row::{CROSSED, Figure, Goal, Row, Section};
use crate::contender::Name;
use crate::servers::Ports;

const POLL_MANY: &str = "test:guests/pollset@0.1.0#poll-many";
const POLL_EXPIRED: &str = "test:guests/pollset@0.1.0#poll-expired";
const READY_LOOP: &str = "test:guests/pollset@0.1.0#ready-loop";
const NOW_LOOP: &str = "test:guests/pollset@0.1.0#now-loop";
const BLOCK_LOOP: &str = "test:guests/pollset@0.1.0#block-loop";
const SUBSCRIBE_LOOP: &str = "test:guests/pollset@0.1.0#subscribe-loop";
const POLL_READY: &str = "test:guests/socket-loops@0.1.0#poll-ready";
const POLL_LATE: &str = "test:guests/socket-loops@0.1.0#poll-late";

const GUESTS: &[Name] = &[Name::Wippy, Name::Peer, Name::PeerPooling];
const KINDS: [&str; 4] = ["timers", "streams", "sockets", "mixed"];

/// The sections.
pub fn sections(counts: Counts, ports: &Ports) -> Vec<Section> {
    vec![
        one_of(counts),
        all_of(counts),
        kinds(counts, ports),
        waiting(counts, ports),
        single(counts),
    ]
}

fn near(crossings: f64, times: f64) -> Vec<Goal> {
    vec![
        Goal::AtMost {
            of: Name::Wippy,
            than: Name::Crossing,
            most: crossings,
        },
        Goal::Faster {
            of: Name::Wippy,
            than: Name::Peer,
            least: times,
        },
    ]
}

/// So many polls that they take about as long whatever the number of pollables.
fn polls(counts: Counts, pollables: u32) -> u32 {
    (counts.polls / pollables.div_ceil(64)).max(1)
}

fn row(counts: Counts, function: &'static str, label: &str, timers: u32, ready: u32) -> Row {
    let polls = polls(counts, timers);
    let args = vec![json!(timers), json!(ready), json!(polls)];
    let figure = Figure::Total(polls);
    Row::of("pollset", label, function, args, figure, &[]).with(f64::from(timers))
}

fn one_of(counts: Counts) -> Section {
    let due = |timers: u32| {
        let mut row = row(counts, POLL_MANY, &format!("1 of {timers}"), timers, 1);
        row.goals = match timers {
            1 => near(1.5, 1.6),
            64 => near(1.2, 10.0),
            4096 => near(1.15, 15.0),
            _ => Vec::new(),
        };
        row
    };
    Section {
        id: "poll",
        title: "Poll, one of n ready",
        figure: "a poll, mean of a loop",
        columns: CROSSED,
        note: "One of the timers is due, the others are an hour away. Crossing: the same guest on the engine alone, with a poll that always \
               gives the same answer, so that what is left is the engine's lifting and lending of the handles.",
        parameter: Some("pollables"),
        rows: [1, 8, 64, 512, 4096].map(due).into(),
        ..Section::default()
    }
}

fn all_of(counts: Counts) -> Section {
    let due = |timers: u32| {
        row(
            counts,
            POLL_MANY,
            &format!("{timers} of {timers}"),
            timers,
            timers,
        )
    };
    let mut waited = row(counts, POLL_EXPIRED, "1 of 64, waited for", 64, 1);
    waited.goals = vec![Goal::Faster {
        of: Name::Wippy,
        than: Name::Peer,
        least: 8.0,
    }];
    waited.parameter = None;
    Section {
        id: "poll-all",
        title: "Poll, all of n ready",
        figure: "a poll, mean of a loop",
        columns: CROSSED,
        note: "All timers are due. In the last row one of them is, and came due while it was waited for, not before.",
        parameter: Some("pollables"),
        rows: vec![due(64), due(4096), waited],
        ..Section::default()
    }
}

fn kinds(counts: Counts, ports: &Ports) -> Section {
    let many = polls(counts, 64);
    let row = |kind: &str, ready: u32| {
        let args = vec![
            json!(ports.asleep.tcp),
            json!(kind),
            json!(64),
            json!(ready),
            json!(many),
        ];
        let label = format!("{kind}, {ready} of 64");
        let figure = Figure::Total(many);
        Row::of("bench-sockets", &label, POLL_READY, args, figure, &[])
    };
    Section {
        id: "poll-kinds",
        title: "Poll of streams and sockets",
        figure: "a poll, mean of a loop",
        columns: GUESTS,
        note: "Streams are those of a TCP connection, of which the ready ones are written to; sockets are the datagram streams of a UDP \
               socket, likewise; mixed is a third of each kind.",
        rows: KINDS
            .iter()
            .flat_map(|kind| [row(kind, 1), row(kind, 64)])
            .collect(),
        ..Section::default()
    }
}

fn waiting(counts: Counts, ports: &Ports) -> Section {
    let row = |kind: &str, pollables: u32| {
        let trials = counts.sleeps_of(1000).min(200);
        let args = vec![
            json!(ports.asleep.tcp),
            json!(kind),
            json!(pollables),
            json!(200),
            json!(trials),
        ];
        let label = format!("{pollables} {kind}");
        Row::of(
            "bench-sockets",
            &label,
            POLL_LATE,
            args,
            Figure::Samples,
            &[],
        )
    };
    Section {
        id: "poll-none",
        title: "Poll, none of n ready",
        figure: "late by",
        columns: GUESTS,
        note: "A poll over so many that are never ready and a timer of 200 µs: how late after the timer it ends. It has to look \
               at all of them once more than one that finds something ready.",
        rows: vec![
            row("timers", 64),
            row("timers", 4096),
            row("streams", 64),
            row("sockets", 64),
            row("mixed", 64),
        ],
        ..Section::default()
    }
}

fn single(counts: Counts) -> Section {
    let many = counts.polls * 4;
    let row = |label: &str, function: &'static str| {
        let figure = Figure::Total(many);
        let args = vec![json!(many)];
        Row::of("pollset", label, function, args, figure, &near(1.4, 1.4))
    };
    Section {
        id: "host-calls",
        title: "Host functions that do next to nothing",
        figure: "a call, mean of a loop",
        columns: CROSSED,
        note: "Of a timer that is due, so that nothing waits. Subscribe: a timer of an hour, made and dropped.",
        rows: vec![
            row("pollable.ready", READY_LOOP),
            row("pollable.block", BLOCK_LOOP),
            row("subscribe-duration and drop", SUBSCRIBE_LOOP),
            row("monotonic-clock.now", NOW_LOOP),
        ],
        ..Section::default()
    }
}
