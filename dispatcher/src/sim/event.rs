//! What happens at a point of virtual time.

use crate::executor::listener::Listener;
use crate::sim::net::event::NetEvent;
use crate::sim::record::Operation;

pub(crate) enum SimEvent {
    Timer(Listener),
    /// A blocking job is done; its future runs it when it is polled.
    JobDone(Listener),
    /// Something arrives at a host.
    Network(NetEvent),
    /// The fault of this place in the timetable.
    Fault(u32),
}

/// What the core does about an event that has happened.
pub(crate) enum Due {
    Notify(Operation, Listener),
    Network(NetEvent),
    Fault(u32),
}

impl SimEvent {
    /// The listener of a deadline; the others have none.
    pub(crate) fn listener(&mut self) -> Option<&mut Listener> {
        match self {
            SimEvent::Timer(listener) | SimEvent::JobDone(listener) => Some(listener),
            SimEvent::Network(_) | SimEvent::Fault(_) => None,
        }
    }

    /// The same, taken.
    pub(crate) fn into_listener(self) -> Option<Listener> {
        match self {
            SimEvent::Timer(listener) | SimEvent::JobDone(listener) => Some(listener),
            SimEvent::Network(_) | SimEvent::Fault(_) => None,
        }
    }

    pub(crate) fn into_due(self) -> Due {
        match self {
            SimEvent::Timer(listener) => Due::Notify(Operation::Timer, listener),
            SimEvent::JobDone(listener) => Due::Notify(Operation::Job, listener),
            SimEvent::Network(event) => Due::Network(event),
            SimEvent::Fault(place) => Due::Fault(place),
        }
    }
}
