//! What a picture of a run has.

use crate::sim::record::{Discard, Fate, Operation, Packet};
use crate::time::instant::Instant;

/// A run of a simulation, to be drawn: [`Dispatcher::picture`](crate::Dispatcher::picture), or
/// [`Picture::of_log`]. Everything in it is in the order of its times; a host is named by its place in
/// [`hosts`](Picture::hosts), a task by its place in [`tasks`](Picture::tasks).
///
/// The [module](crate::sim::picture) has an example.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Picture {
    /// What stands above it.
    pub title: String,
    /// Lines below the title: what became of the run.
    pub summary: Vec<String>,
    /// The seed.
    pub seed: u64,
    /// When the run began.
    pub start: Instant,
    /// Virtual time at the end of the picture.
    pub end: Instant,
    /// How many records the run has.
    pub records: u64,
    /// How many of them, from the first on, the picture has.
    pub drawn: u64,
    /// The hosts, the default host first.
    pub hosts: Vec<Host>,
    /// The tasks in the order in which they were started. The future of `block_on` is among them if it did
    /// anything that is recorded.
    pub tasks: Vec<Task>,
    /// The packets of the simulated network.
    pub messages: Vec<Message>,
    /// The faults that took effect.
    pub faults: Vec<Fault>,
    /// All other records that belong to a host or a task.
    pub marks: Vec<Mark>,
    /// What programs wrote ([`Picture::write`]).
    pub outputs: Vec<Output>,
}

/// A host of a picture.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Host {
    /// Its name; its number where only a log is known.
    pub name: String,
    /// When it was down or stood still.
    pub spans: Vec<HostSpan>,
}

/// A time in which a host did not run.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct HostSpan {
    /// Why.
    pub state: HostState,
    /// The beginning.
    pub from: Instant,
    /// The end; none where it lasts to the end of the picture.
    pub until: Option<Instant>,
}

/// Why a host does not run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum HostState {
    /// It has crashed.
    Down,
    /// It is paused.
    Paused,
}

/// A task of a picture.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Task {
    /// Its number in the trace; none for the future of `block_on`.
    pub number: Option<u64>,
    /// Its host.
    pub host: usize,
    /// The name that it was started with.
    pub name: Option<String>,
    /// The task that started it, if one did.
    pub parent: Option<usize>,
    /// When it was started.
    pub began: Instant,
    /// When it ended, at the latest; none where it had not ended at the end of the picture.
    pub ended: Option<Instant>,
    /// How it ended.
    pub end: TaskEnd,
    /// When it ran. Running takes no virtual time.
    pub runs: Vec<Run>,
    /// What it waited for, while virtual time moved. Nothing is known of it from a log alone.
    pub waits: Vec<Wait>,
}

/// How a task of a picture ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TaskEnd {
    /// It has not.
    Alive,
    /// It was finished, or was cancelled.
    Ended,
    /// Its host crashed.
    Crashed,
}

/// A run of a task: one poll.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Run {
    /// When.
    pub at: Instant,
    /// The number of the record by which it was picked.
    pub record: u64,
    /// What it found out that has happened.
    pub found: Vec<Operation>,
}

/// A time in which a task waited.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Wait {
    /// The beginning.
    pub from: Instant,
    /// The end: it ran again, or the picture ends.
    pub until: Instant,
    /// For what. Times in it are since the start.
    pub text: String,
}

/// A packet of a picture.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Message {
    /// The host that sent it.
    pub from: usize,
    /// The host that it was for.
    pub to: usize,
    /// What it is.
    pub kind: Packet,
    /// Bytes, without headers.
    pub length: u32,
    /// When it was sent.
    pub sent: Instant,
    /// The number of its record.
    pub record: u64,
    /// The task that ran then; none where the network sent it by itself.
    pub task: Option<usize>,
    /// What became of it.
    pub fate: Fate,
    /// Why it was not taken where it arrived, if that is known to be of this packet.
    pub discarded: Option<Discard>,
}

/// A fault of a picture.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Fault {
    /// When it took effect.
    pub at: Instant,
    /// When a partition was healed, all of it.
    pub until: Option<Instant>,
    /// The number of its record.
    pub record: u64,
    /// What it is.
    pub text: String,
    /// The hosts that it concerns.
    pub hosts: Vec<usize>,
}

/// A record that is neither a run, a packet nor a fault; or what a program notes ([`Picture::note`]).
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Mark {
    /// When.
    pub at: Instant,
    /// The number of its record; none of a note.
    pub record: Option<u64>,
    /// The host that it belongs to, if it names one or a task made it.
    pub host: Option<usize>,
    /// The task that made it.
    pub task: Option<usize>,
    /// What it is.
    pub text: String,
}

/// Something that a program wrote.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Output {
    /// When.
    pub at: Instant,
    /// On which host.
    pub host: usize,
    /// The task that wrote it.
    pub task: Option<usize>,
    /// It was written to standard error.
    pub is_error: bool,
    /// What.
    pub text: String,
}

impl Picture {
    /// The place of the host of this name.
    pub fn host(&self, name: &str) -> Option<usize> {
        self.hosts.iter().position(|host| host.name == name)
    }

    /// The place of the task of this number.
    pub fn task(&self, number: u64) -> Option<usize> {
        let number = Some(number);
        self.tasks.iter().position(|task| task.number == number)
    }

    /// Adds what a program on a host wrote, and which task. What was written behind the end of the picture, or
    /// on a host that there is not, is left out.
    pub fn write(
        &mut self,
        at: Instant,
        host: usize,
        task: Option<usize>,
        is_error: bool,
        text: &str,
    ) {
        if at > self.end || host >= self.hosts.len() {
            return;
        }
        let place = self.outputs.partition_point(|output| output.at <= at);
        let output = Output {
            at,
            host,
            task: task.filter(|task| *task < self.tasks.len()),
            is_error,
            text: text.to_owned(),
        };
        self.outputs.insert(place, output);
    }

    /// Adds what else there is to say of a task on a host, such as what it ended with. It is left out as in
    /// [`Picture::write`].
    pub fn note(&mut self, at: Instant, host: usize, task: Option<usize>, text: &str) {
        if at > self.end || host >= self.hosts.len() {
            return;
        }
        let place = self.marks.partition_point(|mark| mark.at <= at);
        let mark = Mark {
            at,
            record: None,
            host: Some(host),
            task: task.filter(|task| *task < self.tasks.len()),
            text: text.to_owned(),
        };
        self.marks.insert(place, mark);
    }
}

impl Task {
    /// What it is called: its number and its name.
    pub(super) fn label(&self) -> String {
        match (self.number, &self.name) {
            (None, _) => "block_on".to_owned(),
            (Some(number), None) => format!("task {number}"),
            (Some(number), Some(name)) => format!("task {number} {name}"),
        }
    }
}
