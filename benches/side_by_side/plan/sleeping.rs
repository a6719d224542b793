//! Sleeps: alone, many at once, beside guests that compute.

use serde_json::json;

use super::counts::Counts;
use super::row::{Figure, Goal, Row, Section};
use crate::contender::Name;
use crate::protocol::Way;

const OVERSHOOT: &str = "test:guests/sleeper@0.1.0#overshoot";
const SPIN_READY: &str = "test:guests/spinner@0.1.0#spin-ready";
const SPIN_ZERO_POLL: &str = "test:guests/spinner@0.1.0#spin-zero-poll";
const COMPUTE: &str = "test:guests/spinner@0.1.0#compute";

const MICRO: f64 = 1000.0;

/// The sections.
pub fn sections(counts: Counts) -> Vec<Section> {
    vec![sleep(counts), crowd(counts), busy(counts), spin(counts)]
}

/// Up to here a deadline is looked for rather than parked for.
const LOOKED_FOR: u64 = 20;
/// How long the spinning contender looks.
const SPUN: u64 = 200;

fn sleep(counts: Counts) -> Section {
    let row = |micros: u64| {
        let label = match micros {
            1000.. => format!("{} ms", micros / 1000),
            _ => format!("{micros} µs"),
        };
        let args = vec![json!(micros), json!(counts.sleeps_of(micros))];
        let goals = sleep_goals(micros);
        Row::of("sleeper", &label, OVERSHOOT, args, Figure::Samples, &goals)
    };
    Section {
        id: "sleep",
        title: "Sleep",
        figure: "late by",
        columns: &[
            Name::Wippy,
            Name::WippyLeadOff,
            Name::WippySpinning,
            Name::Peer,
            Name::PeerPooling,
            Name::PeerThreads,
            Name::Native,
        ],
        processor: true,
        note: "How much later than its deadline a guest runs again after subscribe-instant and block, by the clock that the guest \
               reads. One guest, and nothing else runs. Native: a loop over an absolute timerfd.",
        rows: [0, 10, 50, 100, 500, 1000, 10_000].map(row).into(),
        ..Section::default()
    }
}

fn sleep_goals(micros: u64) -> Vec<Goal> {
    let below = |of| Goal::Below {
        of,
        nanos: 3.0 * MICRO,
    };
    if micros <= LOOKED_FOR {
        return vec![below(Name::Wippy)];
    }
    let mut goals = vec![
        Goal::Below {
            of: Name::Wippy,
            nanos: 6.0 * MICRO,
        },
        Goal::AtMost {
            of: Name::Wippy,
            than: Name::Native,
            most: 0.3,
        },
        Goal::ProcessorBelow {
            of: Name::Wippy,
            nanos: 60.0 * MICRO,
        },
        Goal::AtMost {
            of: Name::WippyLeadOff,
            than: Name::Native,
            most: 1.2,
        },
        Goal::AtMostIf {
            of: Name::WippyLeadOff,
            than: Name::Peer,
            most: 1.0 / 12.0,
            if_of: Name::Native,
            if_most: 1.0 / 14.0,
        },
    ];
    if micros < SPUN {
        goals.push(below(Name::WippySpinning));
    }
    goals
}

/// How often each of many sleeps: the first and the last do not count.
const TURNS: u32 = 5;

fn crowd(counts: Counts) -> Section {
    let row = |guests: u32, period_us: u32| {
        let (guests, period_us) = match counts.quick {
            true => (guests.min(100), 10_000),
            false => (guests, period_us),
        };
        // About as many sleeps of few guests as of many.
        let turns = match guests {
            1 if !counts.quick => TURNS * 20,
            _ => TURNS,
        };
        let label = match guests {
            1 => "1 guest".to_owned(),
            guests => format!("{guests} guests"),
        };
        let args = vec![json!(period_us), json!(turns)];
        Row::of("sleeper", &label, OVERSHOOT, args, Figure::Samples, &[])
            .calls(guests, Way::AtOnce { period_us })
            .with(f64::from(guests))
    };
    let cheaper = |of, most| Goal::Processor {
        of,
        than: Name::Peer,
        most,
    };
    let mut rows = vec![row(1, 10_000), row(100, 10_000)];
    rows[1].goals.push(cheaper(Name::WippyWindow, 1.0));
    if !counts.quick {
        rows.extend([row(1000, 100_000), row(10_000, 1_000_000)]);
        rows[3].goals.push(cheaper(Name::Wippy, 0.5));
    }
    Section {
        id: "sleepers",
        title: "Many sleeping guests",
        figure: "late by",
        columns: &[
            Name::Wippy,
            Name::WippyLeadOff,
            Name::WippyWindow,
            Name::Peer,
            Name::PeerPooling,
            Name::PeerThreads,
        ],
        many: true,
        long: true,
        processor: true,
        note: "So many guests, each in an instance of its own, sleep again and again: 10 ms each up to 100 of them, 100 ms at 1,000, \
               a second at 10,000, so that from 100 on 10,000 sleeps a second end, at times without pattern. The processor time of \
               a sleep is the process's between the last guest's start and the first one's end.",
        parameter: Some("guests that sleep"),
        rows,
        ..Section::default()
    }
}

/// Rounds of the computation that another guest does: some milliseconds.
const ROUNDS: u64 = 3_000_000;

fn busy(counts: Counts) -> Section {
    let row = |label: &str, is_beside: bool| {
        let args = vec![json!(1000), json!((counts.sleeps / 4).max(3))];
        let row = Row::of("sleeper", label, OVERSHOOT, args, Figure::Samples, &[]);
        match is_beside {
            true => row.beside("spinner", COMPUTE, vec![json!(ROUNDS)]),
            false => row,
        }
    };
    let mut rows = vec![
        row("alone", false),
        row("beside a guest that computes", true),
    ];
    rows[1].goals.push(Goal::Below {
        of: Name::Wippy,
        nanos: 2000.0 * MICRO,
    });
    Section {
        id: "busy",
        title: "Sleeps of 1 ms beside a guest that computes",
        figure: "late by",
        columns: &[
            Name::Wippy,
            Name::Peer,
            Name::PeerPooling,
            Name::PeerThreads,
        ],
        note: "The other guest computes for a fixed amount of work (the processor time of the peer's call is how long), and is called again \
               at once, on the same thread, or on another where there are several. Whether it is interrupted meanwhile decides how late a sleep ends.",
        rows,
        ..Section::default()
    }
}

fn spin(counts: Counts) -> Section {
    let row = |label: &str, function: &'static str| {
        let below = Goal::Below {
            of: Name::Wippy,
            nanos: 50.0 * MICRO,
        };
        let args = vec![json!(100), json!(counts.spins)];
        Row::of("spinner", label, function, args, Figure::Samples, &[below])
    };
    Section {
        id: "spin",
        title: "A guest that never waits",
        figure: "late by",
        columns: &[Name::Wippy, Name::Peer],
        never_ends: &[Name::Peer],
        note: "How late a guest sees a timer of 100 µs that asks for it again and again. The peer is not asked: on its one thread no \
               timer fires while a guest spins.",
        rows: vec![
            row("pollable.ready", SPIN_READY),
            row("poll with zero timeout", SPIN_ZERO_POLL),
        ],
        ..Section::default()
    }
}
