//! The readiness of a file descriptor.

use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::task::{Context, Poll};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::Error;
use crate::core::Driver;
use crate::executor::listener::Listener;
use crate::executor::wake::discard;
use crate::handle::Handle;
use crate::io::readiness::{Interest, ReadyKey};
use crate::shared::Message;

/// A descriptor whose readiness the dispatcher follows. The descriptor's flags are left alone: its
/// owner reads and writes without blocking in whatever way fits it (`O_NONBLOCK`, `MSG_DONTWAIT`,
/// `RWF_NOWAIT`).
///
/// Readiness is edge-triggered in the kernel and level here: it stays until the owner has seen
/// `WouldBlock` and calls [`clear`](Source::clear). It may be spurious: an operation that succeeds may
/// have taken all there was. [`confirm`](Source::confirm) asks the system then.
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
        let both = mio::Interest::READABLE
            | mio::Interest::WRITABLE
            // Of a TCP connection: urgent data, at which reads end although there is more.
            | mio::Interest::PRIORITY;
        let registration = Registration::new(handle, io.as_fd().as_raw_fd(), both)?;
        Ok(Source { registration, io })
    }

    /// Registers `io` in one direction.
    ///
    /// # Errors
    /// As [`Source::new`].
    pub fn with_interest(handle: &Handle, io: T, interest: Interest) -> Result<Source<T>, Error> {
        let one = match interest {
            Interest::Readable => mio::Interest::READABLE,
            Interest::Writable => mio::Interest::WRITABLE,
        };
        let registration = Registration::new(handle, io.as_fd().as_raw_fd(), one)?;
        Ok(Source { registration, io })
    }

    /// The descriptor's owner.
    pub fn get(&self) -> &T {
        &self.io
    }

    /// Whether a direction is ready as far as the dispatcher has looked.
    pub fn is_ready(&self, interest: Interest) -> bool {
        match self.registration.handle.core() {
            Ok(core) => core.ready.borrow_mut().is_ready(self.key(), interest),
            Err(_) => false,
        }
    }

    /// Whether the kernel reported the end of a direction (a hang-up, a shut-down half) or urgent
    /// data: no edge need follow, so its readiness must not be cleared after a short read or write.
    pub fn is_closed(&self, interest: Interest) -> bool {
        match self.registration.handle.core() {
            Ok(core) => core.ready.borrow_mut().is_closed(self.key(), interest),
            Err(_) => false,
        }
    }

    /// After `WouldBlock`: the direction is not ready until the kernel says so again.
    pub fn clear(&self, interest: Interest) {
        if let Ok(core) = self.registration.handle.core() {
            core.ready.borrow_mut().clear(self.key(), interest);
        }
    }

    /// After an operation that did something, or failed otherwise than with `WouldBlock`: the
    /// direction stays ready, and [`confirm`](Source::confirm) will ask whether it really is.
    pub fn set_uncertain(&self, interest: Interest) {
        if let Ok(core) = self.registration.handle.core() {
            let mut ready = core.ready.borrow_mut();
            ready.set_uncertain(self.key(), interest, true);
        }
    }

    /// Whether a direction is ready, without the false alarms: where something was done since the
    /// kernel reported it ([`set_uncertain`](Source::set_uncertain)), the system is asked, which
    /// does not wait, and what it denies is cleared. Otherwise it costs what
    /// [`is_ready`](Source::is_ready) costs.
    pub fn confirm(&self, interest: Interest) -> bool {
        let Ok(core) = self.registration.handle.core() else {
            return false;
        };
        let mut ready = core.ready.borrow_mut();
        if !ready.is_ready(self.key(), interest) || !ready.is_uncertain(self.key(), interest) {
            return ready.is_ready(self.key(), interest);
        }
        match self.is_ready_now(interest) {
            true => ready.set_uncertain(self.key(), interest, false),
            // What comes from here on is reported by an event that nobody has taken yet.
            false => ready.clear(self.key(), interest),
        }
        ready.is_ready(self.key(), interest)
    }

    /// What the system says at this moment. Where it cannot be asked, trying tells.
    fn is_ready_now(&self, interest: Interest) -> bool {
        let flags = match interest {
            Interest::Readable => PollFlags::IN,
            Interest::Writable => PollFlags::OUT,
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
        let mut listening = Listening::new(&self.registration.handle, self.key(), interest);
        poll_fn(|cx| listening.poll_ready(cx)).await
    }

    /// Tries `operation` now and whenever the direction is ready, until it gives something other
    /// than `WouldBlock` (`Interrupted` is tried again at once).
    ///
    /// # Errors
    /// What the operation gives, or `WrongThread` and `Closed` as an `io::Error`.
    pub async fn attempt<R>(
        &self,
        interest: Interest,
        mut operation: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            match operation(&self.io) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.clear(interest),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                done => {
                    self.set_uncertain(interest);
                    return done;
                }
            }
            self.ready(interest).await?;
        }
    }

    /// Ends the registration and gives the descriptor's owner back.
    pub fn into_inner(self) -> T {
        self.io
    }

    pub(crate) fn key(&self) -> ReadyKey {
        self.registration.key
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.registration.handle
    }
}

/// A descriptor's place in the driver and in the table of readiness; given up when dropped.
struct Registration {
    handle: Handle,
    key: ReadyKey,
    fd: RawFd,
}

impl Registration {
    fn new(handle: &Handle, fd: RawFd, interests: mio::Interest) -> Result<Registration, Error> {
        let core = handle.core()?;
        let Driver::System(reactor) = &core.driver else {
            return Err(Error::Simulated("a file descriptor"));
        };
        let key = core.ready.borrow_mut().insert()?;
        if let Err(error) = reactor.register(fd, key, interests) {
            core.remove_source(key);
            return Err(error.into());
        }
        let handle = handle.clone();
        Ok(Registration { handle, key, fd })
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.handle.shared().deregister(self.fd);
        match self.handle.core() {
            Ok(core) => core.remove_source(self.key),
            Err(_) => self.handle.send(Message::RemoveSource(self.key)),
        }
    }
}

/// One task's wait for one direction; forgotten when dropped.
pub(crate) struct Listening<'a> {
    handle: &'a Handle,
    key: ReadyKey,
    interest: Interest,
    id: Option<u64>,
}

impl<'a> Listening<'a> {
    pub(crate) fn new(handle: &'a Handle, key: ReadyKey, interest: Interest) -> Listening<'a> {
        Listening {
            handle,
            key,
            interest,
            id: None,
        }
    }

    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let core = match self.handle.core() {
            Ok(core) => core,
            Err(error) => return Poll::Ready(Err(error)),
        };
        // Cloned before the borrow and dropped after it: either may run foreign code.
        let mut waker = cx.waker().clone();
        let mut ready = core.ready.borrow_mut();
        if ready.is_ready(self.key, self.interest) {
            return Poll::Ready(Ok(()));
        }
        if let Some(id) = self.id
            && ready.relisten(self.key, self.interest, id, &mut waker)
        {
            drop(ready);
            discard(waker);
            return Poll::Pending;
        }
        match ready.listen(self.key, self.interest, Listener::Waker(waker)) {
            Ok(id) => {
                self.id = Some(id);
                Poll::Pending
            }
            Err(listener) => {
                self.id = None;
                drop(ready);
                discard(listener);
                Poll::Ready(Err(Error::Closed))
            }
        }
    }
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            match self.handle.core() {
                Ok(core) => core.unlisten(self.key, self.interest, id),
                Err(_) => self
                    .handle
                    .send(Message::Unlisten(self.key, self.interest, id)),
            }
        }
    }
}
