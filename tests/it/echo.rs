//! The example of sockets: its servers and clients, each in a program of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, UdpSocket};
use std::process::{Command, Output, Stdio};

fn wippy(command: &str, words: &[&str]) -> Command {
    let mut program = crate::support::binary();
    program
        .args(["-C", concat!(env!("CARGO_MANIFEST_DIR"), "/examples/echo")])
        .args(["run", command])
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    program
}

/// What a client prints, with a server that ends after `count`.
fn talk(server: [&str; 2], client: &[&str], count: &str) -> String {
    let [kind, port] = server;
    let mut server = wippy("echo", &[kind, port, count])
        .spawn()
        .expect("it starts");
    let mut printed = BufReader::new(server.stdout.take().expect("a pipe"));
    let mut line = String::new();
    printed.read_line(&mut line).expect("a line");
    assert!(line.contains(port), "{line}");
    let output = wippy("echo", client).output().expect("it starts");
    assert!(output.status.success(), "{}", complaint(&output));
    let mut rest = String::new();
    printed.read_to_string(&mut rest).expect("text");
    assert_eq!(rest, "");
    assert!(server.wait().expect("its end").success());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_server_and_a_client_in_programs_of_their_own() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("an address").port().to_string();
    drop(free);
    assert_eq!(
        talk(
            ["tcp-server", &port],
            &["tcp-client", &port, "hello", "there"],
            "1"
        ),
        "tcp client: hello\ntcp client: there\n"
    );
    let free = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("an address").port().to_string();
    drop(free);
    assert_eq!(
        talk(
            ["udp-server", &port],
            &["udp-client", &port, "one", "two"],
            "2"
        ),
        "udp client: one\nudp client: two\n"
    );
}

#[test]
fn what_is_not_allowed_is_refused() {
    let output = wippy("confined", &["tcp-client", "9", "hello"]).output();
    let output = output.expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    let warning = " WARN network: echo:confined: 127.0.0.1:9 is refused; \
                   add `- \"tcp:127.0.0.1:9\"` to its wasi.network.allow\n";
    assert_eq!(complaint(&output), format!("{warning}access-denied\n"));
}
