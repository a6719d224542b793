//! What happens at a point of virtual time.

use crate::executor::listener::Listener;
use crate::sim::net::event::NetEvent;
use crate::sim::record::Operation;
use crate::sim::waits::WaitFor;
use crate::time::instant::Instant;

pub(crate) enum SimEvent {
    Timer(Listener),
    /// A yield is over.
    Yield(Listener),
    /// The answer to a lookup of this name is there; its future asks for it when it is polled.
    Lookup(Listener, Box<str>),
    /// A blocking job is done; its future runs it when it is polled.
    JobDone(Listener),
    /// Something arrives at a host.
    Network(NetEvent),
    /// The fault of this place in the timetable.
    Fault(u32),
    /// The check of this key in the table.
    Check(usize),
}

/// What the core does about an event that has happened.
pub(crate) enum Due {
    Notify(Operation, Listener),
    Network(NetEvent),
    Fault(u32),
    Check(usize),
}

impl SimEvent {
    /// The listener of a deadline; the others have none.
    pub(crate) fn listener(&mut self) -> Option<&mut Listener> {
        match self {
            SimEvent::Timer(listener)
            | SimEvent::Yield(listener)
            | SimEvent::Lookup(listener, _)
            | SimEvent::JobDone(listener) => Some(listener),
            SimEvent::Network(_) | SimEvent::Fault(_) | SimEvent::Check(_) => None,
        }
    }

    /// The same, taken.
    pub(crate) fn into_listener(self) -> Option<Listener> {
        match self.into_due() {
            Due::Notify(_, listener) => Some(listener),
            Due::Network(_) | Due::Fault(_) | Due::Check(_) => None,
        }
    }

    pub(crate) fn into_due(self) -> Due {
        match self {
            SimEvent::Timer(listener)
            | SimEvent::Yield(listener)
            | SimEvent::Lookup(listener, _) => Due::Notify(Operation::Timer, listener),
            SimEvent::JobDone(listener) => Due::Notify(Operation::Job, listener),
            SimEvent::Network(event) => Due::Network(event),
            SimEvent::Fault(place) => Due::Fault(place),
            SimEvent::Check(key) => Due::Check(key),
        }
    }

    /// What the one that is notified waits for, and the listener.
    pub(crate) fn wait(&self, at: Instant) -> Option<(WaitFor, &Listener)> {
        match self {
            SimEvent::Timer(listener) => Some((WaitFor::Timer(at), listener)),
            SimEvent::Yield(listener) => Some((WaitFor::Yield(at), listener)),
            SimEvent::JobDone(listener) => Some((WaitFor::Job(at), listener)),
            SimEvent::Lookup(listener, name) => {
                let name = name.to_string();
                Some((WaitFor::Lookup { name, at }, listener))
            }
            SimEvent::Network(_) | SimEvent::Fault(_) | SimEvent::Check(_) => None,
        }
    }
}
