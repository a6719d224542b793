//! A worker as its driver sees it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use clap::ValueEnum;
use serde::Serialize;

use crate::fallible::Fallible;
use crate::protocol::{Answer, Reply, Request};
use crate::worker_kind::WorkerKind;

/// Who is measured.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    /// Guests on this project's runtime.
    Wippy,
    /// The same with a dispatcher that looks at I/O for a while before it parks.
    WippySpinning,
    /// Guests on the peer as its documentation sets it up.
    Peer,
    /// Guests on the peer with this project's engine settings.
    PeerPooling,
    /// Guests on this project's engine, without what host functions do.
    Crossing,
    /// The dispatcher without guests.
    Dispatcher,
    /// System calls and nothing else.
    Native,
    /// The crate of that name.
    Polling,
}

impl Name {
    /// All, in the order in which a round asks them.
    pub const ALL: [Name; 8] = [
        Name::Wippy,
        Name::WippySpinning,
        Name::Peer,
        Name::PeerPooling,
        Name::Crossing,
        Name::Dispatcher,
        Name::Native,
        Name::Polling,
    ];

    /// For a column's head.
    pub fn label(self) -> &'static str {
        match self {
            Name::Wippy => "wippy",
            Name::WippySpinning => "wippy, spinning",
            Name::Peer => "peer",
            Name::PeerPooling => "peer, pooled",
            Name::Crossing => "crossing",
            Name::Dispatcher => "dispatcher",
            Name::Native => "native",
            Name::Polling => "polling",
        }
    }

    fn command(self, peer: Option<&Path>, files: &Path) -> Fallible<Option<Command>> {
        let worker = match self {
            Name::Wippy => WorkerKind::Wippy,
            Name::WippySpinning => WorkerKind::WippySpinning,
            Name::Crossing => WorkerKind::Crossing,
            Name::Dispatcher => WorkerKind::Dispatcher,
            Name::Native => WorkerKind::Native,
            Name::Polling => WorkerKind::Polling,
            Name::Peer | Name::PeerPooling => {
                return Ok(peer.map(|peer| {
                    let mut command = Command::new(peer);
                    command.arg("--files").arg(files);
                    if self == Name::PeerPooling {
                        command.arg("--pooling");
                    }
                    command
                }));
            }
        };
        let worker = worker.to_possible_value().ok_or("a worker has no name")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--worker", worker.get_name(), "--files"]);
        command.arg(files);
        Ok(Some(command))
    }
}

/// A running worker. It ends when its input does.
pub struct Contender {
    name: Name,
    child: Child,
    requests: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
}

impl Contender {
    /// Starts it; `None` where it is the peer and there is none.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(name: Name, peer: Option<&Path>, files: &Path) -> Fallible<Option<Contender>> {
        let Some(mut command) = name.command(peer, files)? else {
            return Ok(None);
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {:?}: {error}", command.get_program()))?;
        let requests = child.stdin.take();
        let replies = BufReader::new(child.stdout.take().ok_or("a worker without output")?);
        Ok(Some(Contender {
            name,
            child,
            requests,
            replies,
        }))
    }

    /// Who it is.
    pub fn name(&self) -> Name {
        self.name
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// When the worker failed or went away.
    pub fn ask(&mut self, request: &Request) -> Fallible<Answer> {
        let requests = self.requests.as_mut().ok_or("the worker is gone")?;
        serde_json::to_writer(&mut *requests, request)?;
        requests.write_all(b"\n")?;
        requests.flush()?;
        let mut line = String::new();
        self.replies.read_line(&mut line)?;
        match serde_json::from_str(&line) {
            Ok(Reply::Done(answer)) => Ok(answer),
            Ok(Reply::Failed { error }) => {
                Err(format!("{}, {}: {error}", self.name.label(), request.function).into())
            }
            Err(_) => {
                Err(format!("{} went away at {}", self.name.label(), request.function).into())
            }
        }
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        self.requests.take();
        let _ = self.child.wait();
    }
}
