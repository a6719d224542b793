//! `wippy serve` as those who run servers use it: TLS, threads, the log, probes, proxies, sockets, the end.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::Value;

use super::process::{Serving, ask, rest};
use super::tls_client::Authority;
use super::{get, request};
use crate::support::{binary, guests};

/// A request on a connection that stays open.
const KEPT: &str = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
/// How its answer may end: the server knows the length, or the guest was interrupted before it had ended the body.
const KEPT_ENDS: [&[u8]; 2] = [b"\r\n\r\nhello\n", b"\r\nhello\n\r\n0\r\n\r\n"];

/// Reads one answer to [`KEPT`].
fn read_kept(client: &mut impl Read) {
    let mut bytes = Vec::new();
    while !KEPT_ENDS.iter().any(|end| bytes.ends_with(end)) {
        let mut byte = [0];
        client.read_exact(&mut byte).expect("an answer");
        bytes.push(byte[0]);
    }
}

#[test]
fn tls_with_a_certificate_that_is_read_again_at_a_signal() {
    let authority = Authority::new();
    let [cert, key] = ["cert.pem", "key.pem"].map(|name| authority.path(name));
    let (cert_path, key_path) = (cert.display().to_string(), key.display().to_string());
    let mut serving = Serving::start(&["--tls-cert", &cert_path, "--tls-key", &key_path]);
    let at = serving.authority.clone();
    let seen = authority.ask(&at, "localhost", &get("/request/"));
    let seen = seen.expect("an answer");
    assert!(seen.text().contains("Some(Scheme::Https)"), "{seen:?}");
    assert!(
        seen.text().contains("x-forwarded-proto: https\n"),
        "{seen:?}"
    );

    authority.issue("renewed.test");
    serving.send(Signal::HUP);
    serving.line_with("the certificate was read again");
    let renewed = authority.ask(&at, "renewed.test", &get("/hello"));
    assert_eq!(renewed.expect("an answer").text(), "hello\n");
    authority
        .ask(&at, "localhost", &get("/hello"))
        .expect_err("another name");

    std::fs::write(&cert, "broken").expect("a file");
    serving.send(Signal::HUP);
    let line = serving.line_with("is used on");
    assert!(line.contains("holds no certificate in PEM"), "{line}");
    let old = authority.ask(&at, "renewed.test", &get("/hello"));
    assert_eq!(old.expect("an answer").text(), "hello\n");
    serving.send(Signal::TERM);
    assert_eq!(serving.end().0.code(), Some(0));
}

#[test]
fn two_threads_have_equally_many_connections_and_end_in_order() {
    let mut serving = Serving::start(&["--threads", "2", "--admin-addr", "127.0.0.1:0"]);
    let admin = serving.admin();
    let mut clients: Vec<_> = (0..4).map(|_| serving.connect(KEPT)).collect();
    clients.iter_mut().for_each(read_kept);
    let metrics = ask(&admin, &get("/metrics")).text().to_owned();
    for line in [
        "wippy_http_connections{thread=\"0\"} 2",
        "wippy_http_connections{thread=\"1\"} 2",
        "wippy_http_requests_total 4",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}: {metrics}");
    }
    // The runtime's own, of both threads.
    let calls = metrics.lines().find(|line| {
        line.starts_with("wippy_calls_total{") && line.contains("file:http-server.wasm")
    });
    assert!(calls.is_some(), "{metrics}");
    // What guests do behind their answers is waited for, on each thread.
    for client in &mut clients {
        let after = "GET /after/100 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        client.write_all(after.as_bytes()).expect("open");
    }
    for client in clients {
        assert_eq!(rest(client).text(), "answered\n");
    }
    serving.send(Signal::TERM);
    let (status, said) = serving.end();
    assert_eq!(status.code(), Some(0));
    assert_eq!(said.matches("after").count(), 4, "{said}");
}

