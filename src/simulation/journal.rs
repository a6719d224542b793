//! What the calls of a run do, noted by their tasks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use wippy_dispatcher::sim::picture::Picture;
use wippy_dispatcher::{Error, Handle};

use super::outcome::{Attempt, AttemptEnd, CallOutcome, GuestWait};
use super::settings::Settings;
use crate::activity::LiveCalls;
use crate::host::capture::{Capture, OutputKind};

/// What the calls of a run have done so far.
pub(super) struct Journal {
    /// Of the default host.
    handle: Handle,
    /// In the order in which they were placed.
    calls: RefCell<Vec<Vec<Made>>>,
    /// How many native tasks have begun, and how many of them run.
    natives: Cell<(usize, usize)>,
    /// The calls of each host's present life.
    live: RefCell<Vec<Option<Arc<LiveCalls>>>>,
    /// Whoever waits for the end of the run.
    waker: RefCell<Option<Waker>>,
    /// Why the run cannot go on.
    failure: RefCell<Option<Error>>,
    /// The run has ended: what is dropped from now on has not crashed.
    is_over: Cell<bool>,
}

/// A call that was made.
struct Made {
    began: Duration,
    ended: Option<Duration>,
    end: AttemptEnd,
    capture: Capture,
    /// The task that makes it, once it runs.
    task: Option<u64>,
}

/// A call that is being made. It has crashed where this is dropped before it ended.
pub(super) struct Running {
    journal: Rc<Journal>,
    call: usize,
    number: usize,
}

/// A native task that runs.
pub(super) struct RunningNative(Rc<Journal>);

impl Journal {
    pub(super) fn new(handle: Handle, settings: &Settings) -> Journal {
        Journal {
            handle,
            calls: RefCell::new(settings.calls.iter().map(|_| Vec::new()).collect()),
            natives: Cell::new((0, 0)),
            live: RefCell::new(settings.host_names().map(|_| None).collect()),
            waker: RefCell::new(None),
            failure: RefCell::new(None),
            is_over: Cell::new(false),
        }
    }

    fn now(&self) -> Duration {
        // It fails at the dispatcher's end, when nothing is noted any more.
        self.handle.elapsed().unwrap_or_default()
    }

    /// The run cannot go on. The first reason counts.
    pub(super) fn fail(&self, error: Error) {
        self.failure.borrow_mut().get_or_insert(error);
        self.wake();
    }

    /// Why the run cannot go on, once.
    pub(super) fn take_failure(&self) -> Option<Error> {
        self.failure.borrow_mut().take()
    }

    /// A host begins a life with these calls.
    pub(super) fn begin_life(&self, host: usize, calls: Arc<LiveCalls>) {
        if let Some(live) = self.live.borrow_mut().get_mut(host) {
            *live = Some(calls);
        }
    }

    /// A call is made.
    pub(super) fn begin(self: &Rc<Self>, call: usize, capture: Capture) -> Running {
        let made = Made {
            began: self.now(),
            ended: None,
            end: AttemptEnd::Unfinished,
            capture,
            task: None,
        };
        let mut calls = self.calls.borrow_mut();
        let attempts = &mut calls[call];
        attempts.push(made);
        Running {
            journal: self.clone(),
            call,
            number: attempts.len() - 1,
        }
    }

    /// A native task begins.
    pub(super) fn begin_native(self: &Rc<Self>) -> RunningNative {
        let (begun, running) = self.natives.get();
        self.natives.set((begun + 1, running + 1));
        RunningNative(self.clone())
    }

    /// How a call stands: none where it was never made.
    pub(super) fn last_end(&self, call: usize) -> Option<AttemptEnd> {
        let calls = self.calls.borrow();
        Some(calls.get(call)?.last()?.end.clone())
    }

    /// How many native tasks have begun, and how many of them run.
    pub(super) fn natives(&self) -> (usize, usize) {
        self.natives.get()
    }

