//! What the simulated network reaches of its simulation while it does one thing.

use crate::io::readiness::{Interest, ReadyKey};
use crate::sim::draws::{Choice, Draws};
use crate::sim::edits::{FaultId, Injected};
use crate::sim::event::SimEvent;
use crate::sim::net::event::NetEvent;
use crate::sim::probability::Probability;
use crate::sim::record::Record;
use crate::sim::recorder::Recorder;
use crate::time::instant::Instant;
use crate::time::timer_heap::{TimerHeap, TimerKey};

/// A direction of a socket whose flag changes.
pub(crate) struct Mark {
    pub(crate) key: ReadyKey,
    pub(crate) interest: Interest,
    /// Set and notified, or cleared.
    pub(crate) ready: bool,
}

/// The time, the draws, the recorder, and the events to come. What becomes ready is kept in `marks`, for the
/// core to notify when nothing of the simulation is borrowed.
pub(crate) struct SimContext<'a> {
    pub(crate) now: Instant,
    pub(crate) draws: &'a mut Draws,
    pub(crate) injected: &'a mut Injected,
    pub(crate) recorder: &'a mut Recorder,
    pub(crate) events: &'a mut TimerHeap<SimEvent>,
    pub(crate) marks: &'a mut Vec<Mark>,
}

impl SimContext<'_> {
    /// Has something happen. `None` where the bound on events is reached.
    pub(crate) fn schedule(&mut self, at: Instant, event: NetEvent) -> Option<TimerKey> {
        match self.events.bound_reached() {
            Some(_) => None,
            None => Some(self.events.arm(at, SimEvent::Network(event))),
        }
    }

    /// Takes an event back that has not happened.
    pub(crate) fn cancel(&mut self, key: TimerKey) {
        self.events.disarm(key);
    }

    pub(crate) fn chance(&mut self, choice: Choice, probability: Probability) -> bool {
        self.draws.chance(choice, probability)
    }

    /// What becomes of a fault that was drawn with this amount, or was not drawn.
    pub(crate) fn decide(
        &mut self,
        fault: FaultId,
        drawn: Option<u64>,
        detail: impl FnOnce() -> String,
    ) -> Option<u64> {
        self.injected.decide(fault, drawn, self.now, detail)
    }

    pub(crate) fn record(&mut self, record: Record) {
        self.recorder.push(record);
    }

    pub(crate) fn mark(&mut self, key: Option<ReadyKey>, interest: Interest) {
        self.set(key, interest, true);
    }

    pub(crate) fn clear(&mut self, key: Option<ReadyKey>, interest: Interest) {
        self.set(key, interest, false);
    }

    fn set(&mut self, key: Option<ReadyKey>, interest: Interest, ready: bool) {
        if let Some(key) = key {
            self.marks.push(Mark {
                key,
                interest,
                ready,
            });
        }
    }
}
