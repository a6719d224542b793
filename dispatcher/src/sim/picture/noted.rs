//! What each record of a run adds to its picture.

use super::model::{Fault, HostState, Mark, Message, Run};
use super::sketch::Sketch;
use super::words;
use crate::sim::fault;
use crate::sim::record::{Discard, Fate, Packet, Record};

impl Sketch {
    /// A record is made while this task runs.
    pub(crate) fn push(&mut self, record: Record, running: Option<u64>) {
        let number = self.picture.records;
        self.picture.records += 1;
        if self.is_full() {
            return;
        }
        self.picture.drawn += 1;
        match record {
            Record::Pick { task, .. } => {
                let place = self.picked(task);
                let run = Run {
                    at: self.now,
                    record: number,
                    found: Vec::new(),
                };
                self.picture.tasks[place].runs.push(run);
            }
            Record::Advance { to } => {
                self.now = self.now.max(to);
                self.arriving = self.arriving.split_off(&(self.now, 0, 0));
                self.restarting = None;
            }
            Record::Completion { operation, waiter } => {
                self.due.insert(waiter, operation);
            }
            Record::Consumption { task, waiter } => {
                let found = self.due.remove(&waiter);
                let place = self.task_of(task);
                let run = place.and_then(|place| self.picture.tasks[place].runs.last_mut());
                if let (Some(run), Some(found)) = (run, found)
                    && run.at == self.now
                    && !run.found.contains(&found)
                {
                    run.found.push(found);
                }
            }
            Record::Packet {
                from,
                to,
                kind,
                length,
                fate,
            } => {
                let task = self.task_of(running);
                let message = Message {
                    from: self.host(from),
                    to: self.host(to),
                    kind,
                    length,
                    sent: self.now,
                    record: number,
                    task,
                    fate,
                    discarded: None,
                };
                if let Some(task) = task {
                    self.sends_from(task, message.from);
                }
                if let Fate::Arrives(at) = fate {
                    let arriving = self.arriving.entry((at, to, kind as u8)).or_default();
                    arriving.push_back(self.picture.messages.len());
                }
                self.picture.messages.push(message);
            }
            Record::Discard { host, kind, reason } if self.discard(host, kind, reason) => {}
            Record::Fault { kind, .. } => self.push_fault(kind, number),
            record => {
                let (host, text) = words::of_record(record);
                let host = host.map(|host| self.host(host));
                if let (Record::Crash { .. }, Some(host)) = (record, host) {
                    self.crash(host);
                    if self.restarting != Some(host) {
                        self.host_stops(host, HostState::Down);
                    }
                }
                let task = self.task_of(running);
                let of_task = task.map(|task| self.picture.tasks[task].host);
                self.picture.marks.push(Mark {
                    at: self.now,
                    record: Some(number),
                    host: host.or(of_task),
                    task,
                    text,
                });
            }
        }
    }

    /// Notes it of the packet that is discarded, if there is only one that it can be.
    fn discard(&mut self, host: u32, kind: Packet, reason: Discard) -> bool {
        let arrived = self.arriving.get(&(self.now, host, kind as u8));
        let Some(&place) = arrived
            .filter(|places| places.len() == 1)
            .and_then(|places| places.front())
        else {
            return false;
        };
        let message = &mut self.picture.messages[place];
        message.discarded.replace(reason).is_none()
    }

    fn push_fault(&mut self, kind: u32, record: u64) {
        let place = self.picture.faults.len();
        let fault = self.fault.take();
        let (text, hosts) = match &fault {
            Some(fault) => {
                let hosts = fault.hosts().into_iter();
                let hosts = hosts.filter_map(|host| self.picture.host(host));
                (fault.to_string(), hosts.collect())
            }
            None => (words::of_fault(kind), Vec::new()),
        };
        self.picture.faults.push(Fault {
            at: self.now,
            until: None,
            record,
            text,
            hosts,
        });
        let Some(fault) = fault else { return };
        for healed in self.blocked.fault(place, &fault) {
            self.picture.faults[healed].until = Some(self.now);
        }
        let named = |name: &str| self.picture.host(name);
        match &fault {
            fault::Fault::Restart(name) => {
                self.restarting = named(name);
                self.restarting
                    .into_iter()
                    .for_each(|host| self.host_runs(host, HostState::Down));
            }
            fault::Fault::Pause(name) => {
                let host = named(name);
                host.into_iter()
                    .for_each(|host| self.host_stops(host, HostState::Paused));
            }
            fault::Fault::Resume(name) => {
                let host = named(name);
                host.into_iter()
                    .for_each(|host| self.host_runs(host, HostState::Paused));
            }
            _ => {}
        }
    }
}
