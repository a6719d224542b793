//! What guests ask of the host all the time: the loop is in the guest.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use wippy::Arguments;
use wippy::Digest;
use wippy::Runtime;
use wippy::project::{self, LoadOptions};
use wippy::{Program, ProgramOptions};
use wippy_dispatcher::Dispatcher;

use super::Fallible;
use super::region::row;

const FILE: &str = "data";
const FILE_BYTES: usize = 1 << 20;

/// A row: its name, the guest and its function, what the function is given for a count.
struct Row {
    name: &'static str,
    guest: &'static str,
    function: &'static str,
    count: u32,
    arguments: fn(u32) -> Value,
}

// No operation on paths: valgrind does not know openat2, so they would be counted on the blocking pool.
const ROWS: &[Row] = &[
    Row {
        name: "guest: monotonic-clock.now",
        guest: "pollset",
        function: "pollset#now-loop",
        count: 2000,
        arguments: |count| json!([count]),
    },
    Row {
        name: "guest: pollable.ready",
        guest: "pollset",
        function: "pollset#ready-loop",
        count: 2000,
        arguments: |count| json!([count]),
    },
    Row {
        name: "guest: pollable.block, ready",
        guest: "pollset",
        function: "pollset#block-loop",
        count: 2000,
        arguments: |count| json!([count]),
    },
    Row {
        name: "guest: subscribe-duration and drop",
        guest: "pollset",
        function: "pollset#subscribe-loop",
        count: 2000,
        arguments: |count| json!([count]),
    },
    Row {
        name: "guest: poll, one due timer of one",
        guest: "pollset",
        function: "pollset#poll-many",
        count: 500,
        arguments: |count| json!([1, 1, count]),
    },
    Row {
        name: "guest: poll, one due timer of 64",
        guest: "pollset",
        function: "pollset#poll-many",
        count: 200,
        arguments: |count| json!([64, 1, count]),
    },
    Row {
        name: "guest: file read, 4 KiB",
        guest: "bench-files",
        function: "file-loops#read-blocks",
        count: 3000,
        arguments: |count| json!([FILE, 4096, count, false]),
    },
    Row {
        name: "guest: file write, 4 KiB",
        guest: "bench-files",
        function: "file-loops#write-blocks",
        count: 500,
        arguments: |count| json!(["written", 4096, count]),
    },
    Row {
        name: "guest: stat of an open file",
        guest: "bench-files",
        function: "file-loops#stat-open",
        count: 500,
        arguments: |count| json!([FILE, count]),
    },
    Row {
        name: "preview 1: clock_time_get",
        guest: "loops-1",
        function: "clock-time-get",
        count: 2000,
        arguments: |count| json!([count]),
    },
    Row {
        name: "preview 1: fd_read, 4 KiB",
        guest: "loops-1",
        function: "fd-read",
        count: 3000,
        arguments: |count| json!([count]),
    },
    Row {
        name: "preview 1: fd_write, 4 KiB",
        guest: "loops-1",
        function: "fd-write",
        count: 500,
        arguments: |count| json!([count]),
    },
    Row {
        name: "preview 1: poll_oneoff, a due timer",
        guest: "loops-1",
        function: "poll-oneoff",
        count: 500,
        arguments: |count| json!([0, count]),
    },
    // The loop is the program's: each is a call in an instance of its own.
    Row {
        name: "call: a fresh instance",
        guest: "pollset",
        function: "pollset#forever",
        count: 50,
        arguments: |_| json!([]),
    },
];

/// Counts them.
///
/// # Errors
/// When a guest fails.
pub fn run() -> Fallible<()> {
    let directory = std::env::temp_dir().join(format!("wippy-counts-files-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let outcome = run_in(&directory);
    fs::remove_dir_all(&directory)?;
    outcome
}

fn run_in(directory: &Path) -> Fallible<()> {
    fs::write(directory.join(FILE), vec![7; FILE_BYTES])?;
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/components");
    let loaded = project::from_yaml(
        &project(&guests, directory)?,
        Some(&guests),
        &LoadOptions::default(),
    );
    if let Some(error) = loaded.errors().next() {
        return Err(error.to_string().into());
    }
    // How often it looks before it parks would depend on the time.
    let dispatcher = Dispatcher::builder().spin(Duration::ZERO).build()?;
    let options = ProgramOptions::new().metrics(true);
    let observed = Program::with_options(loaded.registry.clone(), options);
    let observed = Runtime::on(dispatcher.handle(), observed)?;
    let runtime = Runtime::new(dispatcher.handle(), loaded.registry)?;
    count(&dispatcher, &runtime, "")?;
    count(&dispatcher, &observed, ", metrics on")
}

/// Counts the rows on a runtime.
fn count(dispatcher: &Dispatcher, runtime: &Runtime, suffix: &str) -> Fallible<()> {
    // Everything is compiled before anything is counted.
    for (number, description) in ROWS.iter().enumerate() {
        let arguments = (description.arguments)(1);
        let arguments = arguments.as_array().map(Vec::as_slice).unwrap_or_default();
        let entry = entry(number);
        dispatcher.block_on(runtime.call(&entry, Arguments::Json(arguments)))??;
    }
    for (number, description) in ROWS.iter().enumerate() {
        let entry = entry(number);
        let repeated = description.name.starts_with("call:");
        let name = format!("{}{suffix}", description.name);
        row(&name, description.count, |count| {
            let arguments = (description.arguments)(count);
            let arguments = arguments.as_array().map(Vec::as_slice).unwrap_or_default();
            dispatcher.block_on(async {
                for _ in 0..if repeated { count } else { 1 } {
                    runtime.call(&entry, Arguments::Json(arguments)).await?;
                }
                Ok(())
            })?
        })?;
    }
    Ok(())
}

fn entry(number: usize) -> String {
    format!("row{number}")
}

/// A document with an entry a row.
fn project(guests: &Path, files: &Path) -> Fallible<String> {
    let mut entries = vec![
        json!({"name": "guests", "kind": "fs.directory", "directory": guests}),
        json!({"name": "files", "kind": "fs.directory", "directory": files}),
    ];
    for (number, row) in ROWS.iter().enumerate() {
        let file = format!("{}.wasm", row.guest);
        let bytes = fs::read(guests.join(&file))?;
        entries.push(json!({
            "name": entry(number),
            "kind": "function.wasm",
            "fs": "guests",
            "path": file,
            "hash": format!("sha256:{}", Digest::of(&bytes)),
            "method": row.function,
            "imports": ["wasi:io", "wasi:clocks", "wasi:filesystem"],
            "wasi": {"mounts": [{"fs": "files", "guest": "/files"}]},
        }));
    }
    // JSON is YAML.
    Ok(json!({"version": "1.0", "namespace": "counts", "entries": entries}).to_string())
}
