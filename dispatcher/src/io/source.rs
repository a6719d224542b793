//! The readiness of a file descriptor.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::Error;
use crate::handle::Handle;
use crate::io::reactor::Directions;
use crate::io::readiness::Interest;
use crate::io::ready_future::ReadyFuture;
use crate::io::ready_slot::ReadySlot;
use crate::io::registration::Registration;

/// A descriptor whose readiness the dispatcher follows. The descriptor's flags are left alone: its
/// owner reads and writes without blocking in whatever way fits it (`O_NONBLOCK`, `MSG_DONTWAIT`,
/// `RWF_NOWAIT`).
///
/// Readiness is edge-triggered in the kernel and level-triggered here: a direction stays ready until
/// its owner has seen `WouldBlock` and calls [`clear`](Source::clear). It may be spurious: an
/// operation that succeeded may have taken all there was. [`confirm`](Source::confirm) asks the
/// system in that case.
///
/// ```
/// use std::os::unix::net::UnixStream;
/// use wippy_dispatcher::{Dispatcher, Interest, Source};
/// use std::io::{Read, Write};
///
/// let dispatcher = Dispatcher::new()?;
/// let (mut near, far) = UnixStream::pair()?;
/// far.set_nonblocking(true)?;
/// let source = Source::new(&dispatcher.handle(), far)?;
/// near.write_all(b"x")?;
/// let mut byte = [0];
/// let read = source.attempt(Interest::Readable, |mut stream| stream.read(&mut byte));
/// assert_eq!(dispatcher.block_on(read)??, 1);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
pub struct Source<T: AsFd> {
    // Before `io`: the registration ends while the descriptor is still open.
    registration: Registration,
    io: T,
}

impl<T: AsFd> Source<T> {
    /// Registers `io` in both directions.
    ///
    /// # Errors
    /// `Io` with `PermissionDenied` for what epoll refuses (regular files, directories), with
    /// `AlreadyExists` for a descriptor that is registered already; `Simulated`,
    /// `TooManySources`, `WrongThread`, `Closed`.
    pub fn new(handle: &Handle, io: T) -> Result<Source<T>, Error> {
        Source::register(handle, io, Directions::Both)
    }

    /// Registers `io` in one direction.
    ///
    /// # Errors
    /// As [`Source::new`].
    pub fn with_interest(handle: &Handle, io: T, interest: Interest) -> Result<Source<T>, Error> {
        Source::register(handle, io, Directions::One(interest))
    }

    fn register(handle: &Handle, io: T, directions: Directions) -> Result<Source<T>, Error> {
        let registration = Registration::new(handle, io.as_fd().as_raw_fd(), directions)?;
        Ok(Source { registration, io })
    }

    /// The descriptor's owner.
    pub fn get(&self) -> &T {
        &self.io
    }

    /// Whether a direction is ready as of the dispatcher's last look at I/O. Off the dispatcher's
    /// thread: `false`.
    pub fn is_ready(&self, interest: Interest) -> bool {
        self.slot().is_ready(interest)
    }

    /// Whether the kernel reported the end of a direction (a hang-up, a shut-down half) or urgent
    /// data: no edge need follow, so its readiness must not be cleared after a short read or write. Off
    /// the dispatcher's thread: `false`.
    pub fn is_closed(&self, interest: Interest) -> bool {
        match self.slot().handle().core() {
            Ok(core) => core
                .ready
                .borrow_mut()
                .is_closed(self.slot().key(), interest),
            Err(_) => false,
        }
    }

    /// After `WouldBlock`: the direction is not ready until the kernel reports it again. An end stays ready: it must not
    /// be cleared. Off the dispatcher's thread it has no effect.
    pub fn clear(&self, interest: Interest) {
        self.slot().clear(interest);
    }

    /// After an operation that did something, or failed otherwise than with `WouldBlock`: the
    /// direction stays ready, and [`confirm`](Source::confirm) will ask whether it really is. Off the
    /// dispatcher's thread it has no effect.
    pub fn set_uncertain(&self, interest: Interest) {
        if let Ok(core) = self.slot().handle().core() {
            let mut ready = core.ready.borrow_mut();
            ready.set_uncertain(self.slot().key(), interest, true);
        }
    }

    /// Whether a direction is ready, without the spurious cases: where an operation was done since
    /// the kernel reported it ([`set_uncertain`](Source::set_uncertain)), this asks the system,
    /// which does not wait, and clears the direction if the system says no. Otherwise it costs what
    /// [`is_ready`](Source::is_ready) costs. Off the dispatcher's thread: `false`.
    pub fn confirm(&self, interest: Interest) -> bool {
        let Ok(core) = self.slot().handle().core() else {
            return false;
        };
        let mut ready = core.ready.borrow_mut();
        if !ready.is_ready(self.slot().key(), interest)
            || !ready.is_uncertain(self.slot().key(), interest)
        {
            return ready.is_ready(self.slot().key(), interest);
        }
        match self.is_ready_now(interest) {
            true => ready.set_uncertain(self.slot().key(), interest, false),
            // What arrives after the answer is reported by an event that was not taken yet.
            false => ready.clear(self.slot().key(), interest),
        }
        ready.is_ready(self.slot().key(), interest)
    }

    /// What `poll(2)` says at this moment. Where that fails the answer is yes: the next operation will
    /// show.
    fn is_ready_now(&self, interest: Interest) -> bool {
        let flags = match interest {
            Interest::Readable => PollFlags::IN,
            Interest::Writable => PollFlags::OUT,
            Interest::ReadClosed => PollFlags::RDHUP,
            // Errors and hang-ups are reported without being asked for.
            Interest::WriteClosed => PollFlags::empty(),
        };
        let mut fds = [PollFd::new(&self.io, flags)];
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        !matches!(
            rustix::io::retry_on_intr(|| poll(&mut fds, Some(&at_once))),
            Ok(0)
        )
    }

    /// Waits until a direction is ready.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub async fn ready(&self, interest: Interest) -> Result<(), Error> {
        ReadyFuture::new(self.slot(), interest).await
    }

    /// Tries `operation` now and whenever the direction is ready, until it gives something other
    /// than `WouldBlock` (`Interrupted` is tried again at once).
    ///
    /// # Errors
    /// `Io` with the error of the operation; `WrongThread` and `Closed`.
    pub async fn attempt<R>(
        &self,
        interest: Interest,
        mut operation: impl FnMut(&T) -> io::Result<R>,
    ) -> Result<R, Error> {
        loop {
            match operation(&self.io) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.clear(interest),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                done => {
                    self.set_uncertain(interest);
                    return Ok(done?);
                }
            }
            self.ready(interest).await?;
        }
    }

    /// Ends the registration and gives the descriptor's owner back.
    pub fn into_inner(self) -> T {
        self.io
    }

    pub(crate) fn slot(&self) -> &ReadySlot {
        self.registration.slot()
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.slot().handle()
    }
}

impl<T: AsFd + fmt::Debug> fmt::Debug for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("io", &self.io)
            .field("is_readable", &self.is_ready(Interest::Readable))
            .field("is_writable", &self.is_ready(Interest::Writable))
            .finish_non_exhaustive()
    }
}
