//! What the connections of a server have in common.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wippy_dispatcher::{Error, Event, Handle};

use super::handler::Handler;
use super::http_date::DateClock;
use super::limits::ServerLimits;
use super::wire::ReadBuffer;

/// What a server has done so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ServerCounts {
    /// Connections that were accepted.
    pub accepted: u64,
    /// Connections that are open.
    pub open: u64,
    /// Requests whose head was read and taken.
    pub requests: u64,
    /// Requests of those whose response was written to its end.
    pub answered: u64,
    /// Requests of those that ended before: the client, the handler or the server broke them off.
    pub cut: u64,
    /// Requests that were refused: at their head, or behind it (these are among `requests` as well).
    pub refused: u64,
}

/// The state of a server, which its tasks share.
pub(super) struct ServerState {
    pub(super) handle: Handle,
    pub(super) limits: ServerLimits,
    pub(super) handler: Box<dyn Handler>,
    counts: Cell<ServerCounts>,
    date: RefCell<DateClock>,
    pub(super) arriving: ReadBuffer,
    /// Set from when no connection is to take another request.
    pub(super) stopping: Event,
    /// Set from when everything is to end at once.
    pub(super) cut: Event,
    /// Set while one more connection may be open.
    pub(super) room: Event,
    /// Set while none is open.
    pub(super) quiet: Event,
}

impl ServerState {
    pub(super) fn new(
        handle: &Handle,
        limits: ServerLimits,
        handler: Box<dyn Handler>,
    ) -> Result<ServerState, Error> {
        let state = ServerState {
            handle: handle.clone(),
            limits,
            handler,
            counts: Cell::default(),
            date: RefCell::default(),
            arriving: ReadBuffer::new(),
            stopping: Event::new(handle)?,
            cut: Event::new(handle)?,
            room: Event::new(handle)?,
            quiet: Event::new(handle)?,
        };
        state.room.set();
        state.quiet.set();
        Ok(state)
    }

    pub(super) fn counts(&self) -> ServerCounts {
        self.counts.get()
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut ServerCounts)) {
        let mut counts = self.counts.get();
        change(&mut counts);
        self.counts.set(counts);
    }

    /// Calls `write` with the time for `Date`.
    pub(super) fn with_date<T>(&self, write: impl FnOnce(&str) -> T) -> T {
        write(self.date.borrow_mut().now(&self.handle))
    }

    /// Counts a connection that was accepted, until what this gives is dropped.
    pub(super) fn open(self: &Rc<ServerState>) -> OpenConnection {
        self.count(|counts| {
            counts.accepted += 1;
            counts.open += 1;
        });
        self.quiet.clear();
        if self.counts().open >= self.limits.connections.max(1) as u64 {
            self.room.clear();
        }
        OpenConnection(self.clone())
    }
}

/// A connection that is open.
pub(super) struct OpenConnection(Rc<ServerState>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let state = &self.0;
        state.count(|counts| counts.open -= 1);
        state.room.set();
        if state.counts().open == 0 {
            state.quiet.set();
        }
    }
}
