//! Calls of guests, their suspending and resuming, and event loops without guests.

use serde_json::json;

use super::counts::Counts;
use super::row::{Figure, GUESTS, Goal, LOOPS, Row, Section};
use crate::contender::Name;
use crate::guest;
use crate::protocol::Way;

const NOW_LOOP: &str = "test:guests/pollset@0.1.0#now-loop";
const OVERSHOOT: &str = "test:guests/sleeper@0.1.0#overshoot";

/// The sections.
pub fn sections(counts: Counts) -> Vec<Section> {
    vec![
        turns(counts),
        wakes(counts),
        calls(counts),
        rates(counts),
        event_loop(counts),
    ]
}

fn faster(least: f64) -> Goal {
    Goal::Faster {
        of: Name::Wippy,
        than: Name::Peer,
        least,
    }
}

fn turns(counts: Counts) -> Section {
    let rounds = counts.polls;
    let turn = Row::of(
        guest::NAME,
        "a turn of the event loop",
        "turn-loop",
        vec![json!(rounds)],
        Figure::Total(rounds),
        &[faster(3.0)],
    );
    let timer = Row::of(
        "sleeper",
        "the shortest timer that is waited for",
        OVERSHOOT,
        vec![json!(2), json!(counts.sleeps)],
        Figure::Samples,
        &[faster(3.0)],
    );
    Section {
        id: "yield",
        title: "Suspend and resume",
        figure: "a turn (mean of a loop), or late by",
        columns: GUESTS,
        note: "A guest calls a function of the embedder's that is not ready at once: it yields by the runtime's own means, so that the \
               guest is suspended, the event loop has a turn, and the guest is resumed. Then a timer of 2 µs, which suspends on \
               every side.",
        rows: vec![turn, timer],
        ..Section::default()
    }
}

fn wakes(counts: Counts) -> Section {
    let trials = counts.loops.min(guest::TRIALS);
    let wake = Row::of(
        guest::NAME,
        "a guest woken by another thread",
        "ring-loop",
        vec![json!(trials)],
        Figure::Samples,
        &[],
    );
    Section {
        id: "wake",
        title: "Wake of a guest from another thread",
        figure: "takes",
        columns: &[
            Name::Wippy,
            Name::WippySpinning,
            Name::Peer,
            Name::PeerPooling,
            Name::PeerThreads,
        ],
        note: "A guest waits in a function of the embedder's until another thread wakes its task through the standard library's waker, \
               100 µs later, so that the event loop has parked: from before the wake until the guest has read the clock.",
        rows: vec![wake],
        ..Section::default()
    }
}

fn calls(counts: Counts) -> Section {
    let many = counts.calls;
    let row = |guest, label: &str, function, args, way| {
        Row::of(guest, label, function, args, Figure::Calls, &[]).calls(many, way)
    };
    let numbers = || vec![json!(2), json!(3)];
    Section {
        id: "calls",
        title: "Calls",
        figure: "a call",
        columns: GUESTS,
        note: "Of a trivial function: an instance is made, the function called, the instance gone. By value: its types are known when it \
               runs only, and on wippy's side the arguments are JSON; typed: by Rust's types. Spare: the instance was ready before the \
               call, which the peer does not have. Live: the instance is kept; the time is the mean of a hundred calls.",
        rows: vec![
            row(
                "pollset",
                "by value, bare component",
                NOW_LOOP,
                vec![json!(0)],
                Way::Fresh,
            ),
            row(
                "types",
                "by value, with libc and adapter",
                "add",
                numbers(),
                Way::Fresh,
            ),
            row(
                guest::NAME,
                "typed, bare component",
                "add",
                numbers(),
                Way::Typed,
            ),
            row(
                "types",
                "typed, with libc and adapter",
                "add",
                numbers(),
                Way::Typed,
            ),
            row(
                "types",
                "typed, spare instance",
                "add",
                numbers(),
                Way::Spare,
            ),
            row("types", "typed, live instance", "add", numbers(), Way::Live),
        ],
        ..Section::default()
    }
}

fn rates(counts: Counts) -> Section {
    let row = |per_second: u32| {
        let calls = (counts.calls * 2).min(per_second / 2).max(3);
        let args = vec![json!(2), json!(3)];
        let label = format!("{per_second} calls a second");
        Row::of("types", &label, "add", args, Figure::Calls, &[])
            .calls(calls, Way::Rate { per_second })
            .with(f64::from(per_second))
    };
    Section {
        id: "rates",
        title: "Calls at a rate",
        figure: "a call, from when it was due",
        columns: GUESTS,
        processor: true,
        note: "Another thread says when a call is due, whatever became of those before; each is a task, in a fresh instance with libc and \
               adapter. The time counts from when the call was due, so that nothing is omitted because the contender was busy: of \
               one that cannot keep up it is the length of the queue at the run's end, which a longer run makes longer.",
        parameter: Some("calls a second"),
        rows: [1000, 5000, 10_000, 20_000].map(row).into(),
        ..Section::default()
    }
}

fn event_loop(counts: Counts) -> Section {
    let row = |label: &str, function| Row {
        label: label.to_owned(),
        function,
        args: vec![json!(counts.loops)],
        calls: 1,
        ..Row::default()
    };
    Section {
        id: "event-loop",
        title: "Event loops without guests",
        figure: "takes",
        columns: LOOPS,
        note: "From another thread's wake to the woken code; and from writing a byte to a socket to reading its echo, which another \
               thread sends with blocking calls. Which cores the kernel puts the two threads on decides more than anything else.",
        rows: vec![
            row("wake by another thread", "wake"),
            row("round trip of a byte", "round-trip"),
        ],
        ..Section::default()
    }
}
