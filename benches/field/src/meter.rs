//! One measurement of a row: a warm-up, then samples until its time is over.

use std::time::Duration;

use wippy_report::{Round, Samples, Scale};

use crate::clock;

/// How long a row is warmed up and measured.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub warm: Duration,
    pub measure: Duration,
}

/// Takes samples. Those of the warm-up do not count.
#[derive(Debug)]
pub struct Meter {
    warm_until: u64,
    until: u64,
    is_warm: bool,
    samples: Samples,
    operations: u64,
    early: u64,
    wall: u64,
    processor: u64,
    /// Processor time of helpers, which is not the contender's.
    helper: Box<dyn HelperTime>,
}

/// The processor time of a thread that helps to measure.
pub trait HelperTime: std::fmt::Debug {
    /// In nanoseconds, since it began.
    fn processor(&self) -> u64;
}

/// There is none.
#[derive(Debug)]
pub struct NoHelper;

impl HelperTime for NoHelper {
    fn processor(&self) -> u64 {
        0
    }
}

impl Meter {
    /// One whose warm-up begins now, for samples of single operations.
    pub fn start(budget: Budget) -> Meter {
        Meter::with(budget, Scale::Nanoseconds, Box::new(NoHelper))
    }

    /// For samples that are means over many operations.
    pub fn of_batches(budget: Budget) -> Meter {
        Meter::with(budget, Scale::Picoseconds, Box::new(NoHelper))
    }

    /// With a helper, whose processor time is subtracted.
    pub fn beside(budget: Budget, helper: Box<dyn HelperTime>) -> Meter {
        Meter::with(budget, Scale::Nanoseconds, helper)
    }

    fn with(budget: Budget, scale: Scale, helper: Box<dyn HelperTime>) -> Meter {
        let now = clock::now();
        let warm_until = now + budget.warm.as_nanos() as u64;
        Meter {
            warm_until,
            until: warm_until + budget.measure.as_nanos() as u64,
            is_warm: false,
            samples: Samples::new(scale),
            operations: 0,
            early: 0,
            wall: now,
            processor: clock::processor().saturating_sub(helper.processor()),
            helper,
        }
    }

    /// Whether another operation is to be done. It ends the warm-up at its time, and there is at least one operation after it.
    pub fn goes_on(&mut self) -> bool {
        let now = clock::now();
        if !self.is_warm && now >= self.warm_until {
            self.begin(now);
        }
        now < self.until || self.operations == 0
    }

    /// When the time is over.
    pub fn until(&self) -> u64 {
        self.until
    }

    /// Ends the warm-up: what was measured is forgotten.
    fn begin(&mut self, now: u64) {
        self.is_warm = true;
        self.samples = Samples::new(self.samples.scale());
        self.operations = 0;
        self.early = 0;
        self.wall = now;
        self.processor = clock::processor().saturating_sub(self.helper.processor());
    }

    /// An operation took so long.
    pub fn record(&mut self, nanos: u64) {
        self.samples
            .record(nanos * self.samples.scale().per_nanosecond());
        self.operations += 1;
    }

    /// Something that was to happen at `deadline` has happened now.
    pub fn record_late(&mut self, deadline: u64) {
        let now = clock::now();
        if now < deadline {
            self.early += 1;
        }
        self.record(now.saturating_sub(deadline));
    }

    /// So many operations took so long together; the sample is their mean.
    pub fn record_batch(&mut self, nanos: u64, operations: u64) {
        let units = nanos * self.samples.scale().per_nanosecond();
        self.samples.record(units / operations.max(1));
        self.operations += operations;
    }

    /// What was measured.
    pub fn finish(self) -> Round {
        let processor = clock::processor().saturating_sub(self.helper.processor());
        Round {
            processor: processor.saturating_sub(self.processor),
            wall: clock::now().saturating_sub(self.wall),
            samples: self.samples,
            operations: self.operations,
            early: self.early,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warm_up_does_not_count() {
        let mut meter = Meter::start(Budget {
            warm: Duration::from_micros(200),
            measure: Duration::ZERO,
        });
        while !meter.is_warm {
            assert!(meter.goes_on());
            meter.record(7);
        }
        // One operation after the warm-up, though its time is over.
        assert!(meter.samples.len() <= 1);
        while meter.goes_on() {
            meter.record(9);
        }
        let round = meter.finish();
        assert_eq!(round.operations, 1);
        assert!(round.wall < 200_000_000);
    }

    #[test]
    fn an_early_end_is_counted_and_late_by_nothing() {
        let mut meter = Meter::start(Budget {
            warm: Duration::ZERO,
            measure: Duration::ZERO,
        });
        assert!(meter.goes_on());
        meter.record_late(clock::now() + 1_000_000_000);
        let round = meter.finish();
        assert_eq!((round.early, round.samples.max()), (1, Some(0.0)));
    }

    #[test]
    fn a_batch_counts_its_operations_and_keeps_fractions() {
        let mut meter = Meter::of_batches(Budget {
            warm: Duration::ZERO,
            measure: Duration::ZERO,
        });
        assert!(meter.goes_on());
        meter.record_batch(1_500, 1_000);
        let round = meter.finish();
        assert_eq!(round.operations, 1_000);
        assert_eq!(round.samples.quantile(0.5), Some(1.5));
    }
}
