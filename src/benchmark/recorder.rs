//! What is noted of calls while they are made.

use std::time::Duration;

use wippy_dispatcher::Instant;

use super::distribution::Recording;
use super::error::BenchmarkError;
use super::failures::{Failure, Failures};
use super::nanoseconds::whole;
use super::round::{ROUNDS, Round};
use super::settings::Length;
use super::usage::processor_time;

/// Notes the calls that end while it measures: from the end of the first call after the warm-up on, so that
/// rounds begin and end with calls and hold whole ones.
pub(super) struct Recorder {
    length: Length,
    warm_until: Instant,
    has_processor_time: bool,
    /// Since when it measures.
    begun: Option<Instant>,
    over: bool,
    current: Current,
    /// Memory for rounds to come, so that a measurement takes none.
    spare: Vec<Recording>,
    closed: Vec<Closed>,
    /// How many ends of rounds have passed.
    passed: u128,
    failures: Failures,
    ended: u64,
}

/// The round that goes on.
struct Current {
    begun: Instant,
    last: Instant,
    processor: Duration,
    failures: u64,
    latencies: Recording,
}

/// A round that has ended.
struct Closed {
    duration: Duration,
    processor: Option<Duration>,
    failures: u64,
    latencies: Recording,
}

impl Recorder {
    /// Measures after the warm-up; at once, where there is none.
    ///
    /// # Errors
    /// Those of a [`Recording`].
    pub(super) fn new(
        length: Length,
        now: Instant,
        warm_up: Duration,
        has_processor_time: bool,
    ) -> Result<Recorder, BenchmarkError> {
        let spare: Result<Vec<_>, _> = (0..ROUNDS).map(|_| Recording::new()).collect();
        let mut recorder = Recorder {
            length,
            warm_until: now + warm_up,
            has_processor_time,
            begun: None,
            over: false,
            current: Current {
                begun: now,
                last: now,
                processor: Duration::ZERO,
                failures: 0,
                latencies: Recording::new()?,
            },
            spare: spare?,
            closed: Vec::with_capacity(ROUNDS as usize),
            passed: 0,
            failures: Failures::default(),
            ended: 0,
        };
        if warm_up.is_zero() {
            recorder.begin(now);
        }
        Ok(recorder)
    }

    /// Since when it measures.
    pub(super) fn begun(&self) -> Option<Instant> {
        self.begun
    }

    /// All is measured.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// When the measurement is over at the latest, if that is known.
    pub(super) fn end(&self) -> Option<Instant> {
        match self.length {
            Length::Time(time) => self.begun.map(|begun| begun + time),
            Length::Calls(_) => None,
        }
    }

    /// A call ended that was due at an instant.
    pub(super) fn ended(&mut self, due: Instant, now: Instant, result: Result<(), Failure>) {
        if self.over {
            return;
        }
        let Some(begun) = self.begun else {
            if now >= self.warm_until {
                self.begin(now);
            }
            return;
        };
        self.ended += 1;
        self.current.last = now;
        match result {
            Ok(()) => self.current.latencies.record(now - due),
            Err(failure) => {
                self.current.failures += 1;
                self.failures.add(failure);
            }
        }
        let passed = self.boundaries_passed(begun, now);
        self.over = passed >= u128::from(ROUNDS);
        // Calls may be longer than rounds; then there are fewer.
        if passed > self.passed {
            self.passed = passed;
            self.close(now);
        }
    }

    /// How many ends of rounds have passed by now.
    fn boundaries_passed(&self, begun: Instant, now: Instant) -> u128 {
        let (part, whole) = match self.length {
            Length::Time(time) => ((now - begun).as_nanos(), time.as_nanos()),
            Length::Calls(calls) => (u128::from(self.ended), u128::from(calls)),
        };
        part * u128::from(ROUNDS) / whole.max(1)
    }

    fn begin(&mut self, now: Instant) {
        self.begun = Some(now);
        self.current.begun = now;
        self.current.last = now;
        self.current.processor = self.processor_time();
    }

    fn processor_time(&self) -> Duration {
        match self.has_processor_time {
            true => processor_time(),
            false => Duration::ZERO,
        }
    }

    /// Ends the round. What takes time is left for later.
    fn close(&mut self, now: Instant) {
        let Ok(latencies) = self.spare.pop().map_or_else(Recording::new, Ok) else {
            return;
        };
        let next = Current {
            begun: now,
            last: now,
            processor: self.processor_time(),
            failures: 0,
            latencies,
        };
        let used = next.processor.saturating_sub(self.current.processor);
        let ended = std::mem::replace(&mut self.current, next);
        self.closed.push(Closed {
            duration: now - ended.begun,
            processor: self.has_processor_time.then_some(used),
            failures: ended.failures,
            latencies: ended.latencies,
        });
    }

    /// The rounds, and the failures of all of them. Of a round that did not end what came until its last
    /// call.
    pub(super) fn finish(&mut self) -> (Vec<Round>, Failures) {
        let last = self.current.last;
        if !self.over && self.begun.is_some() && last > self.current.begun {
            self.close(last);
        }
        self.over = true;
        let rounds = self.closed.drain(..).map(|closed| Round {
            duration: closed.duration,
            processor: closed.processor.map(whole),
            failures: closed.failures,
            latencies: closed.latencies.finish(),
        });
        (rounds.collect(), std::mem::take(&mut self.failures))
    }
}
