//! Whose a job is.

/// Whose a job is. A lane is fair between groups, and within a group between its members; the
/// numbers mean nothing else.
///
/// ```
/// use wippy_dispatcher::{Dispatcher, Flow};
///
/// let dispatcher = Dispatcher::new()?;
/// let lane = dispatcher.handle().lane(4, 100);
/// let flow = Flow { group: 1, member: 7 };
/// assert_eq!(dispatcher.block_on(lane.unblock_for(flow, || 6 * 7))??, 42);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Flow {
    /// The group.
    pub group: u64,
    /// The member of that group.
    pub member: u64,
}
