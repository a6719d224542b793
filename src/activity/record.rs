//! What one call is doing. Whoever runs it writes; any thread may read.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use wippy_dispatcher::{Handle, Instant};

use super::TARGET;
use super::entry_stats::{CallTime, EntryStats, Outcome};
use super::state::CallState;
use crate::id::Id;

/// A call that has not ended.
///
/// ```
/// use std::time::Duration;
/// use wippy::activity::CallState;
/// use wippy::{Arguments, Entry, Program, Runtime};
///
/// let dispatcher = wippy_dispatcher::Dispatcher::simulated(1)?;
/// let text = r#"(module (func (export "spin") (loop $on br $on)))"#;
/// let entry = Entry::function("file:spin").bytes(text);
/// let program = Program::builder().entry(entry).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// let spinning = runtime.clone();
/// let call = async move { spinning.call("file:spin", Arguments::Wave("")).await };
/// let call = dispatcher.spawn(call)?;
/// dispatcher.block_on(dispatcher.handle().sleep(Duration::from_secs(5)))??;
/// let reports = runtime.calls();
/// assert_eq!(reports[0].entry.to_string(), "file:spin");
/// assert_eq!(reports[0].state, CallState::Running);
/// drop(call);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CallReport {
    /// Its number among the calls of the program, from 1.
    pub number: u64,
    /// The call whose guest has made this one.
    pub caller: Option<u64>,
    /// What is called.
    pub entry: Id,
    /// When it began, on the clock of its dispatcher.
    pub begun: Instant,
    /// Where it is.
    pub state: CallState,
    /// Since when it is there. The call of a live instance whose times are not counted runs since it was
    /// first seen to, at most two preemption ticks after its beginning.
    pub since: Instant,
    /// How many resources its guest had when it last waited.
    pub resources: u32,
    /// How many of these were pollables.
    pub pollables: u32,
}

/// What one call is doing.
pub(crate) struct CallRecord {
    number: u64,
    caller: Option<u64>,
    stats: Arc<EntryStats>,
    begun: Instant,
    progress: Mutex<Progress>,
    /// A call of an instance runs. Where no times are counted this stands for its state, so that such a
    /// call takes no lock: it is idle in `progress` then, or parked.
    in_call: AtomicBool,
    /// When that call was first seen to wait or to be preempted, in nanoseconds of the dispatcher's clock;
    /// 0 before: a call that does neither does not read the clock.
    call_seen: AtomicU64,
    resources: AtomicU32,
    pollables: AtomicU32,
}

struct Progress {
    /// When the call began; of an instance, its last one.
    begun: Instant,
    state: CallState,
    since: Instant,
    queued: Duration,
    parked: Duration,
    processor: Duration,
}

impl CallRecord {
    /// Of a call that begins.
    pub(super) fn new(
        number: u64,
        caller: Option<u64>,
        stats: Arc<EntryStats>,
        begun: Instant,
    ) -> CallRecord {
        CallRecord {
            number,
            caller,
            stats,
            begun,
            progress: Mutex::new(Progress {
                begun,
                state: CallState::Starting,
                since: begun,
                queued: Duration::ZERO,
                parked: Duration::ZERO,
                processor: Duration::ZERO,
            }),
            in_call: AtomicBool::new(false),
            call_seen: AtomicU64::new(0),
            resources: AtomicU32::new(0),
            pollables: AtomicU32::new(0),
        }
    }

    /// Its number among the calls of the program.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// What is called.
    pub(crate) fn entry(&self) -> &Id {
        &self.stats.entry
    }

    pub(super) fn stats(&self) -> &EntryStats {
        &self.stats
    }

    /// Whether somebody wants to know how long its guest computes.
    pub(crate) fn is_timed(&self) -> bool {
        self.stats.is_timed()
    }

    /// From now on it is in this state. The state before.
    pub(crate) fn enter(&self, state: CallState, now: Instant) -> CallState {
        tracing::trace!(target: TARGET, "{state}");
        let mut progress = self.lock();
        progress.count(now);
        std::mem::replace(&mut progress.state, state)
    }

    /// A call of an instance begins: its times are of this call alone. `clock` is asked only where times
    /// are counted.
    #[inline]
    pub(crate) fn enter_call(&self, clock: impl FnOnce() -> Option<Instant>) {
        tracing::trace!(target: TARGET, "{}", CallState::Running);
        if !self.is_timed() {
            self.call_seen.store(0, Ordering::Relaxed);
            self.in_call.store(true, Ordering::Release);
            return;
        }
        // It fails at the dispatcher's end, with which the call ends.
        let Some(now) = clock() else { return };
        let mut progress = self.lock();
        *progress = Progress {
            begun: now,
            state: CallState::Running,
            since: now,
            queued: Duration::ZERO,
            parked: Duration::ZERO,
            processor: Duration::ZERO,
        };
    }

