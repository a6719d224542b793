//! The bytes that an output stream has accepted and its destination has not taken yet.

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::io::Errno;
use wippy_dispatcher::{Error, Event, Handle, Instant, WaitSet};

use super::destination::{Destination, Job, Unwritten};
use super::{IoError, StreamError};
use crate::delivery::{Delivery, DeliveryTracker};
use crate::quota::{Quota, QuotaPermit};
use crate::select::{Either, select};

/// The most that one `check-write` permits, in bytes. What the destination does not take of it at
/// once is kept, and nothing more is permitted until all that is kept is written.
pub const PERMIT: usize = 64 * 1024;

/// The memory of the task that writes, in bytes. It counts against the call's quota beside the bytes
/// that are kept.
const TASK_BYTES: usize = 1024;

/// All members of the task's wait have this tag: which of them fired does not matter, since the task
/// tries to write after every wake.
const TAG: u32 = 0;

/// Accepted bytes in order, the task that writes them, and its failure. While the destination takes
/// everything at once there is neither memory nor a task.
#[derive(Debug)]
pub struct WriteQueue<D> {
    handle: Handle,
    owner: Option<Owner>,
    /// Set while nothing is kept. Made when something is kept for the first time.
    drained: OnceLock<Event>,
    state: Mutex<State<D>>,
}

/// The call that a queue belongs to. A queue that several calls write to has none.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    /// Registers the task that writes, so that the call's end waits for it or gives it up.
    pub(crate) deliveries: DeliveryTracker,
    /// Bounds the bytes that are kept.
    pub(crate) bytes: Quota,
}

struct State<D> {
    destination: D,
    /// Bytes that the task has not taken yet.
    pending: Vec<u8>,
    /// How many bytes are kept, those that the task is writing included.
    kept: usize,
    charge: Option<QuotaPermit>,
    /// The task runs, and will take what is pending.
    draining: bool,
    /// The destination is to be finished after the last byte.
    finishing: bool,
    failure: Failure,
}

/// Without the bytes.
impl<D: fmt::Debug> fmt::Debug for State<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("destination", &self.destination)
            .field("kept", &self.kept)
            .field("draining", &self.draining)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

/// A failure is reported once, to the first who asks; from then on the stream is closed.
#[derive(Debug)]
enum Failure {
    None,
    Unreported(IoError),
    Closed,
}

