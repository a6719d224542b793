//! A call that is dropped, in each state that it can be in: its place in the pool, its timers, its
//! connections and its instance are free at once.

use std::fmt::Display;
use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use wippy::stdio::{InputSource, Sink, Stdio, pipe};
use wippy::{Arguments, CallOptions, Runtime};
use wippy_dispatcher::{Dispatcher, Error, Task};

use crate::support::{Project, live, simulated};

const INLINE: [(&str, &dyn Display); 1] = [("pool", &"{type: inline}")];
const HOUR: u64 = 3_600_000_000;

fn start(
    dispatcher: &Dispatcher,
    runtime: &Runtime,
    name: &'static str,
    arguments: Vec<Value>,
    options: CallOptions,
) -> Task<()> {
    let runtime = runtime.clone();
    let call = async move {
        let ended = runtime.call_with(name, options, Arguments::Json(&arguments));
        panic!("it ends by itself: {:?}", ended.await);
    };
    dispatcher.spawn(call).expect("a task")
}

fn cancel(dispatcher: &Dispatcher, call: Task<()>) {
    assert_eq!(
        dispatcher.block_on(call.cancel()).expect("no deadlock"),
        None
    );
}

fn sockets(method: &str) -> Project {
    let imports = "[wasi:cli, wasi:io, wasi:sockets, wasi:clocks]";
    let mut project = Project::new();
    let method = format!("sockets#{method}");
    project.function("guest", "sockets", &method, imports, &INLINE);
    project
}

/// Whether the peer's end is closed, in order or not, and nothing came before.
fn is_closed(mut peer: TcpStream) -> bool {
    let patience = Some(Duration::from_secs(20));
    peer.set_read_timeout(patience).expect("a timeout");
    loop {
        match peer.read(&mut [0; 256]) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::ConnectionReset,
        }
    }
}

