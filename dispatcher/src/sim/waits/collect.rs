//! Putting the report together: whose wakers wait in which table.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::Core;
use crate::executor::listener::Listener;
use crate::sim::driver::SimDriver;
use crate::sim::host_key::HostKey;
use crate::sim::waits::report::{TaskState, TaskWait, Waits};
use crate::sim::waits::task_notes::{Note, Runner, TaskNotes, address};
use crate::sim::waits::wait_for::{LISTED_MEMBERS, WaitFor};

/// How many things are listed for a task.
const LISTED_WAITS: usize = 8;

impl Core {
    /// What every task waits for now.
    #[cold]
    pub(crate) fn waits(&self, simulated: &SimDriver) -> Waits {
        self.waits_of(simulated, |_| true)
    }

    /// What those tasks wait for that `is_wanted` says are.
    #[cold]
    pub(crate) fn waits_of(
        &self,
        simulated: &SimDriver,
        is_wanted: impl Fn(Runner) -> bool,
    ) -> Waits {
        let notes = &simulated.tasks;
        let alive = self.executor.alive_tasks();
        let noted = alive.iter().filter_map(|&(key, host, waker)| {
            let note = notes.task(key)?;
            Some((host, Note { waker, ..note }))
        });
        let noted: Vec<(HostKey, Note)> = noted.collect();
        let root = notes.root();
        let mut found = Found::new(notes, &noted, root.as_ref());
        self.find(simulated, &mut found);
        for (_, note) in &noted {
            if let Some(number) = note.runner {
                found.add_known(note.awaited_by.address(), WaitFor::Task(number));
            }
        }

        let runnable: BTreeSet<u64> = self.executor.runnable_tasks().into_iter().collect();
        let held: BTreeSet<u64> = self.executor.held_tasks().into_iter().collect();
        let current = notes.current();
        let mut tasks = Vec::new();
        let root = root.into_iter().map(|note| (HostKey::default(), note));
        let wanted = root.chain(noted).filter(|(_, note)| is_wanted(note.runner));
        for (host, note) in wanted {
            let state = match note.runner {
                runner if current == Some(runner) => TaskState::Running,
                Some(number) if runnable.contains(&number) => TaskState::Runnable,
                Some(number) if held.contains(&number) => TaskState::Held,
                _ => TaskState::Waiting,
            };
            let listed = found.waits.remove(&note.runner).unwrap_or_default();
            tasks.push(TaskWait {
                task: note.runner,
                host: simulated.look(|network| network.hosts.get(host.number).name.clone()),
                name: note.name.as_deref().map(str::to_owned),
                state,
                since: note.last_run,
                runs: note.runs,
                stalled_runs: note.stalled_runs,
                more: listed.count - listed.first.len(),
                waits_for: listed.first,
                description: notes.describe(note.runner),
            });
        }
        tasks.sort_by_key(|wait| wait.task);
        Waits {
            now: self.clock.now(),
            tasks,
            more_others: found.others.count - found.others.first.len(),
            others: found.others.first,
        }
    }

    /// Goes through the tables of who waits for what.
    fn find(&self, simulated: &SimDriver, found: &mut Found<'_>) {
        // Direct waits come behind those of wait sets, whose members are in the same tables.
        let mut direct = Vec::new();
        let mut members: BTreeMap<usize, Listed<LISTED_MEMBERS>> = BTreeMap::new();
        let mut sort = |listener: &Listener, wait: WaitFor| match listener {
            Listener::Waker(waker) => direct.push((address(waker), wait)),
            Listener::Member { set, .. } => members.entry(*set).or_default().add(wait),
        };
        let sockets = simulated.look(|network| network.waits());
        for (key, interest, listener) in self.ready.borrow().listeners() {
            let socket = sockets.get(&key.to_number());
            let wait = socket.map(|waits| waits[interest.direction().index()].clone());
            sort(listener, wait.unwrap_or(WaitFor::Event));
        }
        simulated.for_each_wait(|wait, listener| sort(listener, wait));
        for (set, waker) in self.sets.borrow().waited_for() {
            let listed = members.remove(&set).unwrap_or_default();
            let wait = WaitFor::AnyOf {
                members: listed.count,
                first: listed.first,
            };
            found.add(address(waker), wait);
        }
        for (address, wait) in direct {
            found.add(address, wait);
        }
        for waker in self.idle.borrow().iter() {
            found.add(address(waker), WaitFor::Idle);
        }
    }
}

/// The first so many of a list, and how long it is.
struct Listed<const LIMIT: usize> {
    first: Vec<WaitFor>,
    count: usize,
}

impl<const LIMIT: usize> Default for Listed<LIMIT> {
    fn default() -> Listed<LIMIT> {
        Listed {
            first: Vec::new(),
            count: 0,
        }
    }
}

impl<const LIMIT: usize> Listed<LIMIT> {
    fn add(&mut self, wait: WaitFor) {
        self.count += 1;
        if self.first.len() < LIMIT {
            self.first.push(wait);
        }
    }
}

/// What was found, by whose wakers wait.
struct Found<'a> {
    notes: &'a TaskNotes,
    /// Whose own waker has an address.
    owners: BTreeMap<usize, Runner>,
    /// Those who are there.
    known: BTreeSet<Runner>,
    waits: BTreeMap<Runner, Listed<LISTED_WAITS>>,
    others: Listed<LISTED_WAITS>,
}

impl<'a> Found<'a> {
    fn new(notes: &'a TaskNotes, tasks: &[(HostKey, Note)], root: Option<&Note>) -> Found<'a> {
        let all = || tasks.iter().map(|(_, note)| note).chain(root);
        Found {
            notes,
            owners: all().map(|note| (note.waker, note.runner)).collect(),
            known: all().map(|note| note.runner).collect(),
            waits: BTreeMap::new(),
            others: Listed::default(),
        }
    }

    fn owner(&self, address: usize) -> Option<Runner> {
        let owner = self.owners.get(&address).copied();
        let owner = owner.or_else(|| self.notes.registrant(address));
        owner.filter(|runner| self.known.contains(runner))
    }

    fn add(&mut self, address: usize, wait: WaitFor) {
        match self.owner(address) {
            Some(runner) => self.waits.entry(runner).or_default().add(wait),
            None => self.others.add(wait),
        }
    }

    /// The same, unless it is not known who waits.
    fn add_known(&mut self, address: usize, wait: WaitFor) {
        if let Some(runner) = self.owner(address) {
            self.waits.entry(runner).or_default().add(wait);
        }
    }
}
