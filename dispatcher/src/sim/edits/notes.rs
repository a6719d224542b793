//! Which faults and switches a run had.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::fault_id::FaultId;
use super::switch::Switch;

/// The most faults, and the most switches, that are noted of a run.
pub(crate) const MAX_NOTED: usize = 1 << 20;

/// A fault that happened in a run. As text it says what it was, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct FoundFault {
    /// Its name.
    pub id: FaultId,
    /// How much of it: nanoseconds or bytes, as [`FaultId`] says; 0 for others.
    pub amount: u64,
    /// When, in virtual time since the start.
    pub at: Duration,
    /// How many runs of tasks had begun before.
    pub(crate) picks: usize,
    words: String,
}

/// A run of a task that was put off. As text it says so in words.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct FoundSwitch {
    /// Its name.
    pub switch: Switch,
    /// When the run began at last, in virtual time since the start.
    pub at: Duration,
}

/// The faults and switches of a run: see [`Simulation::note`](crate::Simulation::note). Clones are the same notes.
#[derive(Clone, Default)]
pub struct RunNotes(Arc<Mutex<Noted>>);

#[derive(Default)]
struct Noted {
    hosts: Vec<String>,
    faults: Vec<FoundFault>,
    switches: Vec<FoundSwitch>,
    /// A part of what the edits are without.
    prevented: BTreeSet<FaultId>,
    /// When each run of a task began.
    picks: Vec<Duration>,
    is_full: bool,
    /// What happens from now on is not of the run.
    is_over: bool,
    records: u64,
    hash: u64,
    time: Duration,
}

impl RunNotes {
    /// No notes.
    pub fn new() -> RunNotes {
        RunNotes::default()
    }

    /// The faults that happened, in the order in which they were decided; at most 1,048,576.
    pub fn faults(&self) -> Vec<FoundFault> {
        self.lock().faults.clone()
    }

    /// The runs of tasks that others overtook, in the order in which they began; at most 1,048,576.
    pub fn switches(&self) -> Vec<FoundSwitch> {
        self.lock().switches.clone()
    }

    /// The faults that would have happened and that the edits of the run have [taken out by their
    /// names](crate::sim::Edits::without), in the order of these. One that is not among them did not come up.
    pub fn prevented(&self) -> Vec<FaultId> {
        self.lock().prevented.iter().copied().collect()
    }

    /// How many records there were until the dispatcher was dropped. This and the two below are known then.
    pub fn records(&self) -> u64 {
        self.lock().records
    }

    /// The hash of these records.
    pub fn hash(&self) -> u64 {
        self.lock().hash
    }

    /// How long the run was, in virtual time.
    pub fn time(&self) -> Duration {
        self.lock().time
    }

    /// Whether there were more faults or switches than are kept.
    pub fn is_full(&self) -> bool {
        self.lock().is_full
    }

    /// A run begins.
    pub(crate) fn begin(&self, hosts: Vec<String>) {
        let hosts = Noted {
            hosts,
            ..Noted::default()
        };
        *self.lock() = hosts;
    }

    /// The run is over.
    pub(crate) fn end(&self, records: u64, hash: u64, time: Duration) {
        let mut noted = self.lock();
        (noted.records, noted.hash, noted.time) = (records, hash, time);
        noted.is_over = true;
    }

    pub(crate) fn fault(&self, id: FaultId, amount: u64, at: Duration, detail: String) {
        let mut noted = self.lock();
        if noted.is_over {
            return;
        }
        if noted.faults.len() >= MAX_NOTED {
            noted.is_full = true;
            return;
        }
        let words = words(&noted.hosts, id, amount, &detail);
        let picks = noted.picks.len();
        noted.faults.push(FoundFault {
            id,
            amount,
            at,
            picks,
            words,
        });
    }

    /// An edit has taken out a fault.
    pub(crate) fn prevent(&self, id: FaultId) {
        let mut noted = self.lock();
        if !noted.is_over {
            noted.prevented.insert(id);
        }
    }

    /// A run of a task begins.
    pub(crate) fn pick(&self, at: Duration) {
        let mut noted = self.lock();
        if !noted.is_over && noted.picks.len() < MAX_NOTED {
            noted.picks.push(at);
        }
    }

    /// A moment at which so many runs of tasks had begun, in the middle between two of them.
    pub(crate) fn moment(&self, picks: usize) -> Option<Duration> {
        let noted = self.lock();
        let before = match picks.checked_sub(1) {
            None => Duration::ZERO,
            Some(last) => *noted.picks.get(last)?,
        };
        let after = noted.picks.get(picks);
        let after = after.map_or(before + Duration::from_nanos(2), |after| *after);
        Some(before + (after.saturating_sub(before)) / 2)
    }

    pub(crate) fn switch(&self, switch: Switch, at: Duration) {
        let mut noted = self.lock();
        if noted.is_over {
            return;
        }
        if noted.switches.len() >= MAX_NOTED {
            noted.is_full = true;
            return;
        }
        noted.switches.push(FoundSwitch { switch, at });
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn words(hosts: &[String], id: FaultId, amount: u64, detail: &str) -> String {
    let name = |host: u32| hosts.get(host as usize).map_or("?", String::as_str);
    let time = Duration::from_nanos(amount);
    let way = |from, to| format!("{detail} from {} to {}", name(from), name(to));
    match id {
        FaultId::Timed(_) | FaultId::Added(_) => detail.to_owned(),
        FaultId::Latency => format!("all packets between hosts take {time:?} longer"),
        FaultId::Reset { host, .. } => {
            format!("the crash of {} resets its connections", name(host))
        }
        FaultId::Loss { from, to, .. } => format!("{} is lost", way(from, to)),
        FaultId::Delay { from, to, .. } => format!("{} takes {time:?} longer", way(from, to)),
        FaultId::Duplicate { from, to, .. } => format!("{} is sent twice", way(from, to)),
        FaultId::Reorder { from, to, .. } => format!("{} is held back for {time:?}", way(from, to)),
        FaultId::ShortIo { host, .. } => {
            format!(
                "a read or write on {} does {amount} bytes of {detail}",
                name(host)
            )
        }
        FaultId::Spurious { host, .. } => {
            format!("a socket on {} is {detail} without a reason", name(host))
        }
        FaultId::Lookup { host, .. } => {
            format!("a name lookup on {} takes {time:?} longer", name(host))
        }
        FaultId::Job { host, .. } => {
            format!("a blocking job on {} takes {time:?} longer", name(host))
        }
        FaultId::LostWrite { host, .. } => match amount {
            0 => format!("the crash of {} loses {detail}", name(host)),
            _ => format!(
                "the crash of {} leaves {amount} bytes of {detail}",
                name(host)
            ),
        },
        FaultId::LostName { host, .. } => format!("the crash of {} loses {detail}", name(host)),
        FaultId::FileError { host, .. } => format!("{detail} on {} fails", name(host)),
        FaultId::FileDelay { host, .. } => {
            format!("{detail} on {} takes {time:?} longer", name(host))
        }
    }
}

impl fmt::Display for FoundFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl fmt::Display for FoundSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Switch { task, run, until } = self.switch;
        write!(f, "task {task}, after {run} runs, waits ")?;
        match until {
            Some((other, 0)) => write!(f, "until task {other} has begun"),
            Some((other, run)) => write!(f, "until task {other} goes on after {run} runs"),
            None => f.write_str("until no other task can run"),
        }
    }
}

impl fmt::Debug for RunNotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noted = self.lock();
        f.debug_struct("RunNotes")
            .field("faults", &noted.faults.len())
            .field("switches", &noted.switches.len())
            .finish_non_exhaustive()
    }
}
