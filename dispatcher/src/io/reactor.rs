//! The system's events: mio for readiness, one absolute timerfd for time.
//!
//! mio rounds its own timeout up to whole milliseconds, so a deadline is a timerfd in the same
//! epoll set. That also makes the set itself readable at the deadline, which is what lets a
//! dispatcher live inside a foreign event loop.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Poll, Registry, Token, Waker};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use crate::io::readiness::{Interest, ReadyKey};
use crate::time::clock::Instant;

const WAKER: Token = Token(usize::MAX);
const TIMER: Token = Token(usize::MAX - 1);
/// How many events one poll takes; the others stay in the kernel's list for the next.
const EVENTS: usize = 1024;
/// A timerfd that is set to an earlier time than is wanted, but to none that comes within so many nanoseconds, stays as
/// it is: that it goes off for nothing, once in that time at most, costs less than setting it for each wait.
const FAR: u64 = 10_000_000;

/// What the kernel reported of one source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report {
    pub(crate) key: ReadyKey,
    /// By [`Interest::index`]. Errors and hang-ups count in both directions: the next operation will
    /// show which it was.
    pub(crate) ready: [bool; 2],
    /// The directions for which no further report need come.
    pub(crate) closed: [bool; 2],
    /// The directions that have ended.
    pub(crate) ended: [bool; 2],
}

impl Report {
    fn new(key: ReadyKey, event: &mio::event::Event) -> Report {
        Report {
            key,
            ready: [
                event.is_readable() || event.is_read_closed() || event.is_error(),
                event.is_writable() || event.is_write_closed() || event.is_error(),
            ],
            closed: [
                event.is_read_closed() || event.is_priority(),
                event.is_write_closed(),
            ],
            ended: [event.is_read_closed(), event.is_write_closed()],
        }
    }
}

/// Which directions of a descriptor are watched.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Directions {
    /// Both, and urgent data of TCP, at which reads end although there is more.
    Both,
    One(Interest),
}

impl Directions {
    fn to_mio(self) -> mio::Interest {
        match self {
            Directions::Both => {
                mio::Interest::READABLE | mio::Interest::WRITABLE | mio::Interest::PRIORITY
            }
            Directions::One(interest) => match interest.direction() {
                Interest::Readable => mio::Interest::READABLE,
                _ => mio::Interest::WRITABLE,
            },
        }
    }
}

/// The part of a reactor that other threads may use.
pub(crate) struct ReactorRemote {
    registry: Registry,
    waker: Waker,
    /// The descriptors of others that are in the set.
    registered: AtomicUsize,
}

impl ReactorRemote {
    /// Ends the reactor's wait, or its next one.
    ///
    /// # Errors
    /// `Io` when the eventfd cannot be written to.
    pub(crate) fn wake(&self) -> io::Result<()> {
        self.waker.wake()
    }

    /// Takes a registered descriptor that is still open out of the epoll set.
    pub(crate) fn deregister(&self, fd: RawFd) {
        self.registered.fetch_sub(1, Ordering::Relaxed);
        // It fails only for a descriptor that its owner has closed in the meantime, which the
        // kernel has taken out itself.
        let _ = self.registry.deregister(&mut SourceFd(&fd));
    }
}

/// What has ended a wait.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct WaitEnd {
    /// To what the timerfd was set, if it went off.
    pub(crate) timer: Option<Instant>,
    /// Something else was reported.
    pub(crate) has_others: bool,
}

impl WaitEnd {
    /// The timerfd was still set to an earlier time than was wanted, and nothing else has happened.
    #[inline]
    pub(crate) fn is_for_nothing(self, wanted: Option<Instant>) -> bool {
        let is_early = |set: Instant| wanted.is_none_or(|wanted| set < wanted);
        !self.has_others && self.timer.is_some_and(is_early)
    }
}

pub(crate) struct Reactor {
    poll: RefCell<Poll>,
    remote: Arc<ReactorRemote>,
    /// Taken out while events are reported, so that a waker that polls again finds `None`.
    events: RefCell<Option<Events>>,
    timerfd: OwnedFd,
    /// What the timerfd is set to, `None` when it is disarmed or has fired.
    armed: Cell<Option<Instant>>,
}

