//! HTTP requests on the loopback.

use serde_json::{Value, json};

use super::counts::Counts;
use super::row::{Figure, Goal, Row, Section};
use crate::contender::Name;
use crate::servers::Ports;

const SERIES: &str = "test:guests/http-loops@0.1.0#get-series";
const MANY: &str = "test:guests/http-loops@0.1.0#get-many";
const DOWNLOAD: &str = "test:guests/http-loops@0.1.0#download";

/// How many requests are in flight at once.
const AT_ONCE: u32 = 64;

const COLUMNS: &[Name] = &[Name::Wippy, Name::WippySpinning, Name::Peer];

/// The sections.
pub fn sections(counts: Counts, ports: &Ports) -> Vec<Section> {
    let row = |label: &str, function, args: Vec<Value>, figure, goals: &[Goal]| {
        Row::of("bench-http", label, function, args, figure, goals)
    };
    let authority = format!("127.0.0.1:{}", ports.http);
    let trips = counts.trips;
    let series = || vec![json!(authority), json!("/small"), json!(trips)];
    let many = || {
        vec![
            json!(authority),
            json!("/small"),
            json!(AT_ONCE),
            json!(trips),
        ]
    };
    let bytes = u64::from(counts.mebibytes.min(64)) << 20;
    let download = vec![
        json!(authority),
        json!(format!("/bytes/{bytes}")),
        json!(bytes),
    ];
    let faster = |of, least| Goal::Faster {
        of,
        than: Name::Peer,
        least,
    };
    let thrifty = Goal::Processor {
        of: Name::Wippy,
        than: Name::Peer,
        most: 0.5,
    };
    vec![
        Section {
            id: "http",
            title: "HTTP requests",
            figure: "a request",
            processor: true,
            columns: COLUMNS,
            pinned: true,
            note: "To a server in threads of the driver that keeps connections open. With 64 at once it is the time of all by their number.",
            rows: vec![
                row(
                    "one at a time",
                    SERIES,
                    series(),
                    Figure::Samples,
                    &[
                        faster(Name::Wippy, 1.4),
                        faster(Name::WippySpinning, 2.0),
                        thrifty,
                    ],
                ),
                row(
                    "64 at once",
                    MANY,
                    many(),
                    Figure::Total(trips),
                    &[faster(Name::Wippy, 2.5), thrifty],
                ),
            ],
            ..Section::default()
        },
        Section {
            id: "http-download",
            title: "HTTP download",
            figure: "a MiB",
            columns: COLUMNS,
            pinned: true,
            note: "64 MiB in one response; the time of each MiB.",
            rows: vec![row(
                "64 MiB",
                DOWNLOAD,
                download,
                Figure::Total(counts.mebibytes.min(64)),
                &[faster(Name::Wippy, 1.3)],
            )],
            ..Section::default()
        },
    ]
}
