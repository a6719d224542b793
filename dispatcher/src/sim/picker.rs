//! How a simulation chooses the next task: the settings.

use std::fmt;

/// Which of the tasks that can run goes next.
///
/// ```
/// use wippy_dispatcher::sim::Picker;
/// use wippy_dispatcher::{Dispatcher, Simulation};
///
/// let simulation = Simulation::new(7).picker(Picker::PriorityChange { depth: 3 });
/// let dispatcher = Dispatcher::builder().simulation(simulation).build()?;
/// let task = dispatcher.spawn(async { 1 })?;
/// assert_eq!(dispatcher.block_on(task)?, Ok(1));
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Picker {
    /// Any of them, each as likely as the others.
    #[default]
    Uniform,
    /// The one that has waited longest, as outside of simulations. Nothing is drawn.
    RoundRobin,
    /// The one of the highest priority (PCT). Each task draws its priority; at `depth - 1` picks, which
    /// the seed draws too, the task that would be next falls behind all others, and so does one that
    /// yields or wakes itself. This finds orders in which few switches at the right places matter more often
    /// than uniform choices do: one that needs `d` of them, among `k` picks of `n` tasks, with a probability of
    /// at least 1 / (n · k^(d-1)), if `depth` is `d` and `k` is known
    /// ([`Simulation::priority_change_steps`](crate::Simulation::priority_change_steps)).
    PriorityChange {
        /// One more than there are changes; 0 counts as 1, and more than 1,025 as 1,025.
        depth: u32,
    },
}

impl fmt::Display for Picker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Picker::Uniform => f.write_str("uniform"),
            Picker::RoundRobin => f.write_str("round robin"),
            Picker::PriorityChange { depth } => write!(f, "priority change of depth {depth}"),
        }
    }
}

impl fmt::Display for PickerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.steps {
            Some(steps) => write!(f, "{} among {steps} picks", self.picker),
            None => self.picker.fmt(f),
        }
    }
}

/// A picker and what it is made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct PickerSettings {
    pub(crate) picker: Picker,
    /// Among how many picks the changes of priorities are drawn; `None`: that is drawn too.
    pub(crate) steps: Option<u64>,
}
