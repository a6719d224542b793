//! A worker as its driver sees it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use clap::ValueEnum;

use crate::fallible::Fallible;
use crate::protocol::{Answer, Reply, Request};
use crate::worker_kind::WorkerKind;

/// Who is measured.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Name {
    /// Guests on this project's runtime.
    Wippy,
    /// The same on a dispatcher whose timers are armed for their deadlines, and no earlier.
    WippyLeadOff,
    /// The same with a dispatcher that looks at I/O for a while before it parks.
    WippySpinning,
    /// The same on one with a coalescing window for timers.
    WippyWindow,
    /// Guests on the peer as its documentation sets it up.
    Peer,
    /// Guests on the peer with this project's engine settings.
    PeerPooling,
    /// Guests on the peer's multi-thread runtime.
    PeerThreads,
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
    pub const ALL: [Name; 11] = [
        Name::Wippy,
        Name::WippyLeadOff,
        Name::WippySpinning,
        Name::WippyWindow,
        Name::Peer,
        Name::PeerPooling,
        Name::PeerThreads,
        Name::Crossing,
        Name::Dispatcher,
        Name::Native,
        Name::Polling,
    ];

    /// For a column's head.
    pub fn label(self) -> &'static str {
        match self {
            Name::Wippy => "wippy",
            Name::WippyLeadOff => "wippy, lead off",
            Name::WippySpinning => "wippy, spinning",
            Name::WippyWindow => "wippy, window",
            Name::Peer => "peer",
            Name::PeerPooling => "peer, pooled",
            Name::PeerThreads => "peer, threads",
            Name::Crossing => "crossing",
            Name::Dispatcher => "dispatcher",
            Name::Native => "native",
            Name::Polling => "polling",
        }
    }

    /// For files.
    pub fn id(self) -> &'static str {
        match self {
            Name::Wippy => "wippy",
            Name::WippyLeadOff => "wippy-lead-off",
            Name::WippySpinning => "wippy-spinning",
            Name::WippyWindow => "wippy-window",
            Name::Peer => "peer",
            Name::PeerPooling => "peer-pooled",
            Name::PeerThreads => "peer-threads",
            Name::Crossing => "crossing",
            Name::Dispatcher => "dispatcher",
            Name::Native => "native",
            Name::Polling => "polling",
        }
    }

    /// Whose colour it has.
    pub fn family(self) -> &'static str {
        match self {
            Name::Wippy | Name::WippyLeadOff | Name::WippySpinning | Name::WippyWindow => "wippy",
            Name::Peer | Name::PeerPooling | Name::PeerThreads => "peer",
            other => other.id(),
        }
    }

    /// Its settings, where they are not the default ones.
    pub fn settings(self) -> &'static str {
        match self {
            Name::WippyLeadOff => "TimerLead::Off",
            Name::WippySpinning => "spin(200 µs)",
            Name::WippyWindow => "timer_window(1 ms)",
            Name::PeerPooling => "pooled instances, epochs",
            Name::PeerThreads => "multi-thread runtime",
            _ => "",
        }
    }

    /// Whether it is compared with others by its rank: guests with settings that one of both sides has by default or as is usual.
    pub fn is_ranked(self) -> bool {
        matches!(
            self,
            Name::Wippy | Name::Peer | Name::PeerPooling | Name::PeerThreads
        )
    }

    /// Whether it is the peer's program.
    pub fn is_peer(self) -> bool {
        self.family() == "peer"
    }

    fn command(self, peer: Option<&Path>, files: &Path, many: bool) -> Fallible<Option<Command>> {
        let worker = match self {
            Name::Wippy => WorkerKind::Wippy,
            Name::WippyLeadOff => WorkerKind::WippyLeadOff,
            Name::WippySpinning => WorkerKind::WippySpinning,
            Name::WippyWindow => WorkerKind::WippyWindow,
            Name::Crossing => WorkerKind::Crossing,
            Name::Dispatcher => WorkerKind::Dispatcher,
            Name::Native => WorkerKind::Native,
            Name::Polling => WorkerKind::Polling,
            Name::Peer | Name::PeerPooling | Name::PeerThreads => {
                return Ok(peer.map(|peer| {
                    let mut command = Command::new(peer);
                    command.arg("--files").arg(files);
                    match self {
                        Name::PeerPooling => command.arg("--pooling"),
                        Name::PeerThreads => command.arg("--threads"),
                        _ => &mut command,
                    };
                    if many {
                        command.arg("--many");
                    }
                    command
                }));
            }
        };
        let worker = worker.to_possible_value().ok_or("a worker has no name")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--worker", worker.get_name(), "--files"]);
        command.arg(files);
        if many {
            command.arg("--many");
        }
        Ok(Some(command))
    }
}

/// How long an answer may take before its worker is ended.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running worker. It ends when its input does.
pub struct Contender {
    child: Child,
    requests: Option<ChildStdin>,
    replies: Receiver<String>,
}

impl Contender {
    /// Starts it; `None` where it is the peer and there is none.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(
        name: Name,
        peer: Option<&Path>,
        files: &Path,
        many: bool,
    ) -> Fallible<Option<Contender>> {
        let Some(mut command) = name.command(peer, files, many)? else {
            return Ok(None);
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {:?}: {error}", command.get_program()))?;
        let requests = child.stdin.take();
        let output = child.stdout.take().ok_or("a worker without output")?;
        let (sender, replies) = mpsc::channel();
        // It ends with the worker, or with who asks it.
        thread::spawn(move || {
            let mut lines = BufReader::new(output).lines();
            while let Some(Ok(line)) = lines.next() {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Some(Contender {
            child,
            requests,
            replies,
        }))
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// When the worker failed, went away or does not answer. It cannot be asked again after the last two.
    pub fn ask(&mut self, request: &Request) -> Fallible<Answer> {
        let requests = self.requests.as_mut().ok_or("it has ended before")?;
        let mut line = serde_json::to_string(request)?;
        line.push('\n');
        let written = requests
            .write_all(line.as_bytes())
            .and_then(|()| requests.flush());
        let reply = match written {
            Ok(()) => self.replies.recv_timeout(PATIENCE),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        };
        let line = match reply {
            Ok(line) => line,
            Err(gone) => {
                self.requests.take();
                // It may have ended already.
                let _ = self.child.kill();
                let status = self.child.wait()?;
                return Err(match gone {
                    RecvTimeoutError::Timeout => {
                        format!("no answer for {} s, ended", PATIENCE.as_secs())
                    }
                    RecvTimeoutError::Disconnected => format!("the process ended: {status}"),
                }
                .into());
            }
        };
        match serde_json::from_str(&line) {
            Ok(Reply::Done(answer)) => Ok(answer),
            Ok(Reply::Failed { error }) => Err(error.into()),
            Err(error) => Err(format!("no answer: {error}").into()),
        }
    }

    /// Whether it can be asked again.
    pub fn is_alive(&self) -> bool {
        self.requests.is_some()
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        self.requests.take();
        let _ = self.child.wait();
    }
}
