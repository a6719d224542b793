//! What became of a run.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use wippy_dispatcher::Error;

use crate::activity::CallState;
use crate::host::capture::{OutputChunk, OutputKind};
use crate::status::Status;

/// What became of one run of a simulation. Equal outcomes of one seed are what determinism means.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// How it ended.
    pub end: End,
    /// Virtual time from the start to the end.
    pub time: Duration,
    /// How many choices were made.
    pub records: u64,
    /// A hash of them.
    pub hash: u64,
    /// The calls, in the order in which they were placed.
    pub calls: Vec<CallOutcome>,
    /// What guests were doing at the end.
    pub waits: Vec<GuestWait>,
}

/// How a run ended.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum End {
    /// All calls have ended; those on a host that crashed and will not boot again count as ended. Without
    /// calls, all native tasks have.
    Completed,
    /// Nothing could happen any more, and not all calls had ended. This and the next say what every task
    /// waited for.
    Deadlock(String),
    /// It took as much virtual time as it may ([`max_time`](crate::sim::SimulationBuilder::max_time)).
    TimeOver(String),
    /// It made as many choices as it may
    /// ([`max_records`](crate::sim::SimulationBuilder::max_records)).
    TooManyRecords(String),
    /// Tasks ran on and on without virtual time moving.
    Livelock(String),
    /// An invariant or a check of a setup did not hold
    /// ([`Dispatcher::invariant`](wippy_dispatcher::Dispatcher::invariant)).
    Invariant(String),
    /// Its edits cut it here ([`Edits::until`](wippy_dispatcher::sim::Edits::until)).
    Cut(String),
    /// It differed from the log that it replays.
    Diverged(String),
    /// Anything else that the dispatcher fails with, such as a log that cannot be written, or a host that cannot boot
    /// because there are too many tasks.
    Failed(String),
}

/// What became of a call that a host makes.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct CallOutcome {
    /// The host.
    pub host: String,
    /// The entry, as it was named.
    pub entry: String,
    /// What it is called: the entry, unless it was given a name.
    pub label: String,
    /// Each time that it was made. Empty where its host never booted.
    pub attempts: Vec<Attempt>,
    /// Edits have left its host out ([`Edits::leave_out`](wippy_dispatcher::sim::Edits::leave_out)).
    pub is_left_out: bool,
}

/// A call that was made once.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// When it began, in virtual time since the start: when its host booted, and later where it starts
    /// later.
    pub began: Duration,
    /// When it ended; none where the run ended first.
    pub ended: Option<Duration>,
    /// What became of it.
    pub end: AttemptEnd,
    /// What it wrote, in order.
    pub output: Vec<OutputChunk>,
    /// How many bytes of output are not kept.
    pub dropped_output: u64,
}

/// How a call ended.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum AttemptEnd {
    /// A function returned this, null without a result.
    Returned(Value),
    /// A process ended with this status.
    Exited(Status),
    /// It failed with this error: a trap, a function's exit, a refusal.
    Failed(String),
    /// Its host crashed.
    Crashed,
    /// It had not ended when the run did.
    Unfinished,
}

/// What a guest was doing when a run ended.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct GuestWait {
    /// Its host.
    pub host: String,
    /// The entry that was called.
    pub entry: String,
    /// Where the call is, and what it waits for.
    pub state: CallState,
    /// Since when, as its host's clock says since the start.
    pub since: Duration,
}

impl Outcome {
    /// Whether all calls have ended. What they ended with is another question.
    pub fn is_completed(&self) -> bool {
        self.end == End::Completed
    }

    /// The call of this label; the first where several have it.
    pub fn call(&self, label: &str) -> Option<&CallOutcome> {
        self.calls.iter().find(|call| call.label == label)
    }
}

