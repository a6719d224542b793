//! What is measured.

use crate::load::Load;
use crate::row::{PlannedRow, PlannedSection, Work};

/// All that is measured, in the order of the report.
pub fn plan() -> Vec<PlannedSection> {
    vec![
        machine(),
        sleep(),
        sleepers(),
        churn(),
        wake(),
        tasks(),
        echo(),
        echo_at_rates(),
    ]
}

/// A row by its name.
pub fn find(id: &str) -> Option<PlannedRow> {
    let mut rows = plan().into_iter().flat_map(|section| section.rows);
    rows.find(|row| row.id == id)
}

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;

fn machine() -> PlannedSection {
    PlannedSection {
        id: "machine",
        title: "The machine by itself",
        about: "No contender: what this machine did to a thread during the run. Jitter is how late an absolute \
                clock_nanosleep every 200 µs ends (as cyclictest measures it, at ordinary priority, with the least timer slack). \
                Gaps are the times between two looks at the clock of a thread that does nothing else; those above a few \
                microseconds are interrupts, other programs, or the host of a virtual machine. Only who arms its timers earlier than they are due, or never sleeps, is less late.".to_owned(),
        has_distributions: true,
        parameter: None,
        rows: vec![
            PlannedRow::new(
                "jitter",
                "jitter: clock_nanosleep every 200 µs",
                "late by",
                Work::Jitter,
            ),
            PlannedRow::new(
                "gaps",
                "gaps of a thread that never sleeps",
                "gap",
                Work::Gaps,
            ),
        ],
    }
}

fn sleep() -> PlannedSection {
    let row = |id, label, nanos| PlannedRow::new(id, label, "late by", Work::Sleep { nanos });
    PlannedSection {
        id: "sleep",
        title: "Sleep",
        about: "One task sleeps again and again and does nothing else: how much later than asked it runs again, by the clock.".to_owned(),
        has_distributions: true,
        parameter: None,
        rows: vec![
            row("sleep-1us", "sleep 1 µs", MICRO).not_quick(),
            row("sleep-10us", "sleep 10 µs", 10 * MICRO),
            row("sleep-50us", "sleep 50 µs", 50 * MICRO),
            row("sleep-100us", "sleep 100 µs", 100 * MICRO).not_quick(),
            row("sleep-1ms", "sleep 1 ms", MILLI),
            row("sleep-10ms", "sleep 10 ms", 10 * MILLI)
                .weighing(3)
                .not_quick(),
        ],
    }
}

fn sleepers() -> PlannedSection {
    let row = |count: u64, period| {
        let label = match count {
            1 => "1 sleeper".to_owned(),
            count => format!("{} sleepers", with_commas(count)),
        };
        let work = Work::Sleepers { count, period };
        PlannedRow::new(&format!("sleepers-{count}"), &label, "late by", work).with(count)
    };
    PlannedSection {
        id: "sleepers",
        title: "Many timers",
        about: "So many tasks, each of which sleeps to deadlines of its own, at times without pattern: every 10 ms each up to 100 \
                sleepers, every 100 ms at 1,000, every second at 10,000, so that there are 10,000 wakes a second from 100 \
                sleepers on. Deadlines do not wait for earlier ones: who is late for one is late for all that come meanwhile. \
                The processor time is the whole process's, for each sleep that ended.".to_owned(),
        has_distributions: true,
        parameter: Some("concurrent sleepers"),
        rows: vec![
            row(1, 10 * MILLI).weighing(2),
            row(10, 10 * MILLI).not_quick(),
            row(100, 10 * MILLI),
            row(1_000, 100 * MILLI),
            row(10_000, 1_000 * MILLI),
        ],
    }
}

fn churn() -> PlannedSection {
    let row = |count: u64| {
        let label = match count {
            1 => "1 timer armed and cancelled".to_owned(),
            count => format!("{} timers armed and cancelled", with_commas(count)),
        };
        let work = Work::Churn { count };
        PlannedRow::new(&format!("churn-{count}"), &label, "each timer", work).with(count)
    };
    PlannedSection {
        id: "churn",
        title: "Timer churn",
        about: "So many timers an hour away are made, polled once (64 at a time, then others may run) and dropped all together, as \
                timeouts are that do not come: the time for each.".to_owned(),
        has_distributions: false,
        parameter: Some("timers at once"),
        rows: vec![row(1), row(100).not_quick(), row(10_000)],
    }
}

fn wake() -> PlannedSection {
    PlannedSection {
        id: "wake",
        title: "Wake from another thread",
        about: "A thread on another core wakes a task through its waker, 60 to 140 µs after the contender had nothing to do: from \
                before the wake until the task runs. The processor time is without that thread's.".to_owned(),
        has_distributions: true,
        parameter: None,
        rows: vec![PlannedRow::new(
            "wake",
            "wake by another thread",
            "takes",
            Work::Wake,
        )],
    }
}