impl<D: Destination> WriteQueue<D> {
    /// An empty queue.
    pub(crate) fn to(handle: &Handle, destination: D, owner: Option<Owner>) -> WriteQueue<D> {
        WriteQueue {
            handle: handle.clone(),
            owner,
            drained: OnceLock::new(),
            state: Mutex::new(State {
                destination,
                pending: Vec::new(),
                kept: 0,
                charge: None,
                draining: false,
                finishing: false,
                failure: Failure::None,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<D>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the destination.
    pub(crate) fn destination<R>(&self, look: impl FnOnce(&D) -> R) -> R {
        look(&self.lock().destination)
    }

    /// How many bytes the next write may hold: 0 while something is kept.
    ///
    /// # Errors
    /// `Failed` once when a write failed, then `Closed`.
    pub(crate) fn check_write(&self) -> Result<u64, StreamError> {
        let mut state = self.lock();
        state.report()?;
        Ok(match state.has_room() {
            true => PERMIT as u64,
            false => 0,
        })
    }

    /// Takes bytes that were permitted: behind what is kept, or straight to the destination.
    ///
    /// # Errors
    /// As [`WriteQueue::check_write`]; `ENOMEM` when the call may keep no more.
    pub(crate) fn write(self: &Arc<Self>, bytes: &[u8]) -> Result<(), StreamError> {
        let mut state = self.lock();
        state.report()?;
        state.destination.accepted(bytes);
        let mut rest = bytes;
        while !state.draining && !rest.is_empty() {
            match state.try_write(rest) {
                Ok(written) => {
                    debug_assert!(written <= rest.len(), "more is written than there was");
                    rest = rest.get(written..).unwrap_or_default();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => {
                    state.fail(error);
                    return state.report();
                }
            }
        }
        match rest.is_empty() {
            true => Ok(()),
            false => self.keep(&mut state, rest),
        }
    }

    fn keep(self: &Arc<Self>, state: &mut State<D>, bytes: &[u8]) -> Result<(), StreamError> {
        if let Some(owner) = &self.owner {
            let charged = match &mut state.charge {
                Some(charge) => charge.try_grow(bytes.len()),
                none => {
                    *none = owner
                        .bytes
                        .try_acquire(bytes.len().saturating_add(TASK_BYTES));
                    none.is_some()
                }
            };
            if !charged {
                state.fail(Errno::NOMEM.into());
                return state.report();
            }
        }
        // The task is started first: bytes without a task would never be written.
        if !state.draining
            && let Err(error) = self.drain(state)
        {
            state.charge = None;
            state.fail(error);
            return state.report();
        }
        state.pending.extend_from_slice(bytes);
        state.kept += bytes.len();
        Ok(())
    }

    /// Starts the task that writes what is kept, whatever the guest does meanwhile.
    fn drain(self: &Arc<Self>, state: &mut State<D>) -> Result<(), Error> {
        let delivery = match &self.owner {
            Some(owner) => Some(owner.deliveries.begin(())?),
            None => None,
        };
        match self.drained.get() {
            Some(drained) => drained.clear(),
            None => {
                let drained = Event::new(&self.handle)?;
                let _ = self.drained.set(drained);
            }
        }
        let queue = self.clone();
        let task = self.handle.spawn(async move {
            // Made inside the task: its drop locks the state, which is locked here while spawning may fail.
            let drain = Drain {
                queue,
                outcome: Outcome::GivenUp,
                delivery,
            };
            drain.run().await;
        })?;
        task.detach();
        state.draining = true;
        Ok(())
    }

    /// Takes no more bytes, and finishes the destination after what is kept.
    ///
    /// # Errors
    /// Those of [`Destination::finish`], where nothing is kept.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        let mut state = self.lock();
        state.failure = Failure::Closed;
        match state.draining {
            true => {
                state.finishing = true;
                Ok(())
            }
            false => state.destination.finish(),
        }
    }

    /// How many bytes were accepted and are not written yet.
    pub(crate) fn kept(&self) -> usize {
        self.lock().kept
    }

    /// Whether a write would be permitted, or fail, at once.
    pub(crate) fn is_ready(&self) -> bool {
        let state = self.lock();
        !matches!(state.failure, Failure::None) || state.has_room()
    }

    /// Adds that to a wait set, under `tag`.
    ///
    /// # Errors
    /// `TooManyMembers`, `TooManyTimers`, `OtherDispatcher`, `WrongThread`, `Closed` of the dispatcher.
    pub(crate) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        let state = self.lock();
        match (&state.failure, self.drained.get()) {
            (Failure::None, Some(drained)) if state.draining => set.add_event(drained, tag),
            (Failure::None, _) => state.destination.register(set, tag),
            _ => set.add_deadline(Instant::from_nanos(0), tag),
        }
    }

    /// Waits until nothing is kept.
    ///
    /// # Errors
    /// As [`WriteQueue::check_write`].
    pub(crate) async fn delivered(&self) -> Result<(), StreamError> {
        while self.lock().draining {
            match self.drained.get() {
                Some(drained) => drained.wait().await?,
                None => break,
            }
        }
        self.lock().report()
    }
}

impl<D: Destination> State<D> {
    fn has_room(&self) -> bool {
        !self.draining && self.destination.has_room()
    }

    fn try_write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        match self.destination.try_write(bytes) {
            Ok(0) => Err(io::Error::from(io::ErrorKind::WriteZero).into()),
            written => written,
        }
    }

    fn report(&mut self) -> Result<(), StreamError> {
        if matches!(self.failure, Failure::None) {
            return Ok(());
        }
        match std::mem::replace(&mut self.failure, Failure::Closed) {
            Failure::Unreported(error) => Err(StreamError::Failed(error)),
            _ => Err(self.destination.closed()),
        }
    }

    fn fail(&mut self, error: Error) {
        self.destination.failed(&error);
        self.failure = match (&self.failure, error.kind()) {
            // A reader that went away is the ordinary end of a pipe and of a connection.
            (Failure::Closed, _) | (_, io::ErrorKind::BrokenPipe) => Failure::Closed,
            _ => Failure::Unreported(D::error(error)),
        };
    }

    /// Writes until nothing is left or the destination takes no more. Where nothing is left, what
    /// is written from here on needs a new task.
    fn step(&mut self, bytes: &mut Unwritten, room: &mut WaitSet) -> Result<Step, Error> {
        loop {
            if bytes.rest().is_empty() {
                *bytes = Unwritten {
                    bytes: std::mem::take(&mut self.pending),
                    written: 0,
                };
            }
            if bytes.rest().is_empty() {
                return Ok(Step::Done);
            }
            match self.try_write(bytes.rest()) {
                Ok(written) => self.wrote(bytes, written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(match self.destination.blocked(bytes, room)? {
            Some(job) => Step::Job(job),
            None => Step::Room,
        })
    }

    fn wrote(&mut self, bytes: &mut Unwritten, written: usize) {
        bytes.written += written;
        debug_assert!(written <= self.kept, "more is written than was kept");
        self.kept -= written;
    }
}

/// What the task does next.
enum Step {
    Done,
    /// Waits for room, for which the set listens.
    Room,
    /// Waits for a job that writes.
    Job(Job),
}

/// How the task has ended.
enum Outcome {
    Delivered,
    Failed(Error),
    /// The call or the dispatcher has ended.
    GivenUp,
}

/// The task that writes what is kept. However it ends, by cancellation too, its drop empties the
/// queue and records the outcome.
struct Drain<D: Destination> {
    queue: Arc<WriteQueue<D>>,
    outcome: Outcome,
    delivery: Option<Delivery>,
}

impl<D: Destination> Drain<D> {
    async fn run(mut self) {
        self.outcome = match self.write_all().await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Failed(error),
        };
    }

    async fn write_all(&self) -> Result<Outcome, Error> {
        let mut room = WaitSet::new(&self.queue.handle)?;
        let mut bytes = Unwritten::default();
        loop {
            room.clear();
            let step = self.queue.lock().step(&mut bytes, &mut room)?;
            match step {
                Step::Done => return Ok(Outcome::Delivered),
                Step::Room => {
                    if let Some(delivery) = &self.delivery {
                        room.add_event(delivery.given_up(), TAG)?;
                    }
                    room.wait().await?;
                }
                Step::Job(job) => {
                    let Some((back, written)) = self.unless_given_up(job).await? else {
                        return Ok(Outcome::GivenUp);
                    };
                    bytes = back;
                    let written = written?;
                    self.queue.lock().wrote(&mut bytes, written);
                }
            }
            let delivery = self.delivery.as_ref();
            if delivery.is_some_and(|delivery| delivery.given_up().is_set()) {
                return Ok(Outcome::GivenUp);
            }
        }
    }

    async fn unless_given_up<T>(&self, job: impl Future<Output = T>) -> Result<Option<T>, Error> {
        let Some(delivery) = &self.delivery else {
            return Ok(Some(job.await));
        };
        match select(job, delivery.given_up().wait()).await {
            Either::Left(done) => Ok(Some(done)),
            Either::Right(given_up) => given_up.map(|()| None),
        }
    }
}

impl<D: Destination> Drop for Drain<D> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.draining = false;
        state.pending = Vec::new();
        state.kept = 0;
        let charge = state.charge.take();
        match std::mem::replace(&mut self.outcome, Outcome::GivenUp) {
            Outcome::Delivered if state.finishing => {
                // The stream was finished before: no handle is left to report an error to.
                let _ = state.destination.finish();
            }
            Outcome::Delivered => {}
            Outcome::Failed(error) => state.fail(error),
            Outcome::GivenUp => {
                state.failure = Failure::Closed;
                state.destination.abandon();
            }
        }
        drop(state);
        drop(charge);
        if let Some(drained) = self.queue.drained.get() {
            drained.set();
        }
    }
}

#[cfg(test)]
mod tests;
