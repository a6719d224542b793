//! What is shrunk, and how far.

use std::fmt;

use super::error::ShrinkError;
use super::progress::{OnProgress, ShrinkProgress};
use super::search::Search;
use super::shrunk::Shrunk;
use super::trial::Trial;
use crate::sim::edits::Edits;

/// How many runs there are, where nothing is said.
const BUDGET: u64 = 2_000;

/// Makes a failing run smaller: it takes out faults, then the switches between tasks that are not first in, first out,
/// then parts that the program offers, and cuts the run where it has failed. What is left fails in the same
/// way, and none of its faults and switches can be taken out alone. The same run shrinks to the same one.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::net::UdpSocket;
/// use wippy_dispatcher::sim::{Link, Shrink, Trial};
/// use wippy_dispatcher::{Dispatcher, Error, Simulation};
///
/// // Ten datagrams are sent, and all have to arrive.
/// fn run(trial: &Trial) -> Result<u32, Error> {
///     let link = Link::new().loss(0.2).jitter(Duration::from_millis(1));
///     let settings = Simulation::new(trial.seed()).host("a", []).host("b", []).default_link(link);
///     let dispatcher = Dispatcher::builder().simulation(trial.set(settings)).build()?;
///     let (a, b) = (dispatcher.host("a")?.handle(), dispatcher.host("b")?.handle());
///     let receiver = UdpSocket::bound(&b, ([10, 0, 0, 3], 7).into())?;
///     let sender = UdpSocket::bound(&a, ([10, 0, 0, 2], 7).into())?;
///     for _ in 0..10 {
///         sender.try_send(b"ping", Some(([10, 0, 0, 3], 7).into()))?;
///     }
///     dispatcher.block_on(dispatcher.handle().sleep(Duration::from_secs(1)))??;
///     let mut received = 0;
///     while receiver.try_recv(&mut [0; 4]).is_ok() {
///         received += 1;
///     }
///     Ok(received)
/// }
///
/// // One that is cut before its end does not fail in this way.
/// let fails = |trial: &Trial| (run(trial).ok()? < 10).then_some("too few");
/// let shrunk = Shrink::new(3).run(fails)?;
/// assert_eq!(shrunk.faults.len(), 1);
/// assert!(shrunk.is_minimal, "{shrunk}");
/// # Ok::<(), wippy_dispatcher::sim::ShrinkError>(())
/// ```
#[must_use = "nothing is run before `run`"]
pub struct Shrink<'a> {
    seed: u64,
    edits: Edits,
    parts: Vec<String>,
    budget: u64,
    progress: Option<OnProgress<'a>>,
}

impl<'a> Shrink<'a> {
    /// The run of a seed.
    pub fn new(seed: u64) -> Shrink<'a> {
        Shrink {
            seed,
            edits: Edits::new(),
            parts: Vec::new(),
            budget: BUDGET,
            progress: None,
        }
    }

    /// The run has edits already.
    pub fn edits(mut self, edits: Edits) -> Shrink<'a> {
        self.edits = edits;
        self
    }

    /// Parts of the program's own that may be left out, tried in this order: [`Edits::leave_out`].
    pub fn parts(mut self, parts: impl IntoIterator<Item = String>) -> Shrink<'a> {
        self.parts = parts.into_iter().collect();
        self
    }

    /// How many runs there may be. Default 2,000. Three are made in any case: two at the beginning and one at the end.
    pub fn budget(mut self, runs: u64) -> Shrink<'a> {
        self.budget = runs;
        self
    }

    /// Has a function called after each run.
    pub fn progress(mut self, progress: impl FnMut(&ShrinkProgress) + 'a) -> Shrink<'a> {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Shrinks. `run` makes a run whose dispatcher has the settings of [`Trial::set`], and says how it fails; `None`: it
    /// does not. Runs that fail in equal ways fail in the same way: say what is wrong, not when. The dispatcher has to
    /// be dropped when it returns.
    ///
    /// # Errors
    /// See [`ShrinkError`].
    pub fn run<K: PartialEq>(
        self,
        run: impl FnMut(&Trial) -> Option<K>,
    ) -> Result<Shrunk<K>, ShrinkError> {
        let search = Search::begin(self.seed, self.edits, self.budget, self.progress, run)?;
        search.finish(self.parts)
    }
}

impl fmt::Debug for Shrink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shrink")
            .field("seed", &self.seed)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}
