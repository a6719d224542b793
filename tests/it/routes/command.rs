//! The program: what it says of routes, and `wippy run` of a project that serves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::world::{Answer, nap, request, route, seconds, site, types};
use crate::cli::{program, wippy};
use crate::support::Project;

/// A project that listens on any free port.
fn project() -> Project {
    let mut project = site(&[], &[("prefix", &"/api")]);
    types(&mut project, "greet", "greet", &[]);
    types(&mut project, "panic", "panic", &[]);
    nap(&mut project, &[]);
    route(&mut project, "hello", "GET /hello/{name}", "greet");
    route(&mut project, "panics", "POST /panic", "panic");
    route(&mut project, "naps", "POST /nap", "nap");
    project
}

/// The program, serving.
struct Serving {
    child: Child,
    log: BufReader<ChildStderr>,
    port: u16,
    /// What it said before it listened.
    before: String,
    _directory: tempfile::TempDir,
}

impl Serving {
    fn start(project: &Project, address: &str) -> Serving {
        let directory = project.directory();
        let file = directory.path().join("_index.yaml");
        let yaml = project.yaml().replace("10.0.0.1:80", address);
        std::fs::write(file, yaml).expect("a file");
        let mut child = program(directory.path(), &["run"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        let log = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut serving = Serving {
            child,
            log,
            port: 0,
            before: String::new(),
            _directory: directory,
        };
        let line = serving.line_with("test:web listens on http://");
        let port = line.trim_end().rsplit(':').next().expect("a port");
        serving.port = port.parse().expect("a port");
        serving
    }

    /// The next log line that holds a text.
    fn line_with(&mut self, text: &str) -> String {
        let mut line = String::new();
        while self.log.read_line(&mut line).expect("a log") > 0 {
            if line.contains(text) {
                return line;
            }
            if self.port == 0 {
                self.before.push_str(&line);
            }
            line.clear();
        }
        panic!("the log has no {text:?}");
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).expect("a server")
    }

    fn ask(&self, route: &str, body: &str) -> Answer {
        let mut stream = self.connect();
        stream.write_all(&request(route, body)).expect("a server");
        answer(&mut stream)
    }

    fn send(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("its ID"), signal).expect("a process");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Where it has ended, there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an answer");
    Answer::parse(&bytes).expect("an answer")
}

#[test]
fn it_says_where_it_listens_and_answers_there() {
    let mut serving = Serving::start(&project(), "127.0.0.1:0");
    assert_ne!(serving.port, 0);
    let answer = serving.ask("GET /api/hello/you", "");
    assert_eq!(answer.said(), (200, "Hello, you!".to_owned()));
    // What the client is told of a failure, the log has with its reason.
    let text = serving.ask("POST /api/panic", "").text();
    let id = text.trim_end().rsplit(' ').next().expect("an ID");
    let line = serving.line_with(id);
    assert!(
        line.contains("test:panics: request ") && line.contains(": POST /api/panic: error ID"),
        "{line}"
    );
    // Its guest may not even print why: it enables nothing.
    assert!(line.contains("is not enabled"), "{line}");
    serving.send(Signal::TERM);
    assert_eq!(serving.child.wait().expect("its end").code(), Some(0));
}

#[test]
fn every_address_is_listened_on_where_no_host_is_named() {
    let serving = Serving::start(&project(), ":0");
    assert_eq!(serving.ask("GET /api/hello/you", "").status, 200);
    // A machine without IPv6 has none of it.
    if let Ok(mut stream) = TcpStream::connect(("::1", serving.port)) {
        let bytes = request("GET /api/hello/you", "");
        stream.write_all(&bytes).expect("a server");
        assert_eq!(answer(&mut stream).status, 200);
    }
}

#[test]
fn a_signal_lets_requests_end_and_a_second_one_does_not() {
    let mut serving = Serving::start(&project(), "localhost:0");
    // Its module is compiled.
    assert_eq!(serving.ask("POST /api/nap", &seconds(0)).status, 200);
    let mut stream = serving.connect();
    let half_a_second = "[[500000]]";
    let bytes = request("POST /api/nap", half_a_second);
    stream.write_all(&bytes).expect("a server");
    // What has come before this is read before it.
    assert_eq!(serving.ask("GET /api/hello/you", "").status, 200);
    serving.send(Signal::TERM);
    assert_eq!(answer(&mut stream).status, 200);
    serving.line_with("test:web stopped: 3 requests answered, 0 cut off");
    assert_eq!(serving.child.wait().expect("its end").code(), Some(0));

    let mut serving = Serving::start(&project(), "127.0.0.1:0");
    let mut stream = serving.connect();
    let bytes = request("POST /api/nap", seconds(3600));
    stream.write_all(&bytes).expect("a server");
    assert_eq!(serving.ask("GET /api/hello/you", "").status, 200);
    serving.send(Signal::TERM);
    // It listens no more: the first signal has arrived.
    while TcpStream::connect(("127.0.0.1", serving.port)).is_ok() {
        std::thread::yield_now();
    }
    serving.send(Signal::TERM);
    let ended = serving.child.wait().expect("its end");
    assert_eq!(ended.code(), None, "{ended}");
}

#[test]
fn routes_are_listed_and_checked() {
    let mut project = project();
    project.entry("lua", "function.lua", &[("source", &"return 1")]);
    route(&mut project, "other", "POST /", "lua");
    let lines = [
        "POST  /api               test:other   test:lua    test:web  501: not run here",
        "POST  /api/              test:other   test:lua    test:web  501: not run here",
        "GET   /api/hello/{name}  test:hello   test:greet  test:web",
        "POST  /api/nap           test:naps    test:nap    test:web",
        "POST  /api/panic         test:panics  test:panic  test:web",
    ];
    let listed = wippy(&project, &["registry", "routes"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert_eq!(listed.out.lines().collect::<Vec<_>>(), lines);
    let checked = wippy(&project, &["check"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(checked.out.starts_with(&lines.join("\n")), "{checked:?}");
    for entry in ["web", "api"] {
        let inspected = wippy(&project, &["inspect", entry]);
        assert_eq!(inspected.out, listed.out, "{inspected:?}");
    }
    let inspected = wippy(&project, &["inspect", "test:naps", "--json"]);
    let row: Value = serde_json::from_str(&inspected.out).expect("an object");
    assert_eq!(
        (&row["method"], &row["path"]),
        (&"POST".into(), &"/api/nap".into())
    );
    assert_eq!(
        (&row["func"], &row["state"]),
        (&"test:nap".into(), &"".into())
    );
}

#[test]
fn mistakes_of_routes_are_shown_before_it_serves_the_others() {
    let mut project = project();
    route(&mut project, "again", "GET /hello/:id", "greet");
    let mut serving = Serving::start(&project, "127.0.0.1:0");
    let said: Vec<&str> = serving.before.lines().collect();
    let of = |name: &str| {
        said.iter()
            .any(|line| line.contains(name) && line.contains("is not unique"))
    };
    assert!(of("test:hello") && of("test:again"), "{said:#?}");
    let answer = serving.ask("GET /api/hello/you", "");
    assert_eq!(answer.status, 500);
    assert_eq!(serving.ask("POST /api/nap", &seconds(0)).status, 200);
    serving.send(Signal::INT);
    assert_eq!(serving.child.wait().expect("its end").code(), Some(130));
}
