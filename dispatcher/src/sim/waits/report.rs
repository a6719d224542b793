//! What every task of a simulation waits for, as a report.

use std::fmt;

use crate::sim::waits::wait_for::WaitFor;
use crate::time::instant::Instant;

/// How many tasks are displayed.
const LISTED_TASKS: usize = 50;
/// How many tasks are named as those that ran most.
const BUSIEST: usize = 3;

/// What every task of a simulation waits for at one moment: [`Dispatcher::waits`](crate::Dispatcher::waits), and
/// a part of the errors with which a simulation ends. Displayed, it has a line for each of the first 50
/// tasks.
///
/// ```
/// use wippy_dispatcher::{Dispatcher, Error, Event};
///
/// let dispatcher = Dispatcher::simulated(1)?;
/// let event = Event::new(&dispatcher.handle())?;
/// let never_set = event.clone();
/// let task = dispatcher.handle().spawn_named("a waiter", async move {
///     never_set.wait().await
/// })?;
/// let Err(Error::Deadlock(waits)) = dispatcher.block_on(task) else {
///     panic!("nobody sets the event");
/// };
/// assert_eq!(
///     waits.to_string(),
///     "block_on waits since 1.000000000 s for task 0\n\
///      task 0 \"a waiter\" on default waits since 1.000000000 s for an event"
/// );
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waits {
    pub(super) now: Instant,
    pub(super) tasks: Vec<TaskWait>,
    pub(super) others: Vec<WaitFor>,
    pub(super) more_others: usize,
}

/// One task, and what it waits for. Displayed, it is a line, and another one for its description.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TaskWait {
    /// Its number in the trace; none for the future of `block_on`.
    pub task: Option<u64>,
    /// The host on which it runs.
    pub host: String,
    /// The name that it was started with ([`Handle::spawn_named`](crate::Handle::spawn_named)).
    pub name: Option<String>,
    /// Whether it waits.
    pub state: TaskState,
    /// When it last ran, in virtual time; for one that has not run, when it was started. A task that was
    /// woken and went on waiting has run.
    pub since: Instant,
    /// How often it has run.
    pub runs: u64,
    /// How often since virtual time last moved.
    pub stalled_runs: u64,
    /// The first eight things that it waits for. Nothing where only wakers of the program's own can wake it:
    /// channels and the like.
    pub waits_for: Vec<WaitFor>,
    /// How many more.
    pub more: usize,
    /// What the program says of it ([`Handle::describe_waits`](crate::Handle::describe_waits)).
    pub description: Option<String>,
}

/// Whether a task waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TaskState {
    /// It runs at this moment.
    Running,
    /// It can run.
    Runnable,
    /// It could run, but its host is paused.
    Held,
    /// It waits.
    Waiting,
}

impl Waits {
    /// The virtual time of the report.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The future of `block_on`, if there is one, and the tasks in the order of their numbers.
    pub fn tasks(&self) -> &[TaskWait] {
        &self.tasks
    }

    /// The first eight things that are waited for with wakers that belong to no task, as far as is known.
    pub fn others(&self) -> &[WaitFor] {
        &self.others
    }

    /// How many tasks there are, without the future of `block_on`.
    pub(crate) fn count(&self) -> usize {
        self.tasks.iter().filter(|wait| wait.task.is_some()).count()
    }

    /// Those that ran most, by what `runs` says, as a text behind "the most by".
    pub(crate) fn busiest(&self, runs: impl Fn(&TaskWait) -> u64) -> String {
        let mut busiest: Vec<&TaskWait> = self.tasks.iter().collect();
        busiest.sort_by_key(|wait| std::cmp::Reverse(runs(wait)));
        let lines = busiest.iter().take(BUSIEST);
        let texts = lines.map(|wait| format!("{} ({})", Subject(wait), runs(wait)));
        match busiest.is_empty() {
            true => "tasks that have ended".to_owned(),
            false => texts.collect::<Vec<_>>().join(", "),
        }
    }
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tasks.is_empty() {
            f.write_str("there are no tasks")?;
        }
        for (number, task) in self.tasks.iter().take(LISTED_TASKS).enumerate() {
            let before = if number == 0 { "" } else { "\n" };
            write!(f, "{before}{task}")?;
        }
        if self.tasks.len() > LISTED_TASKS {
            write!(f, "\nand {} more tasks", self.tasks.len() - LISTED_TASKS)?;
        }
        for other in &self.others {
            write!(f, "\na waker of no task known waits for {other}")?;
        }
        match self.more_others {
            0 => Ok(()),
            more => write!(f, "\nand {more} more such wakers"),
        }
    }
}

impl fmt::Display for TaskWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Subject(self))?;
        match self.state {
            TaskState::Running => f.write_str(" runs")?,
            TaskState::Runnable => f.write_str(" can run")?,
            TaskState::Held => f.write_str(" is held by the pause of its host")?,
            TaskState::Waiting => {
                write!(f, " waits since {} for ", self.since)?;
                if self.waits_for.is_empty() {
                    f.write_str("a waker of the program's own, such as a channel")?;
                }
                for (number, wait) in self.waits_for.iter().enumerate() {
                    let before = if number == 0 { "" } else { ", " };
                    write!(f, "{before}{wait}")?;
                }
                if self.more > 0 {
                    write!(f, " and {} more", self.more)?;
                }
            }
        }
        match &self.description {
            Some(description) => write!(f, "\n    {description}"),
            None => Ok(()),
        }
    }
}

/// Which task it is.
struct Subject<'a>(&'a TaskWait);

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(number) = self.0.task else {
            return f.write_str("block_on");
        };
        write!(f, "task {number}")?;
        if let Some(name) = &self.0.name {
            write!(f, " {name:?}")?;
        }
        write!(f, " on {}", self.0.host)
    }
}
