//! TCP and UDP on the loopback.

use serde_json::{Value, json};

use super::{Counts, Figure, Goal, NETWORK, Row, Section};
use crate::contender::Name;
use crate::servers::Ports;

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
const THRIFTY: Goal = Goal::AtMost {
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
    let row = |label: &str, function, args: Vec<Value>, figure, goals: &[Goal]| Row {
        label: label.to_owned(),
        guest: Some("bench-sockets"),
        function,
        args,
        calls: 1,
        beside: None,
        figure,
        goals: goals.to_vec(),
    };
    let trips = counts.trips;
    let trip = |label: &str, function, port: u16, size: u32, goals: &[Goal]| {
        let args = vec![json!(port), json!(size), json!(trips)];
        row(label, function, args, Figure::Samples, goals)
    };
    let cpu = |label: &str, function, port: u16, size: u32| {
        let args = vec![json!(port), json!(size), json!(trips)];
        row(label, function, args, Figure::Cpu(trips), &[THRIFTY])
    };
    let both = &[PARKED, SPINNING][..];
    let bytes = u64::from(counts.mebibytes) << 20;
    let transfer = |label: &str, function, port: u16| {
        let args = vec![json!(port), json!(bytes)];
        row(
            label,
            function,
            args,
            Figure::Total(counts.mebibytes),
            &[FASTER],
        )
    };
    let connections = counts.trips;
    vec![
        Section {
            title: "round trips",
            unit: "µs, p50 / p99",
            columns: NETWORK,
            pinned: true,
            never_ends: &[],
            note: "an echo in a thread of the driver, which parks between them",
            rows: vec![
                trip("TCP, 1 byte", PING_PONG, ports.tcp_echo, 1, both),
                trip("TCP, 16 KiB", PING_PONG, ports.tcp_echo, 16384, &[]),
                trip("UDP, 64 bytes", UDP, ports.udp_echo, 64, both),
            ],
        },
        Section {
            title: "processor time of round trips",
            unit: "µs a round trip",
            columns: NETWORK,
            pinned: true,
            never_ends: &[],
            note: "",
            rows: vec![
                cpu("TCP, 1 byte", PING_PONG, ports.tcp_echo, 1),
                cpu("TCP, 16 KiB", PING_PONG, ports.tcp_echo, 16384),
                cpu("UDP, 64 bytes", UDP, ports.udp_echo, 64),
            ],
        },
        Section {
            title: "TCP streams",
            unit: "µs a MiB, or a connection",
            columns: &[Name::Wippy, Name::Peer, Name::Native],
            pinned: true,
            never_ends: &[],
            note: "a connection: accept, echo, close",
            rows: vec![
                transfer("send", SEND, ports.tcp_sink),
                transfer("receive", RECEIVE, ports.tcp_source),
                row(
                    "serve a connection",
                    SERVE,
                    vec![json!(ports.guests), json!(connections)],
                    Figure::Total(connections),
                    &[],
                ),
            ],
        },
    ]
}
