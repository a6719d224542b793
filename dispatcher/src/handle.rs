//! How futures reach their dispatcher.
//!
//! What a handle starts stands beside the future that it gives: `Handle::spawn` in
//! `executor/task.rs`, `Handle::sleep` in `time/sleep.rs`, and so on.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::Error;
use crate::core::Core;
use crate::entropy::RngStream;
use crate::shared::{Message, Shared};
use crate::sim::host_key::HostKey;
use crate::time::clock::{Instant, WallTime};

/// A reference to a dispatcher that is `Send` although the dispatcher is not, so that futures and
/// stores that hold one may be `Send`. It works on the dispatcher's thread; on any other each use
/// is [`Error::WrongThread`], and after the dispatcher's end [`Error::Closed`]. A future, source or
/// event that is dropped on another thread is removed by the dispatcher at its next turn.
///
/// In a simulation it belongs to a host (`sim::Host::handle`): tasks that it starts run there,
/// clocks are read there, sockets have that host's addresses. Clones belong to the same host.
///
/// ```
/// use wippy_dispatcher::{Dispatcher, Error};
///
/// let dispatcher = Dispatcher::new()?;
/// let handle = dispatcher.handle();
/// let elsewhere = std::thread::spawn({
///     let handle = handle.clone();
///     move || handle.now()
/// });
/// assert!(matches!(elsewhere.join().expect("no panic"), Err(Error::WrongThread)));
/// drop(dispatcher);
/// assert!(matches!(handle.now(), Err(Error::Closed)));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
    host: HostKey,
}

impl Handle {
    pub(crate) fn new(shared: Arc<Shared>, host: HostKey) -> Handle {
        Handle { shared, host }
    }

    /// The same dispatcher, for another simulated host.
    pub(crate) fn on_host(&self, host: HostKey) -> Handle {
        Handle::new(self.shared.clone(), host)
    }

    /// The simulated host that it belongs to; the default host on the system.
    #[inline]
    pub(crate) fn host(&self) -> HostKey {
        self.host
    }

    #[inline]
    pub(crate) fn core(&self) -> Result<Rc<Core>, Error> {
        self.shared.core.get()
    }

    /// Whether both reach the same dispatcher.
    pub(crate) fn same_dispatcher(&self, other: &Handle) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn send(&self, message: Message) {
        self.shared.send(message);
    }

    /// The monotonic clock; in a simulation as the handle's host reads it.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub fn now(&self) -> Result<Instant, Error> {
        Ok(self.core()?.clock.now_on(self.host.number))
    }

    /// The wall clock; in a simulation as the handle's host reads it.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub fn wall_time(&self) -> Result<WallTime, Error> {
        Ok(self.core()?.clock.wall(self.host.number))
    }

    /// The smallest step of the monotonic clock.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub fn resolution(&self) -> Result<Duration, Error> {
        Ok(self.core()?.clock.resolution())
    }

    /// The smallest step of the wall clock.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub fn wall_resolution(&self) -> Result<Duration, Error> {
        Ok(self.core()?.clock.wall_resolution())
    }

    /// Whether time and order come from a seed.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    #[inline]
    pub fn is_simulated(&self) -> Result<bool, Error> {
        Ok(self.core()?.driver.simulated().is_some())
    }

    /// Looks at I/O and timers once, without waiting and without running other tasks: a task that
    /// busy-polls sees progress this way. In a simulation virtual time stands still meanwhile; see
    /// [`Handle::yield_now`].
    ///
    /// # Errors
    /// `Io` from `epoll_wait` or the timerfd, `WrongThread`, `Closed`.
    pub fn poll_driver(&self) -> Result<(), Error> {
        let core = self.core()?;
        core.poll_driver()?;
        match core.in_turn.get() {
            true => Ok(()),
            false => self.shared.refresh_descriptor(&core),
        }
    }

    /// Fills `buffer` with random bytes.
    ///
    /// # Errors
    /// `Io` (the kernel's generator), `WrongThread`, `Closed`.
    pub fn fill_random(&self, stream: RngStream, buffer: &mut [u8]) -> Result<(), Error> {
        self.core()?.fill_random(stream, buffer)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its own thread may use it, others may only hold it.
        f.debug_struct("Handle")
            .field("is_owner", &self.shared.core.is_owner())
            .finish_non_exhaustive()
    }
}
