//! Sleep, poll, calls, and event loops without guests.

use serde_json::json;

use super::counts::Counts;
use super::row::{ALL, CROSSED, Figure, GUESTS, Goal, LOOPS, Row, Section};
use crate::contender::Name;

const POLL_MANY: &str = "test:guests/pollset@0.1.0#poll-many";
const POLL_EXPIRED: &str = "test:guests/pollset@0.1.0#poll-expired";
const READY_LOOP: &str = "test:guests/pollset@0.1.0#ready-loop";
const NOW_LOOP: &str = "test:guests/pollset@0.1.0#now-loop";
const BLOCK_LOOP: &str = "test:guests/pollset@0.1.0#block-loop";
const SUBSCRIBE_LOOP: &str = "test:guests/pollset@0.1.0#subscribe-loop";
const OVERSHOOT: &str = "test:guests/sleeper@0.1.0#overshoot";
const SPIN_READY: &str = "test:guests/spinner@0.1.0#spin-ready";
const SPIN_ZERO_POLL: &str = "test:guests/spinner@0.1.0#spin-zero-poll";

/// The sections.
pub fn sections(counts: Counts) -> Vec<Section> {
    vec![
        sleep(counts),
        spin(counts),
        poll(counts),
        call(counts),
        event_loop(counts),
    ]
}

fn sleep(counts: Counts) -> Section {
    let row = |micros: u64| Row {
        label: match micros {
            1000 => "1 ms".to_owned(),
            _ => format!("{micros} µs"),
        },
        guest: Some("sleeper"),
        function: OVERSHOOT,
        args: vec![json!(micros), json!(counts.sleeps)],
        calls: 1,
        beside: None,
        figure: Figure::Samples,
        goals: vec![
            Goal::AtMost {
                of: Name::Wippy,
                than: Name::Peer,
                most: 0.1,
            },
            Goal::AtMost {
                of: Name::Wippy,
                than: Name::Native,
                most: 1.4,
            },
        ],
    };
    Section {
        title: "sleep overshoot",
        unit: "µs after the deadline, p50 / p99",
        columns: ALL,
        pinned: false,
        never_ends: &[],
        note: "",
        rows: [10, 50, 100, 200, 500, 1000].map(row).into(),
    }
}

fn spin(counts: Counts) -> Section {
    let row = |label: &str, function: &'static str| Row {
        label: label.to_owned(),
        guest: Some("spinner"),
        function,
        args: vec![json!(100), json!(counts.spins)],
        calls: 1,
        beside: None,
        figure: Figure::Samples,
        goals: vec![Goal::Below {
            of: Name::Wippy,
            nanos: 50_000.0,
        }],
    };
    Section {
        title: "spinning guest",
        unit: "µs after the deadline of 100 µs, p50 / p99",
        columns: GUESTS,
        pinned: false,
        never_ends: &[Name::Peer, Name::PeerPooling],
        note: "the peer is not asked: no timer of its thread fires while a guest spins",
        rows: vec![
            row("pollable.ready", SPIN_READY),
            row("poll with zero timeout", SPIN_ZERO_POLL),
        ],
    }
}

fn poll(counts: Counts) -> Section {
    // About as long for all.
    let polls = |timers: u32| (counts.polls / timers.div_ceil(64)).max(1);
    let near = |crossings: f64, times: f64| {
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
    };
    let poll = |label: &str, function: &'static str, timers: u32, ready: u32| Row {
        label: format!("poll, {ready} of {timers} {label}"),
        guest: Some("pollset"),
        function,
        args: vec![json!(timers), json!(ready), json!(polls(timers))],
        calls: 1,
        beside: None,
        figure: Figure::Total(polls(timers)),
        goals: match (timers, ready) {
            (1, 1) => near(1.5, 1.6),
            (64, 1) => near(1.2, 10.0),
            (4096, 1) => near(1.15, 15.0),
            _ => Vec::new(),
        },
    };
    let single = |label: &str, function: &'static str| Row {
        label: label.to_owned(),
        guest: Some("pollset"),
        function,
        args: vec![json!(counts.polls)],
        calls: 1,
        beside: None,
        figure: Figure::Total(counts.polls),
        goals: near(1.4, 1.4),
    };
    Section {
        title: "poll",
        unit: "µs a host call, mean of a loop",
        columns: CROSSED,
        pinned: false,
        never_ends: &[],
        note: "",
        rows: vec![
            poll("due", POLL_MANY, 64, 1),
            poll("waited for", POLL_EXPIRED, 64, 1),
            poll("due", POLL_MANY, 1, 1),
            poll("due", POLL_MANY, 64, 64),
            poll("due", POLL_MANY, 4096, 1),
            single("pollable.ready", READY_LOOP),
            single("pollable.block, ready", BLOCK_LOOP),
            single("subscribe-duration and drop", SUBSCRIBE_LOOP),
            single("monotonic-clock.now", NOW_LOOP),
        ],
    }
}

fn call(counts: Counts) -> Section {
    let row = |label: &str, guest, function, args| Row {
        label: label.to_owned(),
        guest: Some(guest),
        function,
        args,
        calls: counts.calls,
        beside: None,
        figure: Figure::Calls,
        goals: Vec::new(),
    };
    Section {
        title: "call in a fresh instance",
        unit: "µs, p50 / p99",
        columns: GUESTS,
        pinned: false,
        never_ends: &[],
        note: "instance made, trivial function called, instance gone",
        rows: vec![
            row("bare component", "pollset", NOW_LOOP, vec![json!(0)]),
            row(
                "with libc and adapter",
                "types",
                "add",
                vec![json!(2), json!(3)],
            ),
        ],
    }
}

fn event_loop(counts: Counts) -> Section {
    let row = |label: &str, function| Row {
        label: label.to_owned(),
        guest: None,
        function,
        args: vec![json!(counts.loops)],
        calls: 1,
        beside: None,
        figure: Figure::Samples,
        goals: Vec::new(),
    };
    Section {
        title: "event loop without guests",
        unit: "µs, p50 / p99",
        columns: LOOPS,
        pinned: false,
        never_ends: &[],
        note: "sleep overshoot of the same loops stands in the first table",
        rows: vec![
            row("wake by another thread", "wake"),
            row("round trip of a byte", "round-trip"),
        ],
    }
}
