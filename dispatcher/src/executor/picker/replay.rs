//! The task that a log prescribes.

use std::collections::BTreeMap;

use async_task::Runnable;

use crate::executor::meta::Meta;

/// The tasks that can run, by number.
#[derive(Default)]
pub(crate) struct Replay(BTreeMap<u64, Runnable<Meta>>);

impl Replay {
    /// The numbers of the tasks that can run.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.0.keys().copied()
    }

    pub(super) fn push(&mut self, runnable: Runnable<Meta>) {
        let number = runnable.metadata().id;
        let before = self.0.insert(number, runnable);
        debug_assert!(before.is_none(), "a task is runnable once");
    }

    /// Takes the task that the log prescribes. Where that one cannot run, takes another, whose record
    /// then differs from the log's, which ends the run.
    pub(super) fn pick(
        &mut self,
        recorded: impl FnOnce() -> Option<u64>,
    ) -> Option<Runnable<Meta>> {
        if self.0.is_empty() {
            return None;
        }
        let prescribed = recorded().and_then(|number| self.0.remove(&number));
        prescribed.or_else(|| self.pop())
    }

    pub(super) fn pop(&mut self) -> Option<Runnable<Meta>> {
        self.0.pop_first().map(|(_, runnable)| runnable)
    }
}
