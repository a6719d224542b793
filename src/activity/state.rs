//! Where a call is between its beginning and its end.

use std::fmt;

use super::wait::Wait;

/// Where a call is between its beginning and its end.
///
/// ```
/// use wippy::activity::{CallState, Wait};
///
/// let state = CallState::Parked(Wait::File);
/// assert_eq!(state.name(), "parked");
/// assert_eq!(state.to_string(), "parked: waits for a file operation");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CallState {
    /// Its module is read, compiled or linked.
    Loading,
    /// It waits for a place in its entry's pool.
    Queued,
    /// It waits for an instance: all that the program may have are in use.
    WaitsForInstance,
    /// What its guest is given is made ready: variables, directories, certificates; or it is on its way
    /// to another thread.
    Starting,
    /// Its guest runs or can run.
    Running,
    /// Its guest waits.
    Parked(Wait),
    /// Its guest has ended, and what it handed over is delivered.
    Delivering,
    /// It is a live instance that runs no call; since when the last one began.
    Idle,
}

impl CallState {
    /// All names, in the order in which a call goes through them.
    pub(crate) const NAMES: [&str; 8] = [
        "loading",
        "queued",
        "waits-for-instance",
        "starting",
        "running",
        "parked",
        "delivering",
        "idle",
    ];

    /// Its place among [`CallState::NAMES`].
    pub(crate) fn index(&self) -> usize {
        match self {
            CallState::Loading => 0,
            CallState::Queued => 1,
            CallState::WaitsForInstance => 2,
            CallState::Starting => 3,
            CallState::Running => 4,
            CallState::Parked(_) => 5,
            CallState::Delivering => 6,
            CallState::Idle => 7,
        }
    }

    /// A word for it, as metrics have it in labels.
    pub fn name(&self) -> &'static str {
        CallState::NAMES[self.index()]
    }
}

impl fmt::Display for CallState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallState::Parked(wait) => write!(f, "parked: waits for {wait}"),
            CallState::WaitsForInstance => f.write_str("waits for an instance"),
            state => f.write_str(state.name()),
        }
    }
}
