//! How other threads reach a dispatcher.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::Error;
use crate::handle::Handle;
use crate::shared::{Message, Shared};
use crate::sim::host_key::HostKey;

/// Starts tasks on a dispatcher and wakes it, from any thread.
///
/// ```
/// use std::sync::mpsc;
/// use wippy_dispatcher::Dispatcher;
///
/// let dispatcher = Dispatcher::new()?;
/// let remote = dispatcher.remote();
/// let (sender, receiver) = mpsc::channel();
/// let thread = std::thread::spawn(move || {
///     remote.spawn(move |_| async move { sender.send(42).expect("it waits") })
/// });
/// thread.join().expect("no panic")?;
/// dispatcher.turn(None)?;
/// assert_eq!(receiver.try_recv(), Ok(42));
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone)]
pub struct Remote {
    shared: Arc<Shared>,
}

impl Handle {
    /// A reference for other threads.
    pub fn remote(&self) -> Remote {
        Remote {
            shared: self.shared().clone(),
        }
    }
}

impl Remote {
    /// Has the dispatcher call `start` at its next turn and run the future that it makes. The
    /// future need not be `Send`: it is made and dropped on the dispatcher's thread. In a simulation it
    /// runs on the default host.
    ///
    /// # Errors
    /// `TooManyJobs` while the dispatcher has that many spawns still to take, `Closed`.
    pub fn spawn<F, Fut>(&self, start: F) -> Result<(), Error>
    where
        F: FnOnce(&Handle) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + 'static,
    {
        let shared = &self.shared;
        if shared.spawns.fetch_add(1, Ordering::Relaxed) >= shared.max_spawns {
            shared.spawns.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::TooManyJobs(shared.max_spawns));
        }
        let queued = Queued(shared.clone());
        let message = Message::Spawn(Box::new(move |shared| {
            drop(queued);
            let handle = Handle::new(shared.clone(), HostKey::default());
            let inner = handle.clone();
            // Called within the task, so that its panic ends the task and not the turn.
            let future = async move { start(&inner).await };
            if let Ok(task) = handle.spawn(future) {
                task.detach();
            }
        }));
        match shared.sender.send(message) {
            Ok(()) => {
                shared.notify();
                Ok(())
            }
            Err(_) => Err(Error::Closed),
        }
    }

    /// Ends the dispatcher's wait, so that its owner gets a turn.
    pub fn wake(&self) {
        self.shared.notify();
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").finish_non_exhaustive()
    }
}

/// Counts a spawn among those that the dispatcher has not taken, until it is taken or dropped.
struct Queued(Arc<Shared>);

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.spawns.fetch_sub(1, Ordering::Relaxed);
    }
}