    /// The call of an instance waits, or is preempted, for the first time.
    #[inline]
    pub(crate) fn seen_in_call(&self, clock: impl FnOnce() -> Option<Instant>) {
        if !self.is_timed()
            && let Some(now) = clock()
        {
            self.call_seen.store(now.as_nanos(), Ordering::Relaxed);
        }
    }

    /// The call of an instance has ended. `clock` is asked only where times are counted.
    #[inline]
    pub(crate) fn end_call(&self, outcome: Outcome, clock: impl FnOnce() -> Option<Instant>) {
        let is_timed = self.is_timed();
        let now = is_timed.then(clock).flatten();
        self.stats.ended(outcome, || Some(self.time(now?)));
        self.in_call.store(false, Ordering::Release);
        // What has ended well waits for nothing any more.
        if is_timed || outcome != Outcome::Ok {
            self.lock().state = CallState::Idle;
        }
    }

    /// Its guest has computed for so long.
    pub(crate) fn add_processor_time(&self, time: Duration) {
        self.lock().processor += time;
    }

    /// What its guest has now that it waits.
    pub(crate) fn set_resources(&self, resources: usize, pollables: u32) {
        let resources = u32::try_from(resources).unwrap_or(u32::MAX);
        self.resources.store(resources, Ordering::Relaxed);
        self.pollables.store(pollables, Ordering::Relaxed);
    }

    /// What it has taken, at its end.
    pub(super) fn time(&self, now: Instant) -> CallTime {
        let mut progress = self.lock();
        progress.count(now);
        CallTime {
            duration: now - progress.begun,
            queued: progress.queued,
            parked: progress.parked,
            processor: progress.processor,
        }
    }

    /// Where it is.
    pub(crate) fn state(&self) -> CallState {
        let state = self.lock().state.clone();
        match state == CallState::Idle && self.in_call.load(Ordering::Acquire) {
            true => CallState::Running,
            false => state,
        }
    }

    /// What it is doing now.
    pub(super) fn report(&self, now: Instant) -> CallReport {
        let (mut state, mut since) = {
            let progress = self.lock();
            (progress.state.clone(), progress.since)
        };
        if state == CallState::Idle && self.in_call.load(Ordering::Acquire) {
            state = CallState::Running;
            since = match self.call_seen.load(Ordering::Relaxed) {
                0 => now,
                seen => since.max(Instant::from_nanos(seen)),
            };
        }
        CallReport {
            number: self.number,
            caller: self.caller,
            entry: self.stats.entry.clone(),
            begun: self.begun,
            state,
            since,
            resources: self.resources.load(Ordering::Relaxed),
            pollables: self.pollables.load(Ordering::Relaxed),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        // Nothing but this file's own code runs under it.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    /// Counts the time that the call has been in its state.
    fn count(&mut self, now: Instant) {
        let passed = now - self.since;
        self.since = now;
        match self.state {
            CallState::Loading | CallState::Queued | CallState::WaitsForInstance => {
                self.queued += passed;
            }
            CallState::Parked(_) => self.parked += passed,
            CallState::Starting | CallState::Running | CallState::Delivering | CallState::Idle => {}
        }
    }
}

impl fmt::Debug for CallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallRecord")
            .field("number", &self.number)
            .field("entry", &self.stats.entry)
            .finish_non_exhaustive()
    }
}

/// The future's output. From when it is first pending until it is ready, the call is in `state`, and
/// then in the state of before: what is ready at once costs no look at the clock.
pub(crate) async fn observed<F: Future>(
    record: Option<&CallRecord>,
    handle: &Handle,
    state: CallState,
    future: F,
) -> F::Output {
    let mut future = pin!(future);
    let mut before = None;
    poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        if let Some(record) = record
            && polled.is_pending() != before.is_some()
            // It fails at the dispatcher's end, with which the call ends.
            && let Ok(now) = handle.now()
        {
            before = match before.take() {
                None => Some(record.enter(state.clone(), now)),
                Some(before) => {
                    record.enter(before, now);
                    None
                }
            };
        }
        match polled {
            Poll::Ready(output) => Poll::Ready(output),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
