//! What a turn may do, and what it did.

use std::time::Duration;

use crate::time::clock::{Clock, Instant};

/// What a turn did, and what is next.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::Dispatcher;
///
/// let dispatcher = Dispatcher::new()?;
/// dispatcher.spawn(async {})?.detach();
/// let turn = dispatcher.turn(Some(Duration::ZERO))?;
/// assert_eq!((turn.ran, turn.runnable), (1, 0));
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// How many task runs it did.
    pub ran: usize,
    /// How many tasks could run right now; above zero, the next turn should follow at once.
    pub runnable: usize,
    /// The earliest armed deadline.
    pub next_deadline: Option<Instant>,
}

/// How long a turn may run tasks, and how often: for hosts that have other work in the same thread,
/// such as a frame to draw.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::{Dispatcher, TurnBudget};
///
/// let dispatcher = Dispatcher::new()?;
/// let handle = dispatcher.handle();
/// let busy = async move {
///     loop {
///         handle.yield_now().await.unwrap();
///     }
/// };
/// let _busy = dispatcher.spawn(busy)?;
/// let budget = TurnBudget::new(Duration::from_secs(60)).tasks(10);
/// let turn = dispatcher.turn_within(budget, Some(Duration::ZERO))?;
/// assert_eq!((turn.ran, turn.runnable), (10, 1));
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TurnBudget {
    pub(crate) time: Duration,
    pub(crate) tasks: usize,
}

impl TurnBudget {
    /// So much time for running tasks, from the end of the turn's wait. However short it is, one task
    /// runs if one can.
    pub fn new(time: Duration) -> TurnBudget {
        TurnBudget {
            time,
            tasks: usize::MAX,
        }
    }

    /// So many task runs at most, at least one. Without a bound otherwise.
    pub fn tasks(mut self, runs: usize) -> TurnBudget {
        self.tasks = runs.max(1);
        self
    }
}

/// How long a step runs tasks.
pub(crate) struct RunLimit {
    /// The most task runs of the step.
    pub(crate) tasks: usize,
    time: Option<Duration>,
    /// Since the first step's wait has ended.
    until: Option<Instant>,
}

impl RunLimit {
    pub(crate) fn tasks(tasks: usize) -> RunLimit {
        RunLimit {
            tasks,
            time: None,
            until: None,
        }
    }

    pub(crate) fn within(budget: TurnBudget) -> RunLimit {
        RunLimit {
            time: Some(budget.time),
            ..RunLimit::tasks(budget.tasks)
        }
    }

    /// Tasks run from now on.
    pub(crate) fn begin(&mut self, clock: &Clock) {
        if let (Some(time), None) = (self.time, self.until) {
            self.until = Some(clock.now() + time);
        }
    }

    pub(crate) fn is_over(&self, clock: &Clock) -> bool {
        self.until.is_some_and(|until| clock.now() >= until)
    }
}
