//! Where the order of tasks is not first in, first out.

use std::fmt;
use std::str::FromStr;

use super::invalid_edit::InvalidEdit;

/// One run of a task that is put off: others that became able to run after it run before it. Its text is
/// `switch:4.7` or `switch:4.7:2.3`: task 4, which has run 7 times before, is put off, in the second form until task
/// 2 has begun the run before which it had run 3 times.
///
/// ```
/// use wippy_dispatcher::sim::Switch;
///
/// let switch: Switch = "switch:4.7:2.3".parse()?;
/// assert_eq!(switch, Switch { task: 4, run: 7, until: Some((2, 3)) });
/// # Ok::<(), wippy_dispatcher::sim::InvalidEdit>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Switch {
    /// The task's number.
    pub task: u64,
    /// How often it has run before.
    pub run: u64,
    /// Until this task's run of this number; `None`: until no other task can run. It waits no longer than that in any case.
    pub until: Option<(u64, u64)>,
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "switch:{}.{}", self.task, self.run)?;
        match self.until {
            Some((task, run)) => write!(f, ":{task}.{run}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Switch {
    type Err = InvalidEdit;

    fn from_str(text: &str) -> Result<Switch, InvalidEdit> {
        parsed(text).ok_or_else(|| {
            InvalidEdit::new(
                text,
                "expected a switch, such as switch:4.7 or switch:4.7:2.3",
            )
        })
    }
}

fn parsed(text: &str) -> Option<Switch> {
    let run = |text: &str| {
        let (task, run) = text.split_once('.')?;
        Some((task.parse().ok()?, run.parse().ok()?))
    };
    let rest = text.strip_prefix("switch:")?;
    let (which, until) = match rest.split_once(':') {
        Some((which, until)) => (which, Some(run(until)?)),
        None => (rest, None),
    };
    let (task, run) = run(which)?;
    Some(Switch { task, run, until })
}
