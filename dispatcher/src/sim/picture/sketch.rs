//! A picture while its run goes on.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::blocked::Blocked;
use super::model::{Host, HostSpan, HostState, Picture, Task, TaskEnd, Wait};
use crate::sim::fault::Fault;
use crate::sim::record::{Operation, Waiter};
use crate::time::instant::Instant;
use crate::time::virtual_clock::START;

/// As many hosts as a simulation has at most, for logs that name more.
const MAX_HOSTS: usize = 10_000;
/// The place of a host that is not known.
const UNKNOWN: usize = usize::MAX;

/// The picture so far, and what is needed to go on with it. What comes behind the number of records that it is
/// for is counted and left out.
#[derive(Clone)]
pub(crate) struct Sketch {
    pub(super) picture: Picture,
    pub(super) now: Instant,
    /// How many records it has at most.
    most: u64,
    /// The places of tasks by their numbers.
    tasks: BTreeMap<Option<u64>, usize>,
    /// Since when each task waits, and for what.
    waiting: Vec<Option<(Instant, String)>>,
    /// Who has run since [`Sketch::take_ran`].
    ran: BTreeSet<Option<u64>>,
    /// The future of `block_on` is being polled.
    root_runs: bool,
    /// What has happened to waiters that have not found it out.
    pub(super) due: HashMap<Waiter, Operation>,
    /// The places of packets that will arrive, by their times, hosts and kinds.
    pub(super) arriving: BTreeMap<(Instant, u32, u8), VecDeque<usize>>,
    pub(super) blocked: Blocked,
    /// The fault whose record comes next.
    pub(super) fault: Option<Fault>,
    /// The host that restarts at this time: one that is up crashes first.
    pub(super) restarting: Option<usize>,
}

impl Sketch {
    /// A picture of a run of this seed, of its first `most` records. Where the names of hosts are not known,
    /// hosts are added when they are named by a record.
    pub(crate) fn new(seed: u64, hosts: Vec<String>, most: u64) -> Sketch {
        let start = Instant::from_nanos(START);
        let host = |name| Host {
            name,
            spans: Vec::new(),
        };
        Sketch {
            picture: Picture {
                title: format!("seed {seed}"),
                summary: Vec::new(),
                seed,
                start,
                end: start,
                records: 0,
                drawn: 0,
                hosts: hosts.into_iter().map(host).collect(),
                tasks: Vec::new(),
                messages: Vec::new(),
                faults: Vec::new(),
                marks: Vec::new(),
                outputs: Vec::new(),
            },
            now: start,
            most,
            tasks: BTreeMap::new(),
            waiting: Vec::new(),
            ran: BTreeSet::new(),
            root_runs: false,
            due: HashMap::new(),
            arriving: BTreeMap::new(),
            blocked: Blocked::default(),
            fault: None,
            restarting: None,
        }
    }

    /// When the run began.
    pub(crate) fn start(&self) -> Instant {
        self.picture.start
    }

    /// It has as many records as it may have.
    pub(super) fn is_full(&self) -> bool {
        self.picture.drawn >= self.most
    }

    /// A task is started on a host, by the task that runs.
    pub(crate) fn spawned(
        &mut self,
        number: u64,
        host: u32,
        name: Option<&str>,
        running: Option<u64>,
    ) {
        if self.is_full() {
            return;
        }
        let parent = running.and_then(|running| self.tasks.get(&Some(running)).copied());
        let place = self.add_task(Some(number), host as usize);
        let task = &mut self.picture.tasks[place];
        task.name = name.map(str::to_owned);
        task.parent = parent;
    }

    /// The future of `block_on` is about to be polled, or was polled.
    pub(crate) fn root_runs(&mut self, runs: bool) {
        self.root_runs = runs;
        if let (true, Some(&place)) = (runs, self.tasks.get(&None)) {
            self.ran.insert(None);
            self.end_wait(place);
        }
    }

    /// The fault whose record comes next.
    pub(crate) fn fault(&mut self, fault: &Fault) {
        self.fault = Some(fault.clone());
    }

    /// Those that have run since this was called last.
    pub(crate) fn take_ran(&mut self) -> BTreeSet<Option<u64>> {
        std::mem::take(&mut self.ran)
    }

    /// A task that has run waits from now on for this; without a reason it has ended.
    pub(crate) fn waits(&mut self, runner: Option<u64>, reason: Option<String>) {
        let Some(&place) = self.tasks.get(&runner) else {
            return;
        };
        match reason {
            _ if self.picture.tasks[place].ended.is_some() => {}
            Some(reason) => self.waiting[place] = Some((self.now, reason)),
            None => self.end_task(place, TaskEnd::Ended),
        }
    }

