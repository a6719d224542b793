//! The settings of a sweep over seeds.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use crate::sim::seeds::error::SweepError;
use crate::sim::seeds::failing_file;
use crate::sim::seeds::one_run::Runs;
use crate::sim::seeds::progress::{OnProgress, SweepProgress};
use crate::sim::seeds::report::SweepReport;
use crate::sim::seeds::seed_range::SeedRange;
use crate::sim::seeds::sweep::{Order, Sweep};

/// The variable of the environment that names one seed to run.
const ONE_SEED: &str = "WIPPY_SEED";
/// The one that names other seeds to run.
const OTHER_SEEDS: &str = "WIPPY_SEEDS";

/// Which seeds to run, and how. A run is a closure that is given a seed, makes a simulation of it on its
/// thread, and says with what it ended or why it failed.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::sim::Seeds;
/// use wippy_dispatcher::{Dispatcher, Error};
///
/// let report = Seeds::new(0..20).jobs(2).verify(true).run(|seed| {
///     let dispatcher = Dispatcher::simulated(seed)?;
///     let handle = dispatcher.handle();
///     let (mut one, mut other) = (Vec::new(), Vec::new());
///     for delays in [&mut one, &mut other] {
///         let before = handle.now()?;
///         dispatcher.block_on(handle.unblock(|| ()))??;
///         delays.push(handle.now()? - before);
///     }
///     Ok::<_, Error>(if one < other { "the first" } else { "the second" })
/// })?;
/// assert!(report.is_ok(), "{report}");
/// // Either job is the shorter one in some seeds.
/// assert_eq!(report.outcomes().count(), 2);
/// # Ok::<(), wippy_dispatcher::sim::SweepError>(())
/// ```
pub struct Seeds {
    range: SeedRange,
    jobs: usize,
    verify: bool,
    stop_after: u64,
    caught_panics_fail: bool,
    failing_file: Option<PathBuf>,
    progress: Option<OnProgress>,
}

impl Seeds {
    /// These seeds, one after the other on the calling thread.
    pub fn new(seeds: Range<u64>) -> Seeds {
        Seeds::of(SeedRange {
            first: seeds.start,
            count: seeds.end.saturating_sub(seeds.start),
        })
    }

    /// This seed alone.
    pub fn one(seed: u64) -> Seeds {
        Seeds::of(SeedRange {
            first: seed,
            count: 1,
        })
    }

    fn of(range: SeedRange) -> Seeds {
        Seeds {
            range,
            jobs: 1,
            verify: false,
            stop_after: u64::MAX,
            caught_panics_fail: true,
            failing_file: None,
            progress: None,
        }
    }

    /// On how many threads they run, at least one; with one, on the thread that calls
    /// [`run`](Seeds::run). Default 1. What is reported does not depend on it.
    pub fn jobs(mut self, threads: usize) -> Seeds {
        self.jobs = threads.max(1);
        self
    }

    /// Runs each seed twice and compares the traces of the simulated dispatchers that the run makes on its
    /// thread, and what it ends with. A difference is a failure, and so is a run that makes no simulation.
    pub fn verify(mut self, verify: bool) -> Seeds {
        self.verify = verify;
        self
    }

    /// Stops when so many have failed, at least one. Default: never.
    pub fn stop_after(mut self, failures: u64) -> Seeds {
        self.stop_after = failures.max(1);
        self
    }

    /// Whether a panic on the run's thread fails its seed also where it was caught within the run, such as that
    /// of a task which nobody awaits, or of a blocking job. Default true.
    pub fn caught_panics_fail(mut self, fail: bool) -> Seeds {
        self.caught_panics_fail = fail;
        self
    }

    /// A file of seeds that have failed, one a line with a comment behind a `#`. They run before the others,
    /// and new ones are added to it. A seed stays in it until somebody takes it out:
    /// [`SweepReport::passed_again`] names those that pass. A file that is not there has no seeds.
    pub fn failing_file(mut self, path: impl Into<PathBuf>) -> Seeds {
        self.failing_file = Some(path.into());
        self
    }

    /// Is called on the thread that calls [`run`](Seeds::run) after each seed, in their order.
    pub fn progress(mut self, report: impl FnMut(&SweepProgress) + 'static) -> Seeds {
        self.progress = Some(Box::new(report));
        self
    }

    /// Obeys the environment: `WIPPY_SEED=17` runs that seed alone, without the file of failing seeds, and
    /// `WIPPY_SEEDS=0..10000` other seeds.
    ///
    /// # Errors
    /// `Variable`.
    pub fn with_env(mut self) -> Result<Seeds, SweepError> {
        if let Some(range) = variable(OTHER_SEEDS)? {
            self.range = range;
        }
        if let Some(range) = variable(ONE_SEED)? {
            self.range = range;
            self.failing_file = None;
        }
        Ok(self)
    }

    /// Runs them. A panic of a run is a failure of its seed. Panics on a run's thread are in the report with
    /// their places, and printed only where backtraces are asked for (`RUST_BACKTRACE`); for this, the panic
    /// hook of the process is wrapped once.
    ///
    /// # Errors
    /// `Line`, `FileTooLarge` and `File` from the file of failing seeds, and nothing ran.
    pub fn run<T, E, F>(mut self, run: F) -> Result<SweepReport<T>, SweepError>
    where
        T: Ord + Send,
        E: fmt::Display,
        F: Fn(u64) -> Result<T, E> + Sync,
    {
        let known = match &self.failing_file {
            Some(path) => failing_file::read(path)?,
            None => Vec::new(),
        };
        let order = Order::new(known, self.range);
        let sweep = Sweep {
            jobs: self.jobs,
            stop_after: self.stop_after,
            order: &order,
        };
        let progress = self.progress.as_mut();
        let runs = Runs {
            run: &run,
            caught_panics_fail: self.caught_panics_fail,
        };
        let mut report = match self.verify {
            false => sweep.run(|seed| runs.once(seed), progress),
            true => sweep.run(|seed| runs.twice(seed), progress),
        };
        if let Some(path) = &self.failing_file {
            let failures = report.failures().iter();
            let new = failures.filter(|failure| !order.is_known(failure.seed));
            if let Err(error) = failing_file::append(path, new) {
                report.set_file_error(error);
            }
        }
        Ok(report)
    }
}

/// What a variable of the environment names; `None` where there is none.
fn variable(variable: &'static str) -> Result<Option<SeedRange>, SweepError> {
    let Some(value) = std::env::var_os(variable) else {
        return Ok(None);
    };
    let value = value.to_string_lossy().into_owned();
    let one = variable == ONE_SEED;
    let range = value.parse::<SeedRange>().ok();
    match range.filter(|_| !one || !value.contains("..")) {
        Some(range) => Ok(Some(range)),
        None => Err(SweepError::Variable {
            variable,
            value,
            should: match one {
                true => "it should be one seed, such as 17",
                false => "it should be a range of seeds, such as 0..1000, or one of them",
            },
        }),
    }
}

impl FromStr for Seeds {
    type Err = SweepError;

    /// One seed, such as `17`, or a range without its end, such as `0..100`.
    fn from_str(text: &str) -> Result<Seeds, SweepError> {
        Ok(Seeds::of(text.parse()?))
    }
}

impl fmt::Debug for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seeds")
            .field("first", &self.range.first)
            .field("count", &self.range.count)
            .field("jobs", &self.jobs)
            .field("verify", &self.verify)
            .field("stop_after", &self.stop_after)
            .field("caught_panics_fail", &self.caught_panics_fail)
            .field("failing_file", &self.failing_file)
            .finish_non_exhaustive()
    }
}
