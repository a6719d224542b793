//! The calls of a program that have not ended, and the entries that were called.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use slab::Slab;
use tracing::Span;
use wippy_dispatcher::Instant;

use super::TARGET;
use super::entry_stats::{EntryStats, Outcome};
use super::record::{CallRecord, CallReport};
use crate::id::Id;

/// The calls of all threads of a program. There are as many as callers wait for; an entry that was
/// called once stays.
#[derive(Default)]
pub(crate) struct LiveCalls {
    /// Whether times are counted.
    timed: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: Slab<Arc<CallRecord>>,
    /// Records of calls that have ended, kept for their memory.
    used: Vec<Arc<CallRecord>>,
    last: u64,
    entries: HashMap<Id, Arc<EntryStats>>,
}

/// A call, from its beginning to its end.
pub(crate) struct LiveCall {
    calls: Arc<LiveCalls>,
    key: usize,
    record: Arc<CallRecord>,
    span: Span,
    ended: Option<(Outcome, Option<Instant>)>,
    /// Its end counts as that of a call; it does not where the calls of an instance count.
    counts: bool,
    /// Lives as long as the call, for those who asked.
    alive: Option<Arc<()>>,
}

/// How many records are kept for calls to come.
const MAX_USED: usize = 64;

impl State {
    /// A record in memory that was used before, where nobody looks at it any more.
    fn record(&mut self, new: CallRecord) -> Arc<CallRecord> {
        if let Some(mut used) = self.used.pop()
            && let Some(record) = Arc::get_mut(&mut used)
        {
            *record = new;
            return used;
        }
        Arc::new(new)
    }
}

impl LiveCalls {
    /// No calls so far. `timed`: how long they take is counted.
    pub(crate) fn new(timed: bool) -> LiveCalls {
        LiveCalls {
            timed,
            state: Mutex::default(),
        }
    }

    /// The counters of an entry.
    pub(crate) fn stats(&self, entry: &Id) -> Arc<EntryStats> {
        let mut state = self.lock();
        if let Some(stats) = state.entries.get(entry) {
            return stats.clone();
        }
        let stats = Arc::new(EntryStats::new(entry.clone(), self.timed));
        state.entries.insert(entry.clone(), stats.clone());
        stats
    }

    /// A call begins.
    pub(crate) fn begin(
        self: &Arc<Self>,
        stats: Arc<EntryStats>,
        caller: Option<u64>,
        now: Instant,
    ) -> LiveCall {
        let mut state = self.lock();
        state.last += 1;
        let number = state.last;
        let record = state.record(CallRecord::new(number, caller, stats, now));
        let key = state.calls.insert(record.clone());
        drop(state);
        let entry = &record.stats().entry;
        let span = tracing::trace_span!(target: TARGET, "call", %entry, number);
        span.in_scope(|| tracing::trace!(target: TARGET, "begins"));
        LiveCall {
            calls: self.clone(),
            key,
            record,
            span,
            ended: None,
            counts: true,
            alive: None,
        }
    }

    /// What each call is doing now, in the order of their beginning.
    pub(crate) fn reports(&self, now: Instant) -> Vec<CallReport> {
        let records: Vec<_> = {
            let state = self.lock();
            state.calls.iter().map(|(_, call)| call.clone()).collect()
        };
        let mut reports: Vec<_> = records.iter().map(|record| record.report(now)).collect();
        reports.sort_unstable_by_key(|report| report.number);
        reports
    }

    /// The entries that were called, by their IDs.
    pub(crate) fn entries(&self) -> Vec<Arc<EntryStats>> {
        let mut entries: Vec<_> = self.lock().entries.values().cloned().collect();
        entries.sort_unstable_by(|a, b| a.entry.cmp(&b.entry));
        entries
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing but this file's own code runs under it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LiveCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveCalls")
            .field("calls", &self.lock().calls.len())
            .finish_non_exhaustive()
    }
}

impl LiveCall {
    /// What says what it is doing.
    pub(crate) fn record(&self) -> &Arc<CallRecord> {
        &self.record
    }

    /// What lives as long as the call: its record is used again.
    pub(crate) fn alive(&mut self) -> Weak<()> {
        Arc::downgrade(self.alive.get_or_insert_default())
    }

    /// What its events are traced in; disabled where nobody looks.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// It is no call but an instance, whose calls count.
    pub(crate) fn of_instance(mut self) -> LiveCall {
        self.counts = false;
        self
    }

    /// It has ended. `clock` is asked only where times are counted.
    pub(crate) fn end(mut self, outcome: Outcome, clock: impl FnOnce() -> Option<Instant>) {
        let now = self.record.is_timed().then(clock).flatten();
        self.ended = Some((outcome, now));
    }
}

impl Drop for LiveCall {
    fn drop(&mut self) {
        let (outcome, now) = self.ended.unwrap_or((Outcome::Dropped, None));
        let name = outcome.name();
        let traced = || tracing::trace!(target: TARGET, "ended: {name}");
        self.span.in_scope(traced);
        if self.counts {
            let time = || Some(self.record.time(now?));
            self.record.stats().ended(outcome, time);
        }
        let mut state = self.calls.lock();
        let record = state.calls.try_remove(self.key);
        if state.used.len() < MAX_USED {
            state.used.extend(record);
        }
    }
}
