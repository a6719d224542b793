//! What is measured.

use serde_json::{Value, json};

use crate::contender::Name;
pub use crate::measure::{Figure, Goal, Row, Section};
use crate::servers;

/// What the guests may use.
pub const IMPORTS: &str = "['wasi:io', 'wasi:clocks', 'wasi:cli', 'wasi:sockets']";

const GUEST: &str = "sockets";
/// Echo round trips over TCP: port, bytes, rounds.
pub const PING: &str = "test:guests/sockets@0.1.0#ping";
/// A stream one way: port, MiB.
pub const POUR: &str = "test:guests/sockets@0.1.0#pour";
/// Connect, accept, echo a byte, close: rounds.
pub const TURNOVER: &str = "test:guests/sockets@0.1.0#turnover";
/// Echo round trips over UDP: port, rounds.
pub const UDP_PING: &str = "test:guests/sockets@0.1.0#udp-ping";

const COLUMNS: &[Name] = &[
    Name::Wippy,
    Name::WippySpinning,
    Name::Peer,
    Name::PeerPooling,
    Name::Native,
];

/// How much of everything.
struct Counts {
    pings: u32,
    mebibytes: u32,
    connections: u32,
}

const FULL: Counts = Counts {
    pings: 3000,
    mebibytes: 256,
    connections: 1000,
};

const QUICK: Counts = Counts {
    pings: 5,
    mebibytes: 1,
    connections: 3,
};

/// Everything. The servers that it needs run from here on.
pub fn sections(quick: bool) -> Vec<Section> {
    let counts = if quick { QUICK } else { FULL };
    let ports = match servers::start() {
        Ok(ports) => ports,
        Err(error) => {
            eprintln!("no servers: {error}");
            return Vec::new();
        }
    };
    let ping = |bytes: u32| vec![json!(ports.echo), json!(bytes), json!(counts.pings)];
    let udp = || vec![json!(ports.udp), json!(counts.pings)];
    let cpu = Figure::Cpu(counts.pings);
    vec![
        section(
            "round trip",
            "µs, p50 / p99",
            "",
            vec![
                row("TCP, 1 B", PING, ping(1), Figure::Samples, latency()),
                row(
                    "TCP, 16 KiB",
                    PING,
                    ping(16 << 10),
                    Figure::Samples,
                    latency(),
                ),
                row("UDP, 1 B", UDP_PING, udp(), Figure::Samples, latency()),
            ],
        ),
        section(
            "processor time of a round trip",
            "µs of the contender's own thread, mean",
            "who spins is on the processor all the time",
            vec![
                row("TCP, 1 B", PING, ping(1), cpu, work()),
                row("TCP, 16 KiB", PING, ping(16 << 10), cpu, work()),
                row("UDP, 1 B", UDP_PING, udp(), cpu, work()),
            ],
        ),
        section(
            "stream one way",
            "µs a MiB, mean",
            "in permitted pieces of up to 64 KiB",
            vec![row(
                "TCP",
                POUR,
                vec![json!(ports.sink), json!(counts.mebibytes)],
                Figure::Total(counts.mebibytes),
                vec![Goal::Faster {
                    of: Name::Wippy,
                    than: Name::Peer,
                    least: 1.3,
                }],
            )],
        ),
        section(
            "connections",
            "µs each, mean",
            "connect, accept, a byte there and back, close: both ends in the guest",
            vec![row(
                "one after the other",
                TURNOVER,
                vec![json!(counts.connections)],
                Figure::Total(counts.connections),
                Vec::new(),
            )],
        ),
    ]
}

/// The functions of guests that `sections` asks for: guest, function.
pub fn functions() -> Vec<(&'static str, &'static str)> {
    [PING, POUR, TURNOVER, UDP_PING]
        .map(|function| (GUEST, function))
        .into()
}

fn latency() -> Vec<Goal> {
    vec![
        Goal::AtMost {
            of: Name::Wippy,
            than: Name::Native,
            most: 1.1,
        },
        Goal::AtMost {
            of: Name::WippySpinning,
            than: Name::Peer,
            most: 0.5,
        },
    ]
}

fn work() -> Vec<Goal> {
    vec![Goal::AtMost {
        of: Name::Wippy,
        than: Name::Peer,
        most: 0.75,
    }]
}

fn section(title: &'static str, unit: &'static str, note: &'static str, rows: Vec<Row>) -> Section {
    Section {
        title,
        unit,
        columns: COLUMNS,
        never_ends: &[],
        note,
        rows,
    }
}

fn row(
    label: &str,
    function: &'static str,
    args: Vec<Value>,
    figure: Figure,
    goals: Vec<Goal>,
) -> Row {
    Row {
        label: label.to_owned(),
        guest: Some(GUEST),
        function,
        args,
        calls: 1,
        figure,
        goals,
    }
}