#[test]
fn each_request_is_a_line_of_the_log() {
    let mut serving = Serving::start(&["--access-log", "json", "--request-timeout", "100ms"]);
    let answer = serving.get("/hello");
    let line: Value = serde_json::from_str(&serving.line_with("{")).expect("JSON");
    assert_eq!(line["id"].as_str(), answer.field("x-request-id"));
    assert_eq!(line["target"], "/hello");
    assert_eq!(
        (&line["status"], &line["end"]),
        (&200.into(), &"answered".into())
    );
    assert_eq!(line["client"], "127.0.0.1");
    // A guest that computes for ever has the same time as one that waits.
    for path in ["/spin", "/wait/60000"] {
        assert_eq!(serving.get(path).status, 504, "{path}");
        let line: Value = serde_json::from_str(&serving.line_with("{")).expect("JSON");
        assert_eq!(
            (&line["target"], &line["end"]),
            (&path.into(), &"timeout".into())
        );
    }
    serving.send(Signal::TERM);
    serving.end();
}

#[test]
fn probes_know_of_the_end_before_clients_do() {
    let options = ["--admin-addr", "127.0.0.1:0", "--drain-delay", "1h"];
    let mut serving = Serving::start(&options);
    let admin = serving.admin();
    assert_eq!(ask(&admin, &get("/healthz")).text(), "ok\n");
    assert_eq!(ask(&admin, &get("/readyz")).text(), "ready\n");
    serving.send(Signal::TERM);
    while ask(&admin, &get("/readyz")).status == 200 {
        std::thread::yield_now();
    }
    assert_eq!(ask(&admin, &get("/readyz")).status, 503);
    assert_eq!(ask(&admin, &get("/healthz")).status, 200);
    assert_eq!(serving.get("/hello").status, 200);
    serving.send(Signal::TERM);
    assert_eq!(serving.end().0.signal(), Some(15));

    let serving = Serving::start(&["--drain-delay", "10ms"]);
    serving.send(Signal::TERM);
    assert_eq!(serving.end().0.code(), Some(0));
}

#[test]
fn a_unix_socket_and_a_proxy_that_is_trusted() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("app.sock");
    let mut command = binary();
    command.args(["serve", "--trusted-proxy", "unix", "--addr"]);
    command.arg(format!("unix:{}", path.display()));
    command.arg(guests().join("components/http-server.wasm"));
    let serving = Serving::of(&mut command);
    let forwarded = "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n\r\n";
    let mut client = UnixStream::connect(&path).expect("a server");
    let asked = request("GET", "/request/", forwarded);
    client.write_all(asked.as_bytes()).expect("open");
    let seen = rest(client);
    assert!(seen.text().contains("Some(Scheme::Https)"), "{seen:?}");
    assert!(
        seen.text().contains("x-forwarded-for: 192.0.2.7\n"),
        "{seen:?}"
    );
    serving.send(Signal::TERM);
    assert_eq!(serving.end().0.code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn a_client_that_nobody_trusts_says_nothing_about_itself() {
    let serving = Serving::start(&[]);
    let lies = "X-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.8\r\n\
                X-Real-IP: 192.0.2.9\r\nX-Forwarded-Proto: https\r\n\r\n";
    let seen = ask(&serving.authority, &request("GET", "/request/", lies));
    assert!(seen.text().contains("Some(Scheme::Http)"), "{seen:?}");
    assert!(
        seen.text().contains("x-forwarded-for: 127.0.0.1\n"),
        "{seen:?}"
    );
    assert!(!seen.text().contains("192.0.2"), "{seen:?}");
}

#[test]
fn a_socket_that_was_passed_on() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\" 3<&0 </dev/null",
        ])
        .arg(binary().get_program())
        .args(["serve", "--addr", "systemd"])
        .arg(guests().join("components/http-server.wasm"))
        .stdin(Stdio::from(OwnedFd::from(listener)));
    let serving = Serving::of(&mut command);
    assert_eq!(ask(&address, &get("/hello")).text(), "hello\n");
    serving.send(Signal::TERM);
    assert_eq!(serving.end().0.code(), Some(0));
}
