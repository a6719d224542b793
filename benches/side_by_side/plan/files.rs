//! Files that are in memory.

use serde_json::{Value, json};

use super::counts::Counts;
use super::row::{Figure, Goal, Row, Section};
use crate::contender::Name;
use crate::files::{DATA, ENTRIES, FEW_ENTRIES, MANY, SMALL};
use crate::protocol::Way;

const FAST: Goal = Goal::Faster {
    of: Name::Wippy,
    than: Name::Peer,
    least: 5.0,
};
const LEAN: Goal = Goal::Within {
    of: Name::Wippy,
    parts: [Name::Native, Name::Crossing],
    most: 1.5,
};

const STEADY: Goal = Goal::OfFirst {
    of: Name::Wippy,
    most: 1.5,
};
const OVERSHOOT: &str = "test:guests/sleeper@0.1.0#overshoot";

/// How late sleeps end while another guest keeps the files busy.
pub fn beside(counts: Counts) -> Section {
    let row = |label: &str, work: Option<(&'static str, Vec<Value>)>| {
        let args = vec![json!(200), json!(counts.sleeps)];
        let goals: &[Goal] = match work {
            Some(_) => &[STEADY],
            None => &[],
        };
        let row = Row::of("sleeper", label, OVERSHOOT, args, Figure::Samples, goals);
        match work {
            Some((function, args)) => row.beside("bench-files", function, args),
            None => row,
        }
    };
    let many = counts.files;
    Section {
        id: "beside-files",
        title: "Sleeps of 200 µs beside files",
        figure: "late by",
        columns: &[Name::Wippy, Name::Peer],
        note: "Another guest does this without a pause on the same thread.",
        rows: vec![
            row("alone", None),
            row(
                "beside reads of 4 KiB",
                Some((
                    "test:guests/file-loops@0.1.0#read-blocks",
                    vec![json!(DATA), json!(4096), json!(many), json!(true)],
                )),
            ),
            row(
                "beside reads of 64 KiB",
                Some((
                    "test:guests/file-loops@0.1.0#read-blocks",
                    vec![json!(DATA), json!(65536), json!(many), json!(true)],
                )),
            ),
            row(
                "beside writes of 4 KiB",
                Some((
                    "test:guests/file-loops@0.1.0#write-blocks",
                    vec![json!("beside"), json!(4096), json!(many)],
                )),
            ),
            row(
                "beside stats",
                Some((
                    "test:guests/file-loops@0.1.0#stat-path",
                    vec![json!(SMALL), json!(many)],
                )),
            ),
        ],
        ..Section::default()
    }
}

/// Single operations.
pub fn operations(counts: Counts) -> Section {
    let many = counts.files;
    let blocks = blocks(counts);
    Section {
        id: "files",
        title: "Files in memory",
        figure: "an operation, mean of a loop",
        columns: &[
            Name::Wippy,
            Name::Peer,
            Name::PeerPooling,
            Name::Native,
            Name::Crossing,
        ],
        note: "Operations on files that the page cache holds. Native: the same system calls without a guest. Crossing: the same \
               guest, with host functions that always answer the same. Standard output is /dev/null, written with blocking-write-and-flush.",
        rows: vec![
            row(
                "read 64 KiB in order",
                "test:guests/file-loops@0.1.0#read-blocks",
                vec![json!(DATA), json!(65536), json!(blocks), json!(false)],
                blocks,
                &[],
            ),
            row(
                "read 4 KiB anywhere",
                "test:guests/file-loops@0.1.0#read-blocks",
                vec![json!(DATA), json!(4096), json!(many), json!(true)],
                many,
                &[FAST, LEAN],
            ),
            row(
                "write 4 KiB",
                "test:guests/file-loops@0.1.0#write-blocks",
                vec![json!("written"), json!(4096), json!(many)],
                many,
                &[FAST],
            ),
            row(
                "get-type",
                "test:guests/file-loops@0.1.0#cross",
                vec![json!(DATA), json!(many)],
                many,
                &[],
            )
            .without(&[Name::Native]),
            row(
                "stat, open file",
                "test:guests/file-loops@0.1.0#stat-open",
                vec![json!(DATA), json!(many)],
                many,
                &[FAST, LEAN],
            ),
            row(
                "stat by path",
                "test:guests/file-loops@0.1.0#stat-path",
                vec![json!(SMALL), json!(many)],
                many,
                &[FAST],
            ),
            row(
                "open and close",
                "test:guests/file-loops@0.1.0#open-close",
                vec![json!(SMALL), json!(many)],
                many,
                &[FAST],
            ),
            print("a line to stdout", 64, many),
            print("4 KiB to stdout", 4096, many),
        ],
        ..Section::default()
    }
}

/// What takes many operations.
pub fn passes(counts: Counts) -> Section {
    let entries = match counts.quick {
        true => FEW_ENTRIES,
        false => ENTRIES,
    };
    Section {
        id: "directories",
        title: "Directories and streams in memory",
        figure: "a directory of 10,000, or a block",
        columns: &[Name::Wippy, Name::Peer, Name::PeerPooling, Name::Native],
        rows: vec![
            row(
                "list a directory",
                "test:guests/file-loops@0.1.0#list-directory",
                vec![json!(MANY), json!(entries)],
                1,
                &[],
            ),
            row(
                "stream, 64 KiB",
                "test:guests/file-loops@0.1.0#read-stream",
                vec![json!(DATA), json!(65536)],
                blocks(counts),
                &[],
            ),
        ],
        ..Section::default()
    }
}

/// Writes to standard output, `bytes` each.
fn print(label: &str, bytes: u32, count: u32) -> Row {
    let args = vec![json!(""), json!(bytes), json!(count)];
    let function = "test:guests/file-loops@0.1.0#write-stdout";
    row(label, function, args, count, &[]).calls(1, Way::Printing)
}

fn row(label: &str, function: &'static str, args: Vec<Value>, count: u32, goals: &[Goal]) -> Row {
    let figure = Figure::Total(count);
    Row::of("bench-files", label, function, args, figure, goals)
}

/// Those of 64 KiB that the file has.
fn blocks(counts: Counts) -> u32 {
    match counts.quick {
        true => 16,
        false => 4096,
    }
}
