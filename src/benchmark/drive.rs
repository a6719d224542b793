//! The loops that make the calls.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wippy_dispatcher::{Event, Handle, Instant};

use super::callee::Callee;
use super::error::BenchmarkError;
use super::failures::{Failure, Failures};
use super::recorder::Recorder;
use super::round::Round;
use super::schedule::Schedule;
use super::settings::{Length, Load, Settings};
use crate::runtime::Instance;
use crate::select::{Either, select};

/// What came of the calls.
pub(super) struct Driven {
    pub(super) rounds: Vec<Round>,
    pub(super) failures: Failures,
    pub(super) late: u64,
    pub(super) given_up: u64,
    pub(super) not_begun: u64,
    /// Calls that had not ended when the measurement was given up.
    pub(super) unfinished: u64,
}

/// What the lanes have in common.
struct Shared {
    handle: Handle,
    callee: Callee,
    recorder: RefCell<Recorder>,
    schedule: Option<RefCell<Schedule>>,
    in_flight: Cell<u64>,
    /// All is measured, or a lane has ended.
    over: Event,
    /// The measurement has begun.
    begun: Event,
}

/// Makes the calls until all is measured, or `stop` is set. Calls that go on then are dropped.
///
/// # Errors
/// `FirstCall` where a live instance cannot be made; `Dispatcher`.
pub(super) async fn drive(
    handle: &Handle,
    callee: Callee,
    settings: &Settings,
    stop: Option<&Event>,
) -> Result<Driven, BenchmarkError> {
    let mut instances = Vec::new();
    for _ in 0..settings.load.concurrency() {
        instances.push(callee.instance().await?);
    }
    let now = handle.now()?;
    let recorder = Recorder::new(
        settings.length,
        now,
        settings.warm_up,
        !settings.is_simulated,
    )?;
    let schedule = match settings.load {
        Load::Closed { .. } => None,
        Load::Open { rate, .. } => Some(RefCell::new(Schedule::new(rate))),
    };
    let shared = Rc::new(Shared {
        handle: handle.clone(),
        callee,
        schedule,
        in_flight: Cell::new(0),
        over: Event::new(handle)?,
        begun: Event::new(handle)?,
        recorder: RefCell::new(recorder),
    });
    if settings.warm_up.is_zero() {
        shared.begun.set();
    }
    let mut lanes = Vec::new();
    for instance in instances {
        let shared = shared.clone();
        lanes.push(handle.spawn(async move {
            let ended = shared.run_lane(instance.as_ref()).await;
            if ended.is_err() {
                shared.over.set();
            }
            ended
        })?);
    }
    let stopped = async {
        match stop {
            Some(stop) => stop.wait().await,
            None => std::future::pending().await,
        }
    };
    let finished = select(shared.over.wait(), shared.until_given_up(settings.length));
    match select(finished, stopped).await {
        Either::Left(Either::Left(result) | Either::Right(result)) | Either::Right(result) => {
            result?;
        }
    }
    let now = handle.now()?;
    let driven = shared.finish(now);
    for lane in lanes {
        // Whoever still calls is dropped with its call.
        if lane.is_finished()
            && let Ok(ended) = lane.await
        {
            ended?;
        }
    }
    Ok(driven)
}

impl Shared {
    async fn run_lane(&self, instance: Option<&Instance>) -> Result<(), wippy_dispatcher::Error> {
        while !self.is_over() {
            let now = self.handle.now()?;
            let due = match &self.schedule {
                None => now,
                Some(schedule) => schedule.borrow_mut().take(now),
            };
            if due > now {
                self.handle.sleep_until(due).await?;
            }
            self.in_flight.set(self.in_flight.get() + 1);
            let result = self.callee.call(instance).await;
            self.in_flight.set(self.in_flight.get() - 1);
            self.ended(due, self.handle.now()?, result.map_err(Into::into));
        }
        Ok(())
    }

    fn ended(&self, due: Instant, now: Instant, result: Result<(), Failure>) {
        let mut recorder = self.recorder.borrow_mut();
        let had_begun = recorder.begun().is_some();
        recorder.ended(due, now, result);
        if !had_begun && recorder.begun().is_some() {
            self.begun.set();
            if let Some(schedule) = &self.schedule {
                schedule.borrow_mut().reset_counts();
            }
        }
        if recorder.is_over() {
            self.over.set();
        }
    }

    fn is_over(&self) -> bool {
        self.recorder.borrow().is_over()
    }

    /// Waits for as long again as is measured: a call that has not ended by then is given up. Calls that are
    /// counted are waited for.
    async fn until_given_up(&self, length: Length) -> Result<(), wippy_dispatcher::Error> {
        let Length::Time(time) = length else {
            return std::future::pending().await;
        };
        self.begun.wait().await?;
        let end = self.recorder.borrow().end();
        let end = end.unwrap_or(Instant::NEVER) + time;
        self.handle.sleep_until(end).await
    }

    fn finish(&self, now: Instant) -> Driven {
        let mut recorder = self.recorder.borrow_mut();
        let is_whole = recorder.is_over();
        let (rounds, failures) = recorder.finish();
        let schedule = self.schedule.as_ref().map(RefCell::borrow);
        let of_schedule = |count: fn(&Schedule) -> u64| schedule.as_ref().map_or(0, |it| count(it));
        Driven {
            rounds,
            failures,
            late: of_schedule(|schedule| schedule.late),
            given_up: of_schedule(|schedule| schedule.given_up),
            not_begun: schedule.as_ref().map_or(0, |it| it.queued(now)),
            unfinished: if is_whole { 0 } else { self.in_flight.get() },
        }
    }
}
