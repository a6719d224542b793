//! What is measured: sections of rows, each with its contenders and its goals.

use serde_json::{Value, json};

use crate::contender::Name;
use crate::protocol::{Answer, Request};
use crate::statistics::Summary;

/// A table of the report.
pub struct Section {
    /// Its head.
    pub title: &'static str,
    /// What a figure is.
    pub unit: &'static str,
    /// The contenders, in the order of the columns.
    pub columns: &'static [Name],
    /// Those of them that are not asked, because their guest would never end.
    pub never_ends: &'static [Name],
    /// What to know when reading it.
    pub note: &'static str,
    /// The measures.
    pub rows: Vec<Row>,
}

/// One measure, asked of each contender.
pub struct Row {
    /// What it is.
    pub label: String,
    /// The component's name; none for loops without a guest.
    pub guest: Option<&'static str>,
    /// The function.
    pub function: &'static str,
    /// Its arguments.
    pub args: Vec<Value>,
    /// In how many fresh instances, in a round.
    pub calls: u32,
    /// How the answer is read.
    pub figure: Figure,
    /// What was promised.
    pub goals: Vec<Goal>,
}

/// Where an answer's figure stands.
#[derive(Clone, Copy)]
pub enum Figure {
    /// The value is a list of nanoseconds.
    Samples,
    /// The value is the nanoseconds of so many operations.
    Total(u32),
    /// The wall time of each call.
    Calls,
}

/// A promise about medians of p50.
#[derive(Clone, Copy)]
pub enum Goal {
    /// `of` is at most `most` times `than`.
    AtMost { of: Name, than: Name, most: f64 },
    /// `of` is at least `least` times as fast as `than`.
    Faster { of: Name, than: Name, least: f64 },
    /// `of` stays below so many nanoseconds.
    Below { of: Name, nanos: f64 },
}

impl Figure {
    /// Reads an answer.
    pub fn read(self, answer: &Answer) -> Option<Summary> {
        match self {
            Figure::Samples => {
                let samples: Option<Vec<u64>> =
                    answer.value.as_array()?.iter().map(Value::as_u64).collect();
                Summary::of_samples(&samples?)
            }
            Figure::Total(count) => {
                Some(Summary::of_total(answer.value.as_u64()?, u64::from(count)))
            }
            Figure::Calls => Summary::of_samples(&answer.call_ns),
        }
    }
}

impl Row {
    /// What is asked for it.
    pub fn request(&self, guests: &str) -> Request {
        Request {
            guest: self
                .guest
                .map(|guest| format!("{guests}/{guest}.wasm"))
                .unwrap_or_default(),
            function: self.function.to_owned(),
            args: self.args.clone(),
            calls: self.calls,
        }
    }
}

/// How much of everything.
#[derive(Clone, Copy)]
struct Counts {
    sleeps: u32,
    spins: u32,
    polls: u32,
    calls: u32,
    loops: u32,
}

const FULL: Counts = Counts {
    sleeps: 300,
    spins: 1000,
    polls: 4000,
    calls: 500,
    loops: 1000,
};

const QUICK: Counts = Counts {
    sleeps: 3,
    spins: 3,
    polls: 20,
    calls: 3,
    loops: 5,
};

const GUESTS: &[Name] = &[Name::Wippy, Name::Peer, Name::PeerPooling];
const LOOPS: &[Name] = &[Name::Dispatcher, Name::Native, Name::Polling];

const POLL_MANY: &str = "test:guests/pollset@0.1.0#poll-many";
const POLL_EXPIRED: &str = "test:guests/pollset@0.1.0#poll-expired";
const READY_LOOP: &str = "test:guests/pollset@0.1.0#ready-loop";
const NOW_LOOP: &str = "test:guests/pollset@0.1.0#now-loop";
const OVERSHOOT: &str = "test:guests/sleeper@0.1.0#overshoot";
const SPIN_READY: &str = "test:guests/spinner@0.1.0#spin-ready";
const SPIN_ZERO_POLL: &str = "test:guests/spinner@0.1.0#spin-zero-poll";

/// Everything.
pub fn sections(quick: bool) -> Vec<Section> {
    let counts = if quick { QUICK } else { FULL };
    vec![
        sleep(counts),
        spin(counts),
        poll(counts),
        call(counts),
        event_loop(counts),
    ]
}

/// The functions of guests that `sections` asks for: guest, function.
pub fn functions() -> Vec<(&'static str, &'static str)> {
    let mut functions: Vec<_> = sections(true)
        .iter()
        .flat_map(|section| &section.rows)
        .filter_map(|row| Some((row.guest?, row.function)))
        .collect();
    functions.sort_unstable();
    functions.dedup();
    functions
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
        columns: &Name::ALL,
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
        never_ends: &[Name::Peer, Name::PeerPooling],
        note: "the peer is not asked: no timer of its thread fires while a guest spins",
        rows: vec![
            row("pollable.ready", SPIN_READY),
            row("poll with zero timeout", SPIN_ZERO_POLL),
        ],
    }
}

fn poll(counts: Counts) -> Section {
    let poll = |label: &str, function: &'static str, timers: u32, ready: u32| Row {
        label: format!("poll, {ready} of {timers} {label}"),
        guest: Some("pollset"),
        function,
        args: vec![json!(timers), json!(ready), json!(counts.polls)],
        calls: 1,
        figure: Figure::Total(counts.polls),
        goals: match (timers, ready) {
            (64, 1) => vec![Goal::Faster {
                of: Name::Wippy,
                than: Name::Peer,
                least: 8.0,
            }],
            _ => Vec::new(),
        },
    };
    let single = |label: &str, function: &'static str| Row {
        label: label.to_owned(),
        guest: Some("pollset"),
        function,
        args: vec![json!(counts.polls)],
        calls: 1,
        figure: Figure::Total(counts.polls),
        goals: Vec::new(),
    };
    Section {
        title: "poll",
        unit: "µs a host call, mean of a loop",
        columns: GUESTS,
        never_ends: &[],
        note: "",
        rows: vec![
            poll("due", POLL_MANY, 64, 1),
            poll("waited for", POLL_EXPIRED, 64, 1),
            poll("due", POLL_MANY, 1, 1),
            poll("due", POLL_MANY, 64, 64),
            single("pollable.ready", READY_LOOP),
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
        figure: Figure::Calls,
        goals: Vec::new(),
    };
    Section {
        title: "call in a fresh instance",
        unit: "µs, p50 / p99",
        columns: GUESTS,
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
        figure: Figure::Samples,
        goals: Vec::new(),
    };
    Section {
        title: "event loop without guests",
        unit: "µs, p50 / p99",
        columns: LOOPS,
        never_ends: &[],
        note: "sleep overshoot of the same loops stands in the first table",
        rows: vec![
            row("wake by another thread", "wake"),
            row("round trip of a byte", "round-trip"),
        ],
    }
}
