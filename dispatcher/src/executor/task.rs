//! Spawning a task, and the owner's end of it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use async_task::{Builder, FallibleTask};

use crate::Error;
use crate::core::Core;
use crate::executor::meta::Meta;
use crate::handle::Handle;
use crate::sim::waits::task_notes::AwaitedBy;

impl Handle {
    /// Starts a task on this dispatcher, in a simulation on the handle's host. It runs at the next turn;
    /// dropping the [`Task`] cancels it, [`Task::detach`] lets it run on.
    ///
    /// # Errors
    /// `TooManyTasks`, `WrongThread`, `Closed`; in a simulation `HostDown` where the host has crashed since
    /// the handle was made.
    pub fn spawn<F>(&self, future: F) -> Result<Task<F::Output>, Error>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.start(None, future)
    }

    /// Starts a task as [`Handle::spawn`], with a name for the reports of a simulation. On the system the
    /// name is not kept.
    ///
    /// # Errors
    /// As [`Handle::spawn`].
    pub fn spawn_named<F>(&self, name: &str, future: F) -> Result<Task<F::Output>, Error>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.start(Some(name), future)
    }

    #[inline]
    fn start<F>(&self, name: Option<&str>, future: F) -> Result<Task<F::Output>, Error>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let core = self.core()?;
        let host = self.host();
        let simulated = core.driver.simulated();
        let (mut number, mut awaited_by) = (0, None);
        let (runnable, task) = core.executor.add(host, |id, key| {
            number = id;
            awaited_by = simulated.map(|it| it.spawned(key, id, host, core.clock.now(), name));
            let alive = Alive {
                core: core.clone(),
                key,
            };
            let shared = self.shared().clone();
            Builder::new()
                .metadata(Meta { id, key, host })
                .propagate_panic(true)
                .spawn_local(
                    move |_| async move {
                        let _alive = alive;
                        future.await
                    },
                    move |runnable| shared.schedule(runnable),
                )
        })?;
        self.shared().schedule_on(&core, runnable);
        Ok(Task {
            task: task.fallible(),
            number,
            awaited_by,
        })
    }
}

/// A task's entry among those alive, removed when its future is dropped. That happens on the dispatcher's thread, and
/// before the dispatcher has ended, so that the two do not keep each other.
struct Alive {
    core: Rc<Core>,
    key: usize,
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.core.executor.remove(self.key);
    }
}

/// The task was cancelled, because its dispatcher was dropped or its simulated host crashed before
/// the task ended.
///
/// ```
/// use wippy_dispatcher::{Cancelled, Dispatcher};
///
/// let (first, second) = (Dispatcher::new()?, Dispatcher::new()?);
/// let task = first.spawn(std::future::pending::<()>())?;
/// drop(first);
/// assert_eq!(second.block_on(task)?, Err(Cancelled));
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the task was cancelled")]
pub struct Cancelled;

/// A running task, as the future of its output. Dropping it cancels the task: its future is dropped at
/// the dispatcher's next turn.
///
/// # Errors
/// Awaiting it gives `Cancelled` when the dispatcher ended, or the task's simulated host crashed, before
/// the task did.
///
/// # Panics
/// Awaiting it panics with the task's own payload when the task panicked.
///
/// ```
/// use wippy_dispatcher::Dispatcher;
///
/// let dispatcher = Dispatcher::new()?;
/// let task = dispatcher.spawn(std::future::pending::<()>())?;
/// assert_eq!(dispatcher.block_on(task.cancel())?, None);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[must_use = "dropping a task cancels it; detach() lets it run on"]
pub struct Task<T> {
    task: FallibleTask<T, Meta>,
    number: u64,
    /// In a simulation.
    awaited_by: Option<AwaitedBy>,
}

impl<T> Task<T> {
    /// Its number among the tasks of its dispatcher, from 0 in the order of their spawning: the one that a
    /// simulation's trace and reports name.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Lets the task run on without an owner.
    pub fn detach(self) {
        if let Some(awaited_by) = &self.awaited_by {
            awaited_by.clear();
        }
        self.task.detach();
    }

    /// Cancels the task and waits until its future is dropped. Gives the output if the task had
    /// finished before.
    pub async fn cancel(self) -> Option<T> {
        self.task.cancel().await
    }

    /// Whether the task has an output.
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, Cancelled>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Cancelled>> {
        if let Some(awaited_by) = &self.awaited_by {
            awaited_by.set(cx.waker());
        }
        Pin::new(&mut self.task)
            .poll(cx)
            .map(|output| output.ok_or(Cancelled))
    }
}