fn tasks() -> PlannedSection {
    let new = PlannedRow::new;
    PlannedSection {
        id: "tasks",
        title: "Tasks",
        about: "What the executor costs, nothing parked. Ping-pong is a round trip over two channels with room for one: of the crate \
                async-channel for everybody, then of the runtime's own where it brings some. A task that is started and awaited \
                returns a number at once. A yield wakes its own task, with the same code for everybody; then the \
                runtime's own yield, which may do more, such as looking at I/O. Each sample is the mean of a batch.".to_owned(),
        has_distributions: false,
        parameter: None,
        rows: vec![
            new(
                "ping-pong",
                "channel ping-pong",
                "a round trip",
                Work::PingPong,
            ),
            new(
                "ping-pong-own",
                "ping-pong, own channel",
                "a round trip",
                Work::OwnPingPong,
            )
            .not_quick(),
            new(
                "spawn-1",
                "start and await, 1 at a time",
                "a task",
                Work::Spawn { at_once: 1 },
            ),
            new(
                "spawn-1000",
                "start and await, 1,000 at a time",
                "a task",
                Work::Spawn { at_once: 1000 },
            ),
            new(
                "yield-1",
                "yield, 1 task",
                "a yield",
                Work::Yield { among: 1 },
            )
            .not_quick(),
            new(
                "yield-100",
                "yield, among 100 tasks",
                "a yield",
                Work::Yield { among: 100 },
            ),
            new(
                "yield-own-1",
                "own yield, 1 task",
                "a yield",
                Work::OwnYield { among: 1 },
            )
            .not_quick(),
            new(
                "yield-own-100",
                "own yield, among 100 tasks",
                "a yield",
                Work::OwnYield { among: 100 },
            )
            .not_quick(),
        ],
    }
}

const ECHO: &str = "The contender is the server, a task for each connection; the clients are one thread on another core \
                    that never sleeps. Messages of 64 bytes. The processor time is without the clients'.";

fn echo() -> PlannedSection {
    let row = |connections: usize, label: &str| {
        let load = Load {
            connections,
            rate: None,
        };
        PlannedRow::new(
            &format!("echo-{connections}"),
            label,
            "round trip",
            Work::Echo(load),
        )
    };
    PlannedSection {
        id: "echo",
        title: "TCP echo",
        about: join(
            ECHO,
            "Each connection has one message on its way, so that with 64 the server is never idle.",
        ),
        has_distributions: true,
        parameter: None,
        rows: vec![
            row(1, "echo, 1 connection"),
            row(64, "echo, 64 connections"),
        ],
    }
}

fn echo_at_rates() -> PlannedSection {
    let row = |rate: u64| {
        let load = Load {
            connections: 64,
            rate: Some(rate),
        };
        let label = format!("echo, {} messages a second", with_commas(rate));
        PlannedRow::new(
            &format!("echo-rate-{rate}"),
            &label,
            "round trip",
            Work::Echo(load),
        )
        .with(rate)
    };
    PlannedSection {
        id: "echo-rates",
        title: "TCP echo, latency against load",
        about: join(
            ECHO,
            "Over 64 connections messages are sent at their times whatever the server does, and a round trip counts from \
             when its message was to be sent, so that nothing is omitted because the server stood still. A server that \
             cannot keep up shows times that grow without end.",
        ),
        has_distributions: true,
        parameter: Some("messages a second"),
        rows: vec![
            row(1_000).not_quick(),
            row(5_000),
            row(20_000).not_quick(),
            row(50_000).not_quick(),
        ],
    }
}

fn join(first: &str, second: &str) -> String {
    format!("{first} {second}")
}

/// A count with commas between thousands.
fn with_commas(count: u64) -> String {
    match count {
        0..1000 => count.to_string(),
        _ => format!("{},{:03}", with_commas(count / 1000), count % 1000),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn thousands_are_apart() {
        assert_eq!(with_commas(999), "999");
        assert_eq!(with_commas(1_000), "1,000");
        assert_eq!(with_commas(1_002_003), "1,002,003");
    }

    #[test]
    fn names_are_unique_and_fit_files() {
        let rows: Vec<PlannedRow> = plan()
            .into_iter()
            .flat_map(|section| section.rows)
            .collect();
        let ids: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids.len(), rows.len());
        for id in ids {
            assert!(
                id.chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '-'),
                "{id}"
            );
            assert_eq!(find(id).expect("a row by its name").id, id);
        }
    }
}
