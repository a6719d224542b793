//! Which simulated hosts' tasks may run: not those of a host that is paused, and none of a host's
//! earlier lives.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use async_task::Runnable;

use crate::executor::meta::Meta;
use crate::sim::host_key::HostKey;

/// What there is to say of hosts that were paused or have crashed. Empty on the system, which costs a
/// look at one flag.
#[derive(Default)]
pub(crate) struct HostTasks {
    is_used: Cell<bool>,
    hosts: RefCell<BTreeMap<u32, HostState>>,
}

#[derive(Default)]
struct HostState {
    incarnation: u32,
    is_down: bool,
    is_paused: bool,
    /// Tasks that could run but for the pause.
    held: Vec<Runnable<Meta>>,
}

impl HostTasks {
    /// Whether a task may be started there.
    #[inline]
    pub(crate) fn is_up(&self, host: HostKey) -> bool {
        !self.is_used.get() || self.look_up(host)
    }

    #[cold]
    fn look_up(&self, host: HostKey) -> bool {
        let hosts = self.hosts.borrow();
        let state = hosts.get(&host.number);
        state.is_none_or(|state| !state.is_down && state.incarnation == host.incarnation)
    }

    /// A task that can run, unless its host keeps it from running. Nothing of the executor may be
    /// borrowed: what belongs to an earlier life is dropped here, which runs its code.
    #[inline]
    pub(crate) fn admit(&self, runnable: Runnable<Meta>) -> Option<Runnable<Meta>> {
        match self.is_used.get() {
            false => Some(runnable),
            true => self.admit_checked(runnable),
        }
    }

    #[cold]
    fn admit_checked(&self, runnable: Runnable<Meta>) -> Option<Runnable<Meta>> {
        let host = runnable.metadata().host;
        let mut hosts = self.hosts.borrow_mut();
        let Some(state) = hosts.get_mut(&host.number) else {
            return Some(runnable);
        };
        if state.incarnation != host.incarnation {
            drop(hosts);
            drop(runnable);
            return None;
        }
        if state.is_paused {
            state.held.push(runnable);
            return None;
        }
        Some(runnable)
    }

    fn change<R>(&self, host: u32, change: impl FnOnce(&mut HostState) -> R) -> R {
        self.is_used.set(true);
        change(self.hosts.borrow_mut().entry(host).or_default())
    }

    /// From now on its tasks are held, `runnable` first.
    pub(crate) fn pause(&self, host: u32, runnable: Vec<Runnable<Meta>>) {
        self.change(host, |state| {
            state.is_paused = true;
            state.held.extend(runnable);
        });
    }

    /// Ends a pause, and gives the tasks that were held in the order in which they became runnable.
    pub(crate) fn resume(&self, host: u32) -> Vec<Runnable<Meta>> {
        self.change(host, |state| {
            state.is_paused = false;
            std::mem::take(&mut state.held)
        })
    }

    /// Ends a host's life: tasks of `incarnation` and before are dropped when they are woken. Gives
    /// those that were held and `runnable`, to be dropped while nothing is borrowed.
    pub(crate) fn crash(
        &self,
        host: u32,
        next_incarnation: u32,
        runnable: Vec<Runnable<Meta>>,
    ) -> Vec<Runnable<Meta>> {
        self.change(host, |state| {
            state.incarnation = next_incarnation;
            state.is_down = true;
            state.is_paused = false;
            let mut ended = std::mem::take(&mut state.held);
            ended.extend(runnable);
            ended
        })
    }

    /// Tasks may be started there again.
    pub(crate) fn restart(&self, host: u32) {
        self.change(host, |state| state.is_down = false);
    }

    /// The numbers of the tasks that are held.
    pub(crate) fn held(&self) -> Vec<u64> {
        let hosts = self.hosts.borrow();
        let held = hosts.values().flat_map(|state| &state.held);
        held.map(|runnable| runnable.metadata().id).collect()
    }

    /// Takes everything that is held, for the end of the dispatcher.
    pub(crate) fn take_held(&self) -> Vec<Runnable<Meta>> {
        let mut hosts = self.hosts.borrow_mut();
        let held = hosts.values_mut().map(|state| {
            state.is_paused = false;
            std::mem::take(&mut state.held)
        });
        held.flatten().collect()
    }
}
