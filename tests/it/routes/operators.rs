//! `wippy run` as those who run servers use it: certificates of services, the log, probes, the end.

use std::fmt::Display;
use std::os::unix::process::ExitStatusExt;

use rustix::process::Signal;
use serde_json::Value;

use super::world::{route, site, types};
use crate::cli::{program, wippy};
use crate::serving::get;
use crate::serving::process::{Serving, ask};
use crate::serving::tls_client::Authority;
use crate::support::Project;

/// A service with these fields, on any free port; certificates are in `certs`.
fn project(authority: &Authority, fields: &[(&str, &dyn Display)]) -> Project {
    let mut project = site(fields, &[]);
    types(&mut project, "greet", "greet", &[]);
    types(&mut project, "panic", "panic", &[]);
    route(&mut project, "hello", "GET /hello/{name}", "greet");
    route(&mut project, "panics", "GET /panic", "panic");
    let directory = authority.directory.path().display().to_string();
    project.entry("certs", "fs.directory", &[("directory", &directory)]);
    project
}

/// `wippy run` of it.
fn start(project: &Project, options: &[&str]) -> (Serving, tempfile::TempDir) {
    let directory = project.directory();
    let yaml = project.yaml().replace("10.0.0.1:80", "127.0.0.1:0");
    std::fs::write(directory.path().join("_index.yaml"), yaml).expect("a file");
    let words: Vec<&str> = ["run"].iter().chain(options).copied().collect();
    let serving = Serving::of(&mut program(directory.path(), &words));
    (serving, directory)
}

const TLS: &str = "{cert: 'certs:/cert.pem', key: 'certs:/key.pem'}";

#[test]
fn a_service_speaks_tls_with_the_files_of_its_entry() {
    let authority = Authority::new();
    let (mut serving, _project) = start(&project(&authority, &[("tls", &TLS)]), &[]);
    let at = serving.authority.clone();
    let answer = authority.ask(&at, "localhost", &get("/hello/you"));
    assert_eq!(answer.expect("an answer").text(), "Hello, you!");

    authority.issue("renewed.test");
    serving.send(Signal::HUP);
    serving.line_with("test:web: the certificate was read again");
    let answer = authority.ask(&at, "renewed.test", &get("/hello/you"));
    assert_eq!(answer.expect("an answer").text(), "Hello, you!");

    std::fs::write(authority.path("key.pem"), "broken").expect("a file");
    serving.send(Signal::HUP);
    let line = serving.line_with("is used on");
    assert!(
        line.contains("certs:/key.pem holds no private key"),
        "{line}"
    );
    let answer = authority.ask(&at, "renewed.test", &get("/hello/you"));
    assert_eq!(answer.expect("an answer").text(), "Hello, you!");
    serving.send(Signal::TERM);
    assert_eq!(serving.end().0.code(), Some(0));
}

#[test]
fn a_certificate_that_cannot_be_used_keeps_a_service_from_starting() {
    let authority = Authority::new();
    let once = "{auto_start: true, restart: {initial_delay: 1ms, max_attempts: 1}}";
    for (path, content, text) in [
        (
            "cert.pem",
            Some("broken"),
            "certs:/cert.pem holds no certificate in PEM",
        ),
        ("key.pem", None, "cannot read test:certs:/key.pem: "),
    ] {
        authority.issue("localhost");
        match content {
            Some(content) => std::fs::write(authority.path(path), content).expect("a file"),
            None => std::fs::remove_file(authority.path(path)).expect("a file"),
        }
        let project = project(&authority, &[("tls", &TLS), ("lifecycle", &once)]);
        let ran = wippy(&project, &["run"]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.err.contains(text), "{ran:?}");
        assert!(!ran.err.contains("listens on"), "{ran:?}");
    }
}

#[test]
fn services_have_a_log_and_probes() {
    let authority = Authority::new();
    let options = [
        "--access-log",
        "json",
        "--admin-addr",
        "127.0.0.1:0",
        "--drain-delay",
        "1h",
    ];
    let (mut serving, _project) = start(&project(&authority, &[]), &options);
    let admin = serving.admin();
    assert_eq!(ask(&admin, &get("/readyz")).text(), "ready\n");
    let failed = serving.get("/panic");
    let request = failed.field("x-request-id").expect("an ID");
    let id = failed.text().trim_end().rsplit(' ').next().expect("an ID");
    let line = serving.line_with(id);
    let expected = format!("test:panics: request {request}: GET /panic: error ID {id}: ");
    assert!(line.contains(&expected), "{line}");
    let line: Value = serde_json::from_str(&serving.line_with("{\"")).expect("JSON");
    assert_eq!(
        (&line["id"], &line["status"]),
        (&request.into(), &500.into())
    );
    let metrics = ask(&admin, &get("/metrics")).text().to_owned();
    let of_service = "wippy_http_connections{service=\"test:web\"} 0";
    assert!(metrics.contains(of_service), "{metrics}");
    assert!(
        metrics.contains("wippy_calls_total{entry=\"test:panic\""),
        "{metrics}"
    );

    serving.send(Signal::TERM);
    while ask(&admin, &get("/readyz")).status == 200 {
        std::thread::yield_now();
    }
    assert_eq!(serving.get("/hello/you").text(), "Hello, you!");
    serving.send(Signal::TERM);
    assert_eq!(serving.end().0.signal(), Some(15));
}

#[test]
fn options_of_services_are_refused_elsewhere() {
    let ran = wippy(&Project::new(), &["run", "--access-log", "json", "greet"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("--access-log is for services"), "{ran:?}");
}
