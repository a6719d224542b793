//! `wippy serve`, as a process that is sent signals.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::client::Answer;
use super::get;
use crate::cli::run;
use crate::support::{binary, guests};

/// The program, which serves the guest `http-server`.
struct Serving {
    child: Child,
    stderr: BufReader<ChildStderr>,
    /// Where it listens: `127.0.0.1:PORT`.
    authority: String,
}

impl Serving {
    fn start(options: &[&str]) -> Serving {
        let mut command = binary();
        command
            .args(["serve", "--addr", "127.0.0.1:0"])
            .args(options);
        command.arg(guests().join("components/http-server.wasm"));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        stderr.read_line(&mut line).expect("a line");
        let authority = line.trim_end().strip_prefix("listening on http://");
        let authority = authority.unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Serving {
            child,
            stderr,
            authority,
        }
    }

    fn connect(&self, request: &str) -> TcpStream {
        let mut client = TcpStream::connect(&self.authority).expect("a server");
        client.write_all(request.as_bytes()).expect("open");
        client
    }

    fn get(&self, path: &str) -> Answer {
        rest(self.connect(&get(path)))
    }

    fn send(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("its ID"), signal).expect("a process");
    }

    /// Until it has taken note of a signal: it takes no connections then.
    fn until_it_stops(&self) {
        while TcpStream::connect(&self.authority).is_ok() {
            std::thread::yield_now();
        }
    }

    /// Its end, and what else it has said.
    fn end(mut self) -> (ExitStatus, String) {
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).expect("text");
        (self.child.wait().expect("its end"), said)
    }
}

/// It does not outlive a test that fails.
impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The rest of a connection.
fn rest(mut client: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // A reset ends it as well.
    let _ = client.read_to_end(&mut bytes);
    Answer::of(&bytes)
}

/// Reads until the first piece of a body has come.
fn first_piece(client: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"0\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).expect("a piece");
        bytes.push(byte[0]);
    }
    bytes
}

#[test]
fn a_file_is_served_until_a_signal() {
    for signal in [Signal::TERM, Signal::INT] {
        let serving = Serving::start(&[]);
        assert_eq!(serving.get("/hello").text(), "hello\n");
        serving.send(signal);
        let (status, said) = serving.end();
        assert_eq!((status.code(), said.as_str()), (Some(0), ""));
    }
}

#[test]
fn requests_that_have_begun_are_answered_before_it_ends() {
    let serving = Serving::start(&[]);
    let mut slow = serving.connect(&get("/slowly/4"));
    let mut bytes = first_piece(&mut slow);
    serving.send(Signal::TERM);
    serving.until_it_stops();
    slow.read_to_end(&mut bytes).expect("an orderly end");
    let answer = Answer::of(&bytes);
    assert!(answer.is_whole);
    assert_eq!(answer.text(), "0\n1\n2\n3\n");
    assert_eq!(serving.end().0.code(), Some(0));
}

#[test]
fn what_a_guest_does_behind_its_answer_is_waited_for() {
    let serving = Serving::start(&[]);
    assert_eq!(serving.get("/after/200").text(), "answered\n");
    serving.send(Signal::TERM);
    let (status, said) = serving.end();
    assert_eq!(status.code(), Some(0));
    assert!(said.contains("after"), "{said}");
}

#[test]
fn what_is_left_after_the_stop_timeout_is_cut() {
    let serving = Serving::start(&["--stop-timeout", "50ms"]);
    let mut slow = serving.connect(&get("/slowly/600"));
    let mut bytes = first_piece(&mut slow);
    serving.send(Signal::TERM);
    let _ = slow.read_to_end(&mut bytes);
    assert!(!Answer::of(&bytes).is_whole);
    assert_eq!(serving.end().0.code(), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let serving = Serving::start(&[]);
    let _waiting = serving.connect(&get("/slowly/600"));
    serving.send(Signal::TERM);
    serving.until_it_stops();
    serving.send(Signal::TERM);
    assert_eq!(serving.end().0.signal(), Some(15));

    let serving = Serving::start(&[]);
    let _waiting = serving.connect(&get("/slowly/600"));
    serving.send(Signal::TERM);
    serving.until_it_stops();
    serving.send(Signal::INT);
    assert_eq!(serving.end().0.code(), Some(130));
}

#[test]
fn options_bound_what_a_guest_may_use() {
    let serving = Serving::start(&["--max-time", "50ms", "--max-instances", "1"]);
    assert_eq!(serving.get("/spin").status, 504);
    assert_eq!(serving.get("/hello").status, 200);
    serving.send(Signal::TERM);
    let (_, said) = serving.end();
    assert!(said.contains("GET /spin: error ID "), "{said}");
    assert!(said.contains("context deadline exceeded"), "{said}");
}

#[test]
fn failures_and_what_guests_print_are_log_lines() {
    let serving = Serving::start(&[]);
    let failed = serving.get("/trap");
    let id = failed.text().trim_end().rsplit(' ').next().expect("an ID");
    serving.get("/error/DNS-timeout");
    serving.get("/length/5");
    serving.send(Signal::TERM);
    let (_, said) = serving.end();
    let trapped = format!("http: file:http-server.wasm: GET /trap: error ID {id}: wasm trap");
    assert!(said.contains(&trapped), "{said}");
    assert!(said.contains("GET /error/DNS-timeout: 504"), "{said}");
    assert!(said.contains("true true"), "{said}");
}

#[test]
fn mistakes_say_what_to_do() {
    let components = guests().join("components");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("an address").to_string();
    let of = |name: &str| components.join(name).display().to_string();
    let (served, command) = (of("http-server.wasm"), of("exits.wasm"));
    for (words, code, text) in [
        (
            &["hello"][..],
            2,
            "'wippy serve' takes a file, such as ./hello.wasm",
        ),
        (&["absent.wasm"], 2, "absent.wasm: no such file"),
        (
            &[&command],
            2,
            "method \"wasi:http/incoming-handler\" not found; the module exports wasi:cli/run",
        ),
        (
            &["--addr", "here", &served],
            2,
            "expected an IP address or localhost, and a port",
        ),
        (&["--addr", &taken, &served], 1, "Address already in use"),
        (
            &["--max-instances", "0", &served],
            2,
            "0 is not in 1..=4096",
        ),
        (&["--max-wait", "soon", &served], 2, "expected a duration"),
        (&["--threads", "2", &served], 2, "works on one thread"),
        (&["--dir", "/none", &served], 2, "--dir /none"),
    ] {
        let ran = run(binary().arg("serve").args(words).stdin(Stdio::null()));
        assert_eq!(ran.code, Some(code), "{words:?}: {ran:?}");
        assert!(ran.err.contains(text), "{words:?}: {ran:?}");
    }
}
