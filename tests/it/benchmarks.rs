//! The guests that benchmarks run do what they are measured for.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::thread;

use serde_json::{Value, json};
use wippy::stdio::{InputSource, Sink, Stdio};

use crate::support::{Project, live};

const IMPORTS: &str = "[wasi:io, wasi:clocks, wasi:filesystem, wasi:sockets, wasi:http]";

fn call(project: &Project, name: &str, arguments: &[Value]) -> Value {
    project.call_on(&live(), name, arguments).expect(name)
}

#[test]
fn loops_over_preview_1_are_timed() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut project = Project::new();
    let place = directory.path().display();
    project.entry("files", "fs.directory", &[("directory", &place)]);
    let wasi = "{mounts: [{fs: files, guest: /d}]}";
    project.command_at(
        "bench-1",
        "bench-1",
        "_start",
        "[wasi1]",
        &[("wasi", &wasi)],
    );
    let dispatcher = live();
    let (printed, output) = wippy::stdio::pipe(&dispatcher.handle(), 4096).expect("a pipe");
    let sink = Sink::Pipe(output);
    let stdio = Stdio::new(InputSource::Empty, sink.clone(), sink);
    let status = project.run_on(&dispatcher, "bench-1", stdio, &["/d", "100"]);
    assert_eq!(status.expect("a status").code, 0);
    let printed = printed.read(4096).expect("lines");
    let printed = String::from_utf8(printed).expect("text");
    let names = printed
        .lines()
        .map(|line| line.split(' ').next().unwrap_or_default());
    let names: Vec<&str> = names.collect();
    assert_eq!(
        names,
        ["clock_time_get", "fd_write", "fd_read", "poll_oneoff"]
    );
    let length = std::fs::metadata(directory.path().join("bench"))
        .expect("a file")
        .len();
    assert_eq!(length, 100 * 4096);
}

/// The loops of the rows.
#[test]
fn loops_over_functions_of_preview_1_do_what_they_measure() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("data"), vec![7; 1 << 20]).expect("a file");
    let mut project = Project::new();
    let place = directory.path().display();
    project.entry("files", "fs.directory", &[("directory", &place)]);
    let mount = "{mounts: [{fs: files, guest: /}]}";
    let cases = [
        ("clock-time-get", json!([100])),
        ("fd-read", json!([300])),
        ("fd-write", json!([300])),
        ("poll-oneoff", json!([100, 2])),
        ("poll-oneoff", json!([0, 20])),
    ];
    for (function, _) in cases.iter().take(4) {
        let wasi = [("wasi", &mount as &dyn std::fmt::Display)];
        project.function(function, "loops-1", function, IMPORTS, &wasi);
    }
    for (function, arguments) in cases {
        let arguments = arguments.as_array().expect("a list");
        assert!(call(&project, function, arguments).as_u64() > Some(0));
    }
    let written = std::fs::read(directory.path().join("written-1")).expect("a file");
    assert_eq!(written, vec![7; 1 << 20]);
}

#[test]
fn loops_over_files_read_and_write_them() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("data"), vec![7; 1 << 20]).expect("a file");
    let mut project = Project::new();
    let place = directory.path().display();
    project.entry("files", "fs.directory", &[("directory", &place)]);
    let mount = "{mounts: [{fs: files, guest: /}]}";
    let cases = [
        ("read-blocks", json!(["data", 4096, 10, true])),
        ("write-blocks", json!(["written", 4096, 300])),
        ("cross", json!(["data", 3])),
        ("stat-open", json!(["data", 3])),
        ("stat-path", json!(["data", 3])),
        ("open-close", json!(["data", 3])),
        ("list-directory", json!([".", 2])),
        ("read-stream", json!(["data", 65536])),
    ];
    for (function, _) in &cases {
        let wasi = [("wasi", &mount as &dyn std::fmt::Display)];
        project.function(function, "bench-files", function, IMPORTS, &wasi);
    }
    for (function, arguments) in cases {
        let arguments = arguments.as_array().expect("a list");
        assert!(call(&project, function, arguments).as_u64() > Some(0));
    }
    let written = std::fs::read(directory.path().join("written")).expect("a file");
    // 300 blocks, of which those beyond a MiB began anew.
    assert_eq!(written, vec![7; 1 << 20]);
}

#[test]
fn loops_over_sockets_are_echoed() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let tcp = listener.local_addr().expect("its port").port();
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let udp = socket.local_addr().expect("its port").port();
    let echo = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a guest");
        let mut buffer = [0; 1000];
        for _ in 0..3 {
            stream.read_exact(&mut buffer).expect("bytes");
            stream.write_all(&buffer).expect("a reader");
        }
        for _ in 0..3 {
            let (length, from) = socket.recv_from(&mut buffer).expect("a datagram");
            socket.send_to(&buffer[..length], from).expect("sent");
        }
    });
    let mut project = Project::new();
    for function in ["tcp-ping-pong", "udp-ping-pong"] {
        project.function(function, "bench-sockets", function, IMPORTS, &[]);
    }
    for (function, port) in [("tcp-ping-pong", tcp), ("udp-ping-pong", udp)] {
        let times = call(&project, function, &[json!(port), json!(1000), json!(3)]);
        assert_eq!(times.as_array().map(Vec::len), Some(3));
    }
    echo.join().expect("an echo");
}

#[test]
fn sets_of_every_kind_are_polled() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("its port").port();
    let mut project = Project::new();
    for function in ["poll-ready", "poll-late"] {
        project.function(function, "bench-sockets", function, IMPORTS, &[]);
    }
    let mut connections = Vec::new();
    for kind in ["timers", "streams", "sockets", "mixed"] {
        let ready = [json!(port), json!(kind), json!(7), json!(3), json!(2)];
        assert!(call(&project, "poll-ready", &ready).as_u64() > Some(0));
        connections.push(listener.accept().expect("a guest"));
        let late = [json!(port), json!(kind), json!(7), json!(10), json!(2)];
        let times = call(&project, "poll-late", &late);
        assert_eq!(times.as_array().map(Vec::len), Some(2));
        connections.push(listener.accept().expect("a guest"));
    }
}

#[test]
fn loops_of_requests_are_answered() {
    let server = tiny_http::Server::http("127.0.0.1:0").expect("a server");
    let authority = server.server_addr().to_string();
    let answering = thread::spawn(move || {
        for _ in 0..13 {
            let request = server.recv().expect("a request");
            let body = request.url().len();
            let response = tiny_http::Response::from_data(vec![7; body]);
            request.respond(response).expect("a client");
        }
    });
    let mut project = Project::new();
    for function in ["get-series", "get-many", "download"] {
        project.function(function, "bench-http", function, IMPORTS, &[]);
    }
    let series = [json!(authority), json!("/small"), json!(2)];
    let times = call(&project, "get-series", &series);
    assert_eq!(times.as_array().map(Vec::len), Some(2));
    let many = [json!(authority), json!("/small"), json!(4), json!(10)];
    assert!(call(&project, "get-many", &many).as_u64() > Some(0));
    let download = [json!(authority), json!("/download"), json!(9)];
    assert!(call(&project, "download", &download).as_u64() > Some(0));
    answering.join().expect("a server");
}
