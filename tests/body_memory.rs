//! What a service counts for the body of a request is no less than what it allocates: measured by a global allocator of
//! its own, for a function with each kind of arguments.

#[path = "body_memory/allocator.rs"]
mod allocator;

use std::time::Duration;

use wippy::internals::serving::BodyMemory;
use wippy::project::{LoadOptions, from_yaml};
use wippy::services::{Plan, supervise};
use wippy::stdio::Stdio;
use wippy::{Program, ProgramOptions, Runtime};
use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::{Dispatcher, Event, Handle};

#[global_allocator]
static MEASURING: allocator::Measuring = allocator::Measuring;

/// Takes arguments of several types and does nothing with them.
const GUEST: &str = r#"(component
    (core module $m
        (memory (export "memory") 64)
        (global $next (mut i32) (i32.const 1024))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
            (local $at i32)
            (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
            (global.set $next (i32.add (local.get $at) (local.get 3)))
            (local.get $at))
        (func (export "take") (param i32 i32)))
    (core instance $i (instantiate $m))
    (alias core export $i "memory" (core memory $memory))
    (alias core export $i "realloc" (core func $realloc))
    (alias core export $i "take" (core func $take))
    (type $a-record (record (field "a" u8)))
    (export $record "record" (type $a-record))
    (type $an-enum (enum "a" "b"))
    (export $enum "enum" (type $an-enum))
    (type $an-option (option (option u8)))
    (func (export "text") (param "v" string) (canon lift (core func $take) (memory $memory) (realloc $realloc)))
    (func (export "bytes") (param "v" (list u8)) (canon lift (core func $take) (memory $memory) (realloc $realloc)))
    (func (export "numbers") (param "v" (list u32)) (canon lift (core func $take) (memory $memory) (realloc $realloc)))
    (func (export "strings") (param "v" (list string)) (canon lift (core func $take) (memory $memory) (realloc $realloc)))
    (func (export "lists") (param "v" (list (list u8))) (canon lift (core func $take) (memory $memory) (realloc $realloc)))
    (func (export "records") (param "v" (list $record)) (canon lift (core func $take) (memory $memory) (realloc $realloc)))
    (func (export "enums") (param "v" (list $enum)) (canon lift (core func $take) (memory $memory) (realloc $realloc)))
    (func (export "options") (param "v" (list $an-option)) (canon lift (core func $take) (memory $memory) (realloc $realloc))))"#;

/// Bodies of so many bytes are converted on the dispatcher's thread, whose allocations are measured.
const BODY: usize = 60_000;
/// What a request takes beside its body: the connection's buffers, its call, its log.
const BESIDE: usize = 400_000;

/// The methods, what a body of each is made of, and how it is counted.
const CASES: [(&str, &str, BodyMemory); 10] = [
    ("text", "", BodyMemory::Text),
    ("bytes", "", BodyMemory::Bytes),
    ("numbers", "0", BodyMemory::Json),
    ("strings", "\"\"", BodyMemory::Json),
    (
        "strings",
        "\"abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz\"",
        BodyMemory::Json,
    ),
    ("lists", "[]", BodyMemory::Json),
    ("lists", "[0]", BodyMemory::Json),
    ("records", "{\"a\":0}", BodyMemory::Json),
    ("enums", "\"a\"", BodyMemory::Json),
    ("options", "{\"some\":0}", BodyMemory::Json),
];

/// A body of about [`BODY`] bytes with as many of these elements as fit.
fn body(element: &str) -> String {
    if element.is_empty() {
        return "x".repeat(BODY);
    }
    let elements = vec![element; BODY / (element.len() + 1)];
    format!("[[{}]]", elements.join(","))
}

fn project() -> String {
    let source = serde_json::to_string(GUEST).expect("a string");
    let mut yaml = String::from(
        "namespace: test\nentries:\n\
         - {name: web, kind: http.service, addr: '10.0.0.1:80', lifecycle: {auto_start: true}}\n\
         - {name: api, kind: http.router}\n",
    );
    for method in [
        "text", "bytes", "numbers", "strings", "lists", "records", "enums", "options",
    ] {
        yaml.push_str(&format!(
            "- {{name: {method}, kind: function.wat, method: {method}, source: {source}}}\n\
             - {{name: of-{method}, kind: http.endpoint, path: /{method}, func: {method}}}\n"
        ));
    }
    yaml
}

async fn status(handle: &Handle, method: &str, body: &str) -> String {
    let stream = TcpStream::connect(handle, ([10, 0, 0, 1], 80).into())
        .await
        .expect("a service");
    let head = format!(
        "POST /{method} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("a peer");
    stream.write_all(body.as_bytes()).await.expect("a peer");
    let (mut answer, mut buffer) = (Vec::new(), [0; 512]);
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        answer.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8(answer).expect("text")
}

#[test]
fn a_body_takes_no_more_memory_than_is_counted_for_it() {
    let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
    let handle = dispatcher.handle();
    let loaded = from_yaml(&project(), None, &LoadOptions::default());
    let errors: Vec<String> = loaded.errors().map(ToString::to_string).collect();
    assert_eq!(errors, [""; 0]);
    let plan = Plan::new(&loaded.registry).expect("an order");
    let program = Program::with_options(loaded.registry, ProgramOptions::new());
    let runtime = Runtime::on(handle.clone(), program).expect("an engine");
    let stop = Event::new(&handle).expect("an event");
    let serving = async move { supervise(&runtime, plan, Stdio::logged("services"), &stop).await };
    dispatcher.spawn(serving).expect("a task").detach();
    let measured = dispatcher.block_on(async {
        handle.sleep(Duration::from_secs(1)).await.expect("time");
        let mut measured = Vec::new();
        for (method, element, memory) in CASES {
            // It is compiled at the first request.
            let short = if element.is_empty() { "" } else { "[[]]" };
            let answer = status(&handle, method, short).await;
            assert!(answer.starts_with("HTTP/1.1 204 "), "{method}: {answer}");
            let body = body(element);
            let counted = memory.of_piece(body.as_bytes());
            let before = allocator::begin();
            let answer = status(&handle, method, &body).await;
            let taken = allocator::peak() - before;
            assert!(answer.starts_with("HTTP/1.1 204 "), "{method}: {answer}");
            measured.push((method, element, taken, counted));
        }
        measured
    });
    for (method, element, taken, counted) in measured.expect("no deadlock") {
        let what = format!("{method} of {element:?}: {taken} bytes, {counted} counted");
        assert!(taken <= counted + BESIDE, "{what}");
        assert!(counted <= 8 * taken, "{what}");
    }
}
