//! The system driver: mio for readiness, one absolute timerfd for time.
//!
//! mio rounds its own timeout up to whole milliseconds, so a deadline is a timerfd in the same
//! epoll set. That also makes the set itself readable at the deadline, which is what lets a
//! dispatcher live inside a foreign event loop.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Poll, Registry, Token, Waker};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use crate::core::Core;
use crate::io::readiness::{Interest, ReadyKey};
use crate::time::clock::Instant;

const WAKER: Token = Token(usize::MAX);
const TIMER: Token = Token(usize::MAX - 1);
/// How many events one look takes; the others stay in the kernel's list for the next.
const EVENTS: usize = 1024;

pub(crate) struct Reactor {
    poll: RefCell<Poll>,
    registry: Arc<Registry>,
    /// Taken out while events are told, so that a waker that looks at I/O again finds it empty.
    events: RefCell<Option<Events>>,
    timerfd: OwnedFd,
    /// What the timerfd is set to, `None` when it is disarmed or has fired.
    armed: Cell<Option<Instant>>,
}

impl Reactor {
    /// The reactor and the waker that other threads use.
    pub(crate) fn new() -> io::Result<(Reactor, Waker)> {
        let poll = Poll::new()?;
        let registry = Arc::new(poll.registry().try_clone()?);
        let waker = Waker::new(&registry, WAKER)?;
        let timerfd = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        registry.register(
            &mut SourceFd(&timerfd.as_raw_fd()),
            TIMER,
            mio::Interest::READABLE,
        )?;
        let reactor = Reactor {
            poll: RefCell::new(poll),
            registry,
            events: RefCell::new(Some(Events::with_capacity(EVENTS))),
            timerfd,
            armed: Cell::new(None),
        };
        Ok((reactor, waker))
    }

    /// Sets the timerfd. `None` and an instant that never comes disarm it.
    pub(crate) fn arm(&self, deadline: Option<Instant>) -> io::Result<()> {
        let deadline = deadline.filter(|&deadline| deadline != Instant::NEVER);
        if self.armed.get() == deadline {
            return Ok(());
        }
        // An all-zero time would disarm it.
        let nanos = deadline.map_or(0, |deadline| deadline.as_nanos().max(1));
        let value = Timespec {
            tv_sec: i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MAX),
            tv_nsec: i64::try_from(nanos % 1_000_000_000).unwrap_or(0),
        };
        let never_again = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let setting = Itimerspec {
            it_interval: never_again,
            it_value: value,
        };
        timerfd_settime(&self.timerfd, TimerfdTimerFlags::ABSTIME, &setting)?;
        self.armed.set(deadline);
        Ok(())
    }

    /// Waits for an event or the deadline. Wakes may be spurious.
    pub(crate) fn park(&self, core: &Core, deadline: Option<Instant>) -> io::Result<()> {
        self.arm(deadline)?;
        self.wait(core, None)
    }

    /// Takes what events there are.
    pub(crate) fn poll(&self, core: &Core) -> io::Result<()> {
        self.wait(core, Some(Duration::ZERO))
    }

    fn wait(&self, core: &Core, timeout: Option<Duration>) -> io::Result<()> {
        let Some(mut events) = self.events.take() else {
            return Ok(());
        };
        let waited = self.poll.borrow_mut().poll(&mut events, timeout);
        if waited.is_ok() {
            for event in &events {
                match event.token() {
                    WAKER => {}
                    TIMER => self.armed.set(None),
                    Token(token) => tell(core, ReadyKey::from_token(token), event),
                }
            }
        }
        self.events.replace(Some(events));
        match waited {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    /// Adds a descriptor, edge-triggered, both directions or one.
    pub(crate) fn register(
        &self,
        fd: RawFd,
        key: ReadyKey,
        interests: mio::Interest,
    ) -> io::Result<()> {
        self.registry
            .register(&mut SourceFd(&fd), Token(key.to_token()), interests)
    }

    /// Where a registration may be ended from any thread.
    pub(crate) fn registry(&self) -> Arc<Registry> {
        self.registry.clone()
    }

    /// The epoll set itself.
    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        let raw = self.poll.borrow().as_raw_fd();
        // SAFETY: `raw` is the descriptor that `self.poll` owns; `poll` is never replaced, so it
        // stays open for as long as `self` is borrowed.
        unsafe { BorrowedFd::borrow_raw(raw) }
    }
}

/// Translates an event. Errors and hang-ups count in both directions: whoever waits finds out by
/// trying.
fn tell(core: &Core, key: ReadyKey, event: &mio::event::Event) {
    let readable = event.is_readable() || event.is_read_closed() || event.is_error();
    let writable = event.is_writable() || event.is_write_closed() || event.is_error();
    if event.is_read_closed() || event.is_priority() {
        core.ready.borrow_mut().close(key, Interest::Readable);
    }
    if event.is_write_closed() {
        core.ready.borrow_mut().close(key, Interest::Writable);
    }
    match (readable, writable) {
        (true, true) => core.mark_ready(key, &[Interest::Readable, Interest::Writable]),
        (true, false) => core.mark_ready(key, &[Interest::Readable]),
        (false, true) => core.mark_ready(key, &[Interest::Writable]),
        (false, false) => {}
    }
}