#[test]
fn a_sleeping_guest_leaves_no_timer_and_its_place() {
    let mut project = Project::new();
    let clocks = "[wasi:clocks, wasi:io]";
    project.function("nap", "sleeper", "sleeper#sleep-series", clocks, &INLINE);
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let runtime = project.load(&dispatcher);
    let hour = vec![json!([HOUR])];
    let call = start(
        &dispatcher,
        &runtime,
        "nap",
        hour.clone(),
        CallOptions::new(),
    );
    let waiting = start(&dispatcher, &runtime, "nap", hour, CallOptions::new());
    let second = handle.sleep(Duration::from_secs(1));
    dispatcher
        .block_on(second)
        .expect("no deadlock")
        .expect("sleep");
    cancel(&dispatcher, waiting);
    cancel(&dispatcher, call);
    let nap = [json!([1000])];
    let napped = dispatcher.block_on(runtime.call("nap", Arguments::Json(&nap)));
    assert_eq!(
        napped.expect("no deadlock").expect("a nap"),
        json!(1_000_000)
    );
    // Nothing is left that could ever happen.
    let now = handle.now().expect("a clock");
    match dispatcher.block_on(std::future::pending::<()>()) {
        Err(Error::Deadlock(waits)) => assert_eq!(waits.now(), now),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_computing_guest_leaves_its_place() {
    for dispatcher in [live(), simulated()] {
        let mut project = Project::new();
        let source =
            r#"(module (func (export "f") (param i32) (loop $on (br_if $on (local.get 0)))))"#;
        let source = serde_json::to_string(source).expect("a string");
        let fields: [(&str, &dyn Display); 3] = [("source", &source), ("method", &"f"), INLINE[0]];
        project.entry("spin", "function.wat", &fields);
        let runtime = project.load(&dispatcher);
        let prepared = dispatcher.block_on(runtime.prepare("spin"));
        prepared.expect("no deadlock").expect("compiled");
        let call = start(
            &dispatcher,
            &runtime,
            "spin",
            vec![json!(1)],
            CallOptions::new(),
        );
        // It computes now, and lets the others run.
        let soon = dispatcher.handle().sleep(Duration::from_millis(3));
        dispatcher
            .block_on(soon)
            .expect("no deadlock")
            .expect("sleep");
        cancel(&dispatcher, call);
        let ended = dispatcher.block_on(runtime.call("spin", Arguments::Json(&[json!(0)])));
        assert_eq!(ended.expect("no deadlock").expect("an end"), Value::Null);
    }
}

#[test]
fn a_guest_that_reads_closes_its_connection() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let dispatcher = live();
    let runtime = sockets("read-to-failure").load(&dispatcher);
    let call = start(
        &dispatcher,
        &runtime,
        "guest",
        vec![json!(port)],
        CallOptions::new(),
    );
    let accepting = dispatcher.handle().unblock(move || listener.accept());
    let accepted = dispatcher.block_on(accepting).expect("no deadlock");
    let (mut peer, _) = accepted.expect("a thread").expect("a connection");
    // The guest's first byte: now it reads.
    let reading = dispatcher.handle().unblock(move || {
        peer.read_exact(&mut [0]).expect("a byte");
        peer
    });
    let peer = dispatcher
        .block_on(reading)
        .expect("no deadlock")
        .expect("a thread");
    cancel(&dispatcher, call);
    assert!(is_closed(peer));
}

#[test]
fn a_guest_that_accepts_closes_its_listener() {
    let dispatcher = live();
    let runtime = sockets("serve").load(&dispatcher);
    let (printed, stdout) = pipe(&dispatcher.handle(), 256).expect("a pipe");
    let stdio = Stdio::new(
        InputSource::Empty,
        Sink::Pipe(stdout.clone()),
        Sink::Pipe(stdout),
    );
    let options = CallOptions::new().stdio(stdio);
    let arguments = vec![json!(false), json!(9)];
    let call = start(&dispatcher, &runtime, "guest", arguments, options);
    let mut port = String::new();
    while !port.ends_with('\n') {
        let bytes = dispatcher.block_on(printed.next(16)).expect("no deadlock");
        let bytes = bytes.expect("a pipe").expect("a port");
        port.push_str(std::str::from_utf8(&bytes).expect("text"));
    }
    let port: u16 = port.trim().parse().expect("a number");
    let peer = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it listens");
    cancel(&dispatcher, call);
    let refused = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
    let refused = refused.expect_err("nobody listens").kind();
    assert_eq!(refused, ErrorKind::ConnectionRefused);
    assert!(is_closed(peer));
}

#[test]
fn a_guest_that_waits_for_an_answer_closes_its_connection() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mut project = Project::new();
    let imports = "[wasi:http, wasi:io]";
    project.function(
        "get",
        "http-client",
        "http-client#download",
        imports,
        &INLINE,
    );
    let dispatcher = live();
    let runtime = project.load(&dispatcher);
    let authority = format!("127.0.0.1:{port}");
    let arguments = vec![json!(authority), json!("/"), Value::Null];
    let call = start(&dispatcher, &runtime, "get", arguments, CallOptions::new());
    let accepting = dispatcher.handle().unblock(move || {
        let (mut peer, _) = listener.accept().expect("a connection");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            peer.read_exact(&mut byte).expect("a request");
            head.extend(byte);
        }
        peer
    });
    let peer = dispatcher
        .block_on(accepting)
        .expect("no deadlock")
        .expect("a thread");
    cancel(&dispatcher, call);
    assert!(is_closed(peer));
}

/// Its guest has ended, and what it wrote is not read yet.
#[test]
fn a_call_that_delivers_gives_up_what_is_left() {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let mut project = Project::new();
    project.command("chatter", "chatter", "[wasi:cli, wasi:io]", &[]);
    let runtime = project.load(&dispatcher);
    let ((printed, stdout), (_errors, stderr)) = (
        pipe(&handle, 1024).expect("a pipe"),
        pipe(&handle, 1 << 20).expect("a pipe"),
    );
    let stdio = Stdio::new(InputSource::Empty, Sink::Pipe(stdout), Sink::Pipe(stderr));
    let running = async move {
        let words = ["4".to_owned(), "512".to_owned()];
        let ran = runtime.run("chatter", stdio, &words).await;
        panic!("nobody reads: {ran:?}");
    };
    let call: Task<()> = dispatcher.spawn(running).expect("a task");
    let second = handle.sleep(Duration::from_secs(1));
    dispatcher
        .block_on(second)
        .expect("no deadlock")
        .expect("sleep");
    cancel(&dispatcher, call);
    // What had room is there, and then the end: the writing ends are gone.
    let mut bytes = 0;
    let next = || {
        dispatcher
            .block_on(printed.next(4096))
            .expect("no deadlock")
    };
    while let Some(read) = next().expect("a pipe") {
        bytes += read.len();
    }
    assert!(bytes <= 1024, "{bytes}");
}