impl CallOutcome {
    /// The last time that it was made.
    pub fn last(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// What its function returned at last, if it did.
    pub fn result(&self) -> Option<&Value> {
        match &self.last()?.end {
            AttemptEnd::Returned(value) => Some(value),
            _ => None,
        }
    }

    /// What the call at last means to a shell: a process's exit status; that of what a function returned,
    /// and 1 where it failed. None where it did not end.
    pub fn status(&self) -> Option<u8> {
        match &self.last()?.end {
            AttemptEnd::Returned(value) => Some(Status::of_value(value.clone()).code),
            AttemptEnd::Exited(status) => Some(status.code),
            AttemptEnd::Failed(_) => Some(1),
            AttemptEnd::Crashed | AttemptEnd::Unfinished => None,
        }
    }

    /// All that it wrote to its standard output, each time that it was made.
    pub fn stdout(&self) -> Vec<u8> {
        self.output(OutputKind::Stdout)
    }

    /// All that it wrote to its standard error.
    pub fn stderr(&self) -> Vec<u8> {
        self.output(OutputKind::Stderr)
    }

    fn output(&self, kind: OutputKind) -> Vec<u8> {
        let chunks = self.attempts.iter().flat_map(|attempt| &attempt.output);
        let of_kind = chunks.filter(|chunk| chunk.kind == kind);
        of_kind.flat_map(|chunk| chunk.bytes.clone()).collect()
    }
}

impl End {
    /// A word for it.
    pub fn name(&self) -> &'static str {
        match self {
            End::Completed => "completed",
            End::Deadlock(_) => "deadlock",
            End::TimeOver(_) => "time over",
            End::TooManyRecords(_) => "too many records",
            End::Livelock(_) => "livelock",
            End::Cut(_) => "cut",
            End::Invariant(_) => "broken invariant",
            End::Diverged(_) => "diverged",
            End::Failed(_) => "failed",
        }
    }

    /// What there is to say of it besides; nothing of a run that is completed.
    pub fn report(&self) -> Option<&str> {
        match self {
            End::Completed => None,
            End::Deadlock(report)
            | End::TimeOver(report)
            | End::TooManyRecords(report)
            | End::Livelock(report)
            | End::Cut(report)
            | End::Invariant(report)
            | End::Diverged(report)
            | End::Failed(report) => Some(report),
        }
    }

    /// As a run ends that fails with this error.
    pub(super) fn of_error(error: &Error) -> End {
        let report = error.to_string();
        match error {
            Error::Deadlock(_) => End::Deadlock(report),
            Error::TimeOver(_) => End::TimeOver(report),
            Error::TooManyRecords { .. } => End::TooManyRecords(report),
            Error::Livelock { .. } => End::Livelock(report),
            Error::Cut(_) => End::Cut(report),
            Error::Invariant(_) => End::Invariant(report),
            Error::Diverged(_) => End::Diverged(report),
            _ => End::Failed(report),
        }
    }
}

/// Its name.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for AttemptEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttemptEnd::Returned(value) => write!(f, "returned {value}"),
            AttemptEnd::Exited(status) => write!(f, "exited with {}", status.code),
            AttemptEnd::Failed(error) => write!(f, "failed: {error}"),
            AttemptEnd::Crashed => f.write_str("ended with its host"),
            AttemptEnd::Unfinished => f.write_str("has not ended"),
        }
    }
}

impl fmt::Display for GuestWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GuestWait {
            host,
            entry,
            state,
            since,
        } = self;
        write!(f, "{host}: {entry}: {state}, since {since:?}")
    }
}

/// One line for the run and one for each call; of a run that is not completed also what every task waits for,
/// and what each guest was doing.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seed {}: {} after {:?}, {} records, hash {:016x}",
            self.seed, self.end, self.time, self.records, self.hash
        )?;
        for call in &self.calls {
            write!(f, "\n  {}: {}: ", call.host, call.label)?;
            match call.last() {
                Some(last) => write!(f, "{}", last.end)?,
                None => f.write_str("was not made")?,
            }
            if let Some(ended) = call.last().and_then(|last| last.ended) {
                write!(f, " at {ended:?}")?;
            }
            if call.attempts.len() > 1 {
                write!(f, ", attempt {}", call.attempts.len())?;
            }
        }
        if let Some(report) = self.end.report() {
            write!(f, "\n{report}")?;
        }
        for wait in &self.waits {
            write!(f, "\n  {wait}")?;
        }
        Ok(())
    }
}
