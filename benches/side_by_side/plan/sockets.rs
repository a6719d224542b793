//! TCP and UDP on the loopback.

use serde_json::json;

use super::counts::Counts;
use super::row::{Figure, Goal, NETWORK, Row, Section};
use crate::contender::Name;
use crate::servers::{Echoes, Ports};

const GUEST: &str = "bench-sockets";
const PING_PONG: &str = "test:guests/socket-loops@0.1.0#tcp-ping-pong";
const SEND: &str = "test:guests/socket-loops@0.1.0#tcp-send";
const RECEIVE: &str = "test:guests/socket-loops@0.1.0#tcp-receive";
const UDP: &str = "test:guests/socket-loops@0.1.0#udp-ping-pong";
const SERVE: &str = "test:guests/socket-loops@0.1.0#tcp-serve";

const PARKED: Goal = Goal::AtMost {
    of: Name::Wippy,
    than: Name::Native,
    most: 1.1,
};
const SPINNING: Goal = Goal::AtMost {
    of: Name::WippySpinning,
    than: Name::Peer,
    most: 0.5,
};
const THRIFTY: Goal = Goal::Processor {
    of: Name::Wippy,
    than: Name::Peer,
    most: 0.75,
};
const FASTER: Goal = Goal::Faster {
    of: Name::Wippy,
    than: Name::Peer,
    least: 1.3,
};

/// The sections.
pub fn sections(counts: Counts, ports: &Ports) -> Vec<Section> {
    let bytes = u64::from(counts.mebibytes) << 20;
    let transfer = |label: &str, function, port: u16| {
        let args = vec![json!(port), json!(bytes)];
        Row::of(
            GUEST,
            label,
            function,
            args,
            Figure::Total(counts.mebibytes),
            &[FASTER],
        )
    };
    let connections = counts.trips;
    vec![
        round_trips(
            "round-trips",
            "Round trips",
            "With an echo that never sleeps and answers at once, so that what is measured is the contender.",
            counts.trips,
            ports.awake,
        ),
        round_trips(
            "round-trips-asleep",
            "Round trips to a sleeper",
            "With an echo that parks between two round trips: half of the time is its own waking, and nobody's merit.",
            counts.trips,
            ports.asleep,
        ),
        Section {
            id: "tcp-streams",
            title: "TCP streams",
            figure: "a MiB, or a connection",
            columns: &[Name::Wippy, Name::Peer, Name::Native],
            pinned: true,
            note: "Send and receive: the time of a MiB in one stream. Serve: a connection is accepted, echoes 64 bytes, and is closed.",
            rows: vec![
                transfer("send", SEND, ports.tcp_sink),
                transfer("receive", RECEIVE, ports.tcp_source),
                Row::of(
                    GUEST,
                    "serve a connection",
                    SERVE,
                    vec![json!(ports.guests), json!(connections)],
                    Figure::Total(connections),
                    &[],
                ),
            ],
            ..Section::default()
        },
    ]
}

fn round_trips(
    id: &'static str,
    title: &'static str,
    note: &'static str,
    trips: u32,
    echoes: Echoes,
) -> Section {
    let trip = |label: &str, function, port: u16, size: u32| {
        let args = vec![json!(port), json!(size), json!(trips)];
        Row::of(
            GUEST,
            label,
            function,
            args,
            Figure::Samples,
            &[PARKED, SPINNING, THRIFTY],
        )
    };
    Section {
        id,
        title,
        figure: "a round trip",
        columns: NETWORK,
        pinned: true,
        processor: true,
        note,
        rows: vec![
            trip("TCP, 1 byte", PING_PONG, echoes.tcp, 1),
            trip("TCP, 16 KiB", PING_PONG, echoes.tcp, 16384),
            trip("UDP, 64 bytes", UDP, echoes.udp, 64),
        ],
        ..Section::default()
    }
}