impl Reactor {
    /// # Errors
    /// When the process has no descriptor left for the epoll set, the eventfd or the timerfd.
    pub(crate) fn new() -> io::Result<Reactor> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
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
        Ok(Reactor {
            poll: RefCell::new(poll),
            remote: Arc::new(ReactorRemote {
                registry,
                waker,
                registered: AtomicUsize::new(0),
            }),
            events: RefCell::new(Some(Events::with_capacity(EVENTS))),
            timerfd,
            armed: Cell::new(None),
        })
    }

    pub(crate) fn remote(&self) -> Arc<ReactorRemote> {
        self.remote.clone()
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
            tv_sec: (nanos / 1_000_000_000) as i64,
            tv_nsec: (nanos % 1_000_000_000) as i64,
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

    /// Waits for an event or the deadline, and passes what was reported to `sink`. It may end without either:
    /// [`WaitEnd`] tells. `now` reads the clock.
    pub(crate) fn park(
        &self,
        deadline: Option<Instant>,
        now: impl FnOnce() -> Instant,
        sink: impl FnMut(Report),
    ) -> io::Result<WaitEnd> {
        self.arm_for_park(deadline, now)?;
        self.wait(None, sink)
    }

    /// Sets the timerfd, unless it does for a wait to leave it as it is.
    #[inline]
    fn arm_for_park(
        &self,
        deadline: Option<Instant>,
        now: impl FnOnce() -> Instant,
    ) -> io::Result<()> {
        if let Some(set) = self.armed.get()
            && deadline.is_none_or(|deadline| set < deadline)
            && set.nanos_since(now()) >= FAR
        {
            return Ok(());
        }
        self.arm(deadline)
    }

    /// Passes what was reported to `sink`, without waiting.
    pub(crate) fn poll(&self, sink: impl FnMut(Report)) -> io::Result<()> {
        self.wait(Some(Duration::ZERO), sink)?;
        Ok(())
    }

    fn wait(&self, timeout: Option<Duration>, mut sink: impl FnMut(Report)) -> io::Result<WaitEnd> {
        let mut end = WaitEnd::default();
        let Some(mut events) = self.events.take() else {
            return Ok(end);
        };
        let waited = self.poll.borrow_mut().poll(&mut events, timeout);
        if waited.is_ok() {
            for event in &events {
                match event.token() {
                    WAKER => end.has_others = true,
                    TIMER => end.timer = self.armed.take(),
                    Token(number) => {
                        end.has_others = true;
                        sink(Report::new(ReadyKey::from_number(number), event));
                    }
                }
            }
        }
        self.events.replace(Some(events));
        match waited {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(end),
        }
    }

    /// Adds a descriptor, edge-triggered. Its reports carry `key`.
    ///
    /// # Errors
    /// `PermissionDenied` for what epoll refuses (regular files, directories), `AlreadyExists` for
    /// a descriptor that is in the set.
    pub(crate) fn register(
        &self,
        fd: RawFd,
        key: ReadyKey,
        directions: Directions,
    ) -> io::Result<()> {
        let token = Token(key.to_number());
        let registry = &self.remote.registry;
        registry.register(&mut SourceFd(&fd), token, directions.to_mio())?;
        self.remote.registered.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// How many descriptors were added and not taken out.
    pub(crate) fn registered(&self) -> usize {
        self.remote.registered.load(Ordering::Relaxed)
    }

    /// The epoll set itself.
    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        let raw = self.poll.borrow().as_raw_fd();
        // SAFETY: `raw` is the descriptor that `self.poll` owns; `poll` is never replaced, so it
        // stays open for as long as `self` is borrowed.
        unsafe { BorrowedFd::borrow_raw(raw) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_nanos(1);
    const LATER: Instant = Instant::from_nanos(u64::MAX / 4);

    #[test]
    fn what_is_far_away_is_left_and_what_is_near_is_not() {
        let reactor = Reactor::new().expect("descriptors");
        let far = NOW + Duration::from_nanos(FAR);
        for (set, wanted, left) in [
            (far, None, true),
            (far, Some(LATER), true),
            (far, Some(NOW + Duration::from_nanos(FAR - 1)), false),
            (NOW + Duration::from_nanos(FAR - 1), None, false),
            (NOW + Duration::from_nanos(FAR - 1), Some(LATER), false),
        ] {
            reactor.arm(Some(set)).expect("a timerfd");
            reactor.arm_for_park(wanted, || NOW).expect("a timerfd");
            let expected = if left { Some(set) } else { wanted };
            assert_eq!(reactor.armed.get(), expected, "{set:?} {wanted:?}");
        }
    }

    #[test]
    fn a_wait_says_when_it_ended_for_nothing() {
        let end = WaitEnd {
            timer: Some(NOW),
            has_others: false,
        };
        assert!(end.is_for_nothing(None) && end.is_for_nothing(Some(LATER)));
        assert!(!end.is_for_nothing(Some(NOW)));
        let beside = WaitEnd {
            has_others: true,
            ..end
        };
        assert!(!beside.is_for_nothing(None));
        assert!(!WaitEnd::default().is_for_nothing(None));
    }
}