    /// The picture until now.
    pub(crate) fn picture(&self) -> Picture {
        let mut sketch = self.clone();
        for place in 0..sketch.waiting.len() {
            sketch.end_wait(place);
        }
        let mut picture = sketch.picture;
        picture.end = self.now;
        if picture.drawn < picture.records {
            picture.summary.push(format!(
                "the picture has the first {} of {} records",
                picture.drawn, picture.records
            ));
        }
        let hosts = picture.hosts.len();
        let mut unknown = picture
            .tasks
            .iter_mut()
            .filter(|task| task.host == UNKNOWN)
            .peekable();
        if unknown.peek().is_some() {
            unknown.for_each(|task| task.host = hosts);
            picture.hosts.push(Host {
                name: "host not recorded".to_owned(),
                spans: Vec::new(),
            });
        }
        picture
    }

    /// The place of a host that a record names.
    pub(super) fn host(&mut self, number: u32) -> usize {
        let number = number as usize;
        while self.picture.hosts.len() <= number && self.picture.hosts.len() < MAX_HOSTS {
            let name = format!("host {}", self.picture.hosts.len());
            self.picture.hosts.push(Host {
                name,
                spans: Vec::new(),
            });
        }
        number.min(self.picture.hosts.len().saturating_sub(1))
    }

    /// A host does not run from now on.
    pub(super) fn host_stops(&mut self, place: usize, state: HostState) {
        let now = self.now;
        let Some(host) = self.picture.hosts.get_mut(place) else {
            return;
        };
        if let Some(open) = open_span(host) {
            if open.state == state || open.state == HostState::Down {
                return;
            }
            open.until = Some(now);
        }
        host.spans.push(HostSpan {
            state,
            from: now,
            until: None,
        });
    }

    /// A host runs again, if this is why it did not.
    pub(super) fn host_runs(&mut self, place: usize, was: HostState) {
        let now = self.now;
        let open = self.picture.hosts.get_mut(place).and_then(open_span);
        if let Some(open) = open.filter(|open| open.state == was) {
            open.until = Some(now);
        }
    }

    /// The place of the task that a record is of: of the one that runs, or of the future of `block_on`.
    pub(super) fn task_of(&mut self, running: Option<u64>) -> Option<usize> {
        match running {
            Some(_) => Some(self.task(running)),
            None => self.root_runs.then(|| {
                self.ran.insert(None);
                self.task(None)
            }),
        }
    }

    /// A task was picked.
    pub(super) fn picked(&mut self, number: u64) -> usize {
        self.ran.insert(Some(number));
        let place = self.task(Some(number));
        self.end_wait(place);
        place
    }

    /// A task's host, which may be that from which it sends something.
    pub(super) fn sends_from(&mut self, place: usize, host: usize) {
        let task = &mut self.picture.tasks[place];
        if task.host == UNKNOWN {
            task.host = host;
        }
    }

    /// All tasks of a host have ended.
    pub(super) fn crash(&mut self, host: usize) {
        for place in 0..self.picture.tasks.len() {
            let task = &self.picture.tasks[place];
            if task.host == host && task.ended.is_none() {
                self.end_task(place, TaskEnd::Crashed);
            }
        }
    }

    fn task(&mut self, runner: Option<u64>) -> usize {
        if let Some(&place) = self.tasks.get(&runner) {
            return place;
        }
        // Only the future of `block_on` was not spawned, unless all that is known is a log.
        let host = if runner.is_none() { 0 } else { UNKNOWN };
        self.add_task(runner, host)
    }

    fn add_task(&mut self, number: Option<u64>, host: usize) -> usize {
        let place = self.picture.tasks.len();
        self.tasks.insert(number, place);
        self.waiting.push(None);
        self.picture.tasks.push(Task {
            number,
            host,
            name: None,
            parent: None,
            began: self.now,
            ended: None,
            end: TaskEnd::Alive,
            runs: Vec::new(),
            waits: Vec::new(),
        });
        place
    }

    fn end_task(&mut self, place: usize, end: TaskEnd) {
        self.end_wait(place);
        let task = &mut self.picture.tasks[place];
        task.ended = Some(self.now);
        task.end = end;
    }

    fn end_wait(&mut self, place: usize) {
        if let Some((from, text)) = self.waiting[place].take()
            && from < self.now
        {
            let until = self.now;
            let wait = Wait { from, until, text };
            self.picture.tasks[place].waits.push(wait);
        }
    }
}

/// The time in which a host does not run, as long as it lasts.
fn open_span(host: &mut Host) -> Option<&mut HostSpan> {
    host.spans.last_mut().filter(|span| span.until.is_none())
}
