//! Children before parents, and permits.

use serde_json::json;
use wippy::Arguments;
use wippy::Runtime;
use wippy::stdio::Stdio;
use wippy::stdio::pipe;
use wippy::stdio::{InputSource, Sink};
use wippy_dispatcher::Dispatcher;

use crate::support::{Project, simulated};

const METHODS: [&str; 9] = [
    "drop-stdin-with-pollable",
    "drop-stdout-with-pollable",
    "drop-in-order",
    "write-over-permit",
    "write-zeroes-over-permit",
    "blocking-write-4096",
    "blocking-write-over-4096",
    "blocking-write-zeroes-over-4096",
    "read-zero",
];

fn load(dispatcher: &Dispatcher) -> Runtime {
    let mut project = Project::new();
    for method in METHODS {
        project.function(
            method,
            "children",
            &format!("children#{method}"),
            "[wasi:cli, wasi:io]",
            &[],
        );
    }
    project.load(dispatcher)
}

fn call(method: &str) -> Result<serde_json::Value, String> {
    let dispatcher = simulated();
    let runtime = load(&dispatcher);
    let called = dispatcher.block_on(runtime.call(method, Arguments::Json(&[])));
    called
        .expect("no deadlock")
        .map_err(|error| error.to_string())
}

#[test]
fn a_stream_with_a_living_pollable_cannot_be_dropped() {
    for (method, kind) in [
        ("drop-stdin-with-pollable", "input-stream"),
        ("drop-stdout-with-pollable", "output-stream"),
    ] {
        assert_eq!(
            call(method),
            Err(format!(
                "test:{method}: cannot drop this {kind}: 1 of its children still live"
            ))
        );
    }
    assert_eq!(call("drop-in-order"), Ok(json!(null)));
}

#[test]
fn more_than_was_permitted_traps() {
    for method in ["write-over-permit", "write-zeroes-over-permit"] {
        let error = call(method).expect_err("a trap");
        assert!(error.contains("where check-write permitted"), "{error}");
    }
    assert_eq!(call("blocking-write-4096"), Ok(json!(null)));
    for method in [
        "blocking-write-over-4096",
        "blocking-write-zeroes-over-4096",
    ] {
        let error = call(method).expect_err("a trap");
        assert!(
            error.contains("a blocking write takes 4096 bytes at most, not 4097"),
            "{error}"
        );
    }
}

#[test]
fn reading_nothing_tells_an_open_stream_from_an_ended_one() {
    assert_eq!(call("read-zero"), Ok(json!("empty, closed")));
    // The same from a pipe with bytes in it whose writer is gone.
    let dispatcher = simulated();
    let runtime = load(&dispatcher);
    let handle = dispatcher.handle();
    let (reader, writer) = pipe(&handle, 16).expect("a pipe");
    let (_printed, stdout) = pipe(&handle, 16).expect("a pipe");
    writer.write(b"x").expect("open");
    drop(writer);
    let stdio = Stdio::new(
        InputSource::Pipe(reader),
        Sink::Pipe(stdout.clone()),
        Sink::Pipe(stdout),
    );
    let called = dispatcher.block_on(runtime.call_with(
        "read-zero",
        wippy::CallOptions::new().stdio(stdio),
        Arguments::Json(&[]),
    ));
    assert_eq!(
        called.expect("no deadlock").expect("a value"),
        json!("empty, closed")
    );
}
