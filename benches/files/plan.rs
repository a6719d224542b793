//! What is measured.

use std::path::Path;

use serde_json::json;

use crate::contender::Name;
use crate::scratch::{LARGE, MANY, SMALL};
use crate::section::{Figure, Goal, Row, Section};

/// What the entries of the guests' functions have beside their module.
pub const ENTRY: &str = "imports: ['wasi:io', 'wasi:clocks', 'wasi:filesystem'], \
                         wasi: {mounts: [{fs: data, guest: /data}]}";

/// The filesystem of the guests' project.
pub fn entries(mount: Option<&Path>) -> String {
    let directory = json!(mount.unwrap_or(Path::new(".")));
    format!("  - {{name: data, kind: fs.directory, directory: {directory}}}\n")
}

/// Who takes part, in the order in which a round asks them.
pub const CONTENDERS: &[Name] = &[Name::Wippy, Name::Peer, Name::PeerPooling, Name::Native];

/// How large everything is.
pub struct Sizes {
    /// The large file, in bytes.
    pub large: u64,
    /// The names in the directory.
    pub names: u32,
    /// How often a small operation is done.
    count: u32,
    /// How often a sleep is measured.
    sleeps: u32,
}

impl Sizes {
    /// Those of a run, or of a look at whether it runs.
    pub fn of(quick: bool) -> Sizes {
        match quick {
            true => Sizes {
                large: 1 << 20,
                names: 50,
                count: 20,
                sleeps: 3,
            },
            false => Sizes {
                large: 256 << 20,
                names: 10_000,
                count: 5000,
                sleeps: 300,
            },
        }
    }
}

const PART: u32 = 64 * 1024;

const SEQUENTIAL: &str = "test:guests/files@0.1.0#sequential-reads";
const RANDOM: &str = "test:guests/files@0.1.0#random-reads";
const WRITES: &str = "test:guests/files@0.1.0#writes";
const STREAM_WRITES: &str = "test:guests/files@0.1.0#stream-writes";
const STATS: &str = "test:guests/files@0.1.0#stats";
const PATH_STATS: &str = "test:guests/files@0.1.0#path-stats";
const OPENS: &str = "test:guests/files@0.1.0#opens";
const CROSSINGS: &str = "test:guests/files@0.1.0#crossings";
const LISTS: &str = "test:guests/files@0.1.0#lists";
const OVERSHOOT: &str = "test:guests/sleeper@0.1.0#overshoot";

/// Everything.
pub fn sections(quick: bool) -> Vec<Section> {
    let sizes = Sizes::of(quick);
    vec![operations(&sizes), sleep(&sizes)]
}

fn operations(sizes: &Sizes) -> Section {
    let parts = u32::try_from(sizes.large / u64::from(PART)).unwrap_or(u32::MAX);
    let faster = || {
        [Name::Peer, Name::PeerPooling]
            .map(|than| Goal::Faster {
                of: Name::Wippy,
                than,
                least: 5.0,
            })
            .into()
    };
    let row = |label: &str, function, args, count, goals| Row {
        label: label.to_owned(),
        guest: Some("files"),
        function,
        args,
        calls: 1,
        figure: Figure::Total(count),
        goals,
        beside: None,
    };
    let small = |label: &str, function, path: &str, goals| {
        let args = vec![json!(path), json!(sizes.count)];
        row(label, function, args, sizes.count, goals)
    };
    let sequential = vec![json!(LARGE), json!(PART), json!(sizes.large)];
    let names = vec![json!(MANY), json!(sizes.names)];
    Section {
        title: "files",
        unit: "µs an operation, mean of a loop",
        columns: CONTENDERS,
        never_ends: &[],
        note: "everything is in the page cache; what a call costs that asks the system nothing is the first row",
        rows: vec![
            small("crossing alone", CROSSINGS, SMALL, Vec::new()),
            row(
                "read 64 KiB in order",
                SEQUENTIAL,
                sequential,
                parts,
                Vec::new(),
            ),
            small("read 4 KiB at random", RANDOM, LARGE, faster()),
            small("write 4 KiB", WRITES, SMALL, faster()),
            small("write 4 KiB, stream", STREAM_WRITES, SMALL, faster()),
            small("stat", STATS, SMALL, faster()),
            small("stat of a path", PATH_STATS, SMALL, faster()),
            small("open and close", OPENS, SMALL, faster()),
            row("a name of a listing", LISTS, names, sizes.names, Vec::new()),
        ],
    }
}

fn sleep(sizes: &Sizes) -> Section {
    let row = |label: &str, beside| Row {
        label: label.to_owned(),
        guest: Some("sleeper"),
        function: OVERSHOOT,
        args: vec![json!(200), json!(sizes.sleeps)],
        calls: 1,
        figure: Figure::Samples,
        goals: Vec::new(),
        beside,
    };
    let part = u64::from(PART);
    Section {
        title: "sleep beside files",
        unit: "µs after a deadline of 200 µs, p50 / p99",
        columns: &[Name::Wippy],
        never_ends: &[],
        note: "another guest on the same thread reads or writes all the time",
        rows: vec![
            row("alone", None),
            row(
                "beside 64 KiB reads",
                Some((
                    SEQUENTIAL,
                    vec![json!(LARGE), json!(PART), json!(part * 64)],
                )),
            ),
            row(
                "beside 4 KiB writes",
                Some((WRITES, vec![json!(SMALL), json!(500)])),
            ),
        ],
    }
}
