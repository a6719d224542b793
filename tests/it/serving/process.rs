//! The program as a process that serves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::client::Answer;
use super::get;
use crate::support::{binary, guests};

/// The program, which serves the guest `http-server`.
pub struct Serving {
    child: Child,
    stderr: BufReader<ChildStderr>,
    /// What it said before it listened.
    before: String,
    /// Where it listens: `127.0.0.1:PORT`.
    pub authority: String,
}

impl Serving {
    /// On a port of the loopback interface, and ready.
    pub fn start(options: &[&str]) -> Serving {
        let mut command = binary();
        command
            .args(["serve", "--addr", "127.0.0.1:0"])
            .args(options);
        command.arg(guests().join("components/http-server.wasm"));
        Serving::of(command.stdin(Stdio::null()))
    }

    /// Another command that serves, once it has said where.
    pub fn of(command: &mut Command) -> Serving {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut serving = Serving {
            child,
            stderr,
            before: String::new(),
            authority: String::new(),
        };
        let line = serving.line_with("listen");
        let address = line.trim_end().rsplit("on ").next().expect("an address");
        let authority = address.rsplit("://").next().expect("an authority");
        serving.authority = authority.to_owned();
        serving
    }

    /// The next line on standard error that holds a text.
    pub fn line_with(&mut self, text: &str) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            let read = self.stderr.read_line(&mut line).expect("text");
            assert!(read > 0, "it has not said {text:?}: {all}");
            if line.contains(text) {
                return line;
            }
            if self.authority.is_empty() {
                self.before.push_str(&line);
            }
            all.push_str(&line);
        }
    }

    /// The address of probes and metrics.
    pub fn admin(&mut self) -> String {
        let text = "probes and metrics on http://";
        let line = match self.before.lines().find(|line| line.contains(text)) {
            Some(line) => line.to_owned(),
            None => self.line_with(text),
        };
        let address = line.trim_end().rsplit("://").next();
        address.expect("an address").to_owned()
    }

    pub fn connect(&self, request: &str) -> TcpStream {
        connect(&self.authority, request)
    }

    pub fn get(&self, path: &str) -> Answer {
        rest(self.connect(&get(path)))
    }

    pub fn send(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("its ID"), signal).expect("a process");
    }

    /// Until it has taken note of a signal: it takes no connections then.
    pub fn until_it_stops(&self) {
        while TcpStream::connect(&self.authority).is_ok() {
            std::thread::yield_now();
        }
    }

    /// Its end, and what else it has said.
    pub fn end(mut self) -> (ExitStatus, String) {
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

/// A connection on which this was said.
pub fn connect(authority: &str, request: &str) -> TcpStream {
    let mut client = TcpStream::connect(authority).expect("a server");
    client.write_all(request.as_bytes()).expect("open");
    client
}

/// The rest of a connection.
pub fn rest(mut client: impl Read) -> Answer {
    let mut bytes = Vec::new();
    // A reset ends it as well.
    let _ = client.read_to_end(&mut bytes);
    Answer::of(&bytes)
}

/// The answer to a request on a connection of its own.
pub fn ask(authority: &str, request: &str) -> Answer {
    rest(connect(authority, request))
}