    /// Something may have changed that the end of the run depends on.
    fn wake(&self) {
        let waker = self.waker.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whoever is to be woken when a call or a native task ends.
    pub(super) fn set_waker(&self, waker: &Waker) {
        self.waker.borrow_mut().replace(waker.clone());
    }

    /// The run is over.
    pub(super) fn close(&self) {
        self.is_over.set(true);
    }

    /// What became of the calls; nothing starts on the hosts of these places.
    pub(super) fn outcomes(&self, settings: &Settings, left_out: &[usize]) -> Vec<CallOutcome> {
        let names: Vec<&str> = settings.host_names().collect();
        let calls = self.calls.borrow();
        let placed = settings.calls.iter().zip(calls.iter());
        let outcome = |((host, call), attempts): (&(usize, super::Call), &Vec<Made>)| CallOutcome {
            host: names.get(*host).copied().unwrap_or_default().to_owned(),
            entry: call.entry.clone(),
            label: call.label().to_owned(),
            attempts: attempts.iter().map(Made::attempt).collect(),
            is_left_out: left_out.contains(host),
        };
        placed.map(outcome).collect()
    }

    /// Adds to a picture what the calls wrote, and how they ended.
    pub(super) fn draw(&self, settings: &Settings, picture: &mut Picture) {
        let calls = self.calls.borrow();
        let mut written = Vec::new();
        for ((host, call), attempts) in settings.calls.iter().zip(calls.iter()) {
            for made in attempts {
                let task = made.task.and_then(|number| picture.task(number));
                let (output, _) = made.capture.written();
                written.extend(output.into_iter().map(|chunk| (*host, task, chunk)));
                if let Some(ended) = made.ended {
                    let text = format!("{}: {}", call.label(), made.end);
                    picture.note(picture.start + ended, *host, task, &text);
                }
            }
        }
        // In order, each is added at the end.
        written.sort_by_key(|(_, _, chunk)| chunk.at);
        for (host, task, chunk) in written {
            let at = picture.start + chunk.at;
            let is_error = chunk.kind == OutputKind::Stderr;
            let text = String::from_utf8_lossy(&chunk.bytes);
            picture.write(at, host, task, is_error, &text);
        }
    }

    /// What guests are doing now.
    pub(super) fn waits(&self, settings: &Settings) -> Vec<GuestWait> {
        let live = self.live.borrow();
        // Clocks begin a second before the simulation does.
        let start = Duration::from_secs(1);
        let Ok(now) = self.handle.now() else {
            return Vec::new();
        };
        let hosts = settings.host_names().zip(live.iter());
        let waits = hosts.flat_map(|(host, calls)| {
            let reports = calls
                .as_ref()
                .map_or(Vec::new(), |calls| calls.reports(now));
            reports.into_iter().map(|report| GuestWait {
                host: host.to_owned(),
                entry: report.entry.to_string(),
                state: report.state,
                since: Duration::from_nanos(report.since.as_nanos()).saturating_sub(start),
            })
        });
        waits.collect()
    }
}

impl Made {
    fn attempt(&self) -> Attempt {
        let (output, dropped_output) = self.capture.written();
        Attempt {
            began: self.began,
            ended: self.ended,
            end: self.end.clone(),
            output,
            dropped_output,
        }
    }
}

impl Running {
    /// It begins only now.
    pub(super) fn set_began(&self) {
        let now = self.journal.now();
        self.change(|made| made.began = now);
    }

    /// It is made by the task that runs now.
    pub(super) fn set_task(&self) {
        let task = self.journal.handle.current_task().unwrap_or_default();
        self.change(|made| made.task = task);
    }

    /// It has ended.
    pub(super) fn end(self, end: AttemptEnd) {
        self.note(end);
    }

    fn note(&self, end: AttemptEnd) {
        let now = self.journal.now();
        self.change(|made| {
            if made.ended.is_none() {
                made.ended = Some(now);
                made.end = end;
            }
        });
        self.journal.wake();
    }

    fn change(&self, change: impl FnOnce(&mut Made)) {
        let mut calls = self.journal.calls.borrow_mut();
        if let Some(made) = calls[self.call].get_mut(self.number) {
            change(made);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.journal.is_over.get() {
            self.note(AttemptEnd::Crashed);
        }
    }
}

impl Drop for RunningNative {
    fn drop(&mut self) {
        let (begun, running) = self.0.natives.get();
        self.0.natives.set((begun, running - 1));
        self.0.wake();
    }
}
