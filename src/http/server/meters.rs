//! What a server counts.

use std::sync::atomic::{AtomicU64, Ordering};

use wippy_dispatcher::{Histogram, SharedHistogram};

use super::refusal::Refusal;

/// Classes of statuses: 1xx to 5xx, and others.
const CLASSES: usize = 6;

/// What the servers of one thread count, for any thread to read.
#[derive(Default, Debug)]
pub struct Meters {
    pub(super) accepted: Counter,
    pub(super) closed: Counter,
    pub(super) handshakes_failed: Counter,
    pub(super) requests: Counter,
    pub(super) answered: Counter,
    pub(super) cut: Counter,
    pub(super) timeouts: Counter,
    pub(super) panics: Counter,
    pub(super) received: Counter,
    pub(super) sent: Counter,
    refused: [Counter; Refusal::ALL.len()],
    statuses: [Counter; CLASSES],
    pub(super) durations: SharedHistogram,
}

/// A number that only grows.
#[derive(Default, Debug)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Meters {
    pub(super) fn refused(&self, refusal: Refusal) {
        if let Some(counter) = self.refused.get(refusal as usize) {
            counter.add(1);
        }
    }

    pub(super) fn status(&self, status: u16) {
        let class = usize::from(status / 100).wrapping_sub(1).min(CLASSES - 1);
        if let Some(counter) = self.statuses.get(class) {
            counter.add(1);
        }
    }

    /// What was counted so far.
    pub fn counts(&self) -> ServerCounts {
        let accepted = self.accepted.get();
        ServerCounts {
            accepted,
            open: accepted.saturating_sub(self.closed.get()),
            handshakes_failed: self.handshakes_failed.get(),
            requests: self.requests.get(),
            answered: self.answered.get(),
            cut: self.cut.get(),
            refused: self.refused.iter().map(Counter::get).sum(),
            refused_by_name: std::array::from_fn(|at| self.refused[at].get()),
            timeouts: self.timeouts.get(),
            panics: self.panics.get(),
            received: self.received.get(),
            sent: self.sent.get(),
            statuses: std::array::from_fn(|at| self.statuses[at].get()),
        }
    }

    /// How long requests took, from their head to the end of their response.
    pub fn durations(&self) -> Histogram {
        self.durations.snapshot()
    }
}

/// What a server has done so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ServerCounts {
    /// Connections that were accepted.
    pub accepted: u64,
    /// Connections that are open.
    pub open: u64,
    /// Connections that ended before they had agreed on TLS.
    pub handshakes_failed: u64,
    /// Requests whose head was read and taken.
    pub requests: u64,
    /// Requests of those whose response was written to its end.
    pub answered: u64,
    /// Requests of those that ended before: the client, the handler or the server broke them off.
    pub cut: u64,
    /// Requests that were refused: at their head, or behind it (these are among `requests` as well).
    pub refused: u64,
    /// The same by their reasons, in the order of [`Refusal::ALL`].
    pub refused_by_name: [u64; Refusal::ALL.len()],
    /// Requests whose handler took longer than its time.
    pub timeouts: u64,
    /// Requests whose handler panicked.
    pub panics: u64,
    /// Bytes of HTTP that were read.
    pub received: u64,
    /// Bytes of HTTP that were written.
    pub sent: u64,
    /// Responses by the class of their status: 1xx to 5xx, and others.
    pub statuses: [u64; CLASSES],
}

impl ServerCounts {
    /// Requests that have begun and not ended.
    pub fn in_flight(&self) -> u64 {
        self.requests.saturating_sub(self.answered + self.cut)
    }

    /// Adds what another thread has counted.
    pub fn add(&mut self, other: &ServerCounts) {
        let sum = |to: &mut u64, more: u64| *to += more;
        sum(&mut self.accepted, other.accepted);
        sum(&mut self.open, other.open);
        sum(&mut self.handshakes_failed, other.handshakes_failed);
        sum(&mut self.requests, other.requests);
        sum(&mut self.answered, other.answered);
        sum(&mut self.cut, other.cut);
        sum(&mut self.refused, other.refused);
        sum(&mut self.timeouts, other.timeouts);
        sum(&mut self.panics, other.panics);
        sum(&mut self.received, other.received);
        sum(&mut self.sent, other.sent);
        for (to, more) in self.refused_by_name.iter_mut().zip(other.refused_by_name) {
            *to += more;
        }
        for (to, more) in self.statuses.iter_mut().zip(other.statuses) {
            *to += more;
        }
    }
}
