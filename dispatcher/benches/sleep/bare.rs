//! A loop over the system's timer with nothing around it.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use crate::Fallible;
use crate::clocks;

/// An epoll set with an absolute timerfd, as the dispatcher has it.
pub struct Bare {
    set: OwnedFd,
    timerfd: OwnedFd,
    events: Vec<epoll::Event>,
}

impl Bare {
    /// A set of its own.
    pub fn new() -> Fallible<Bare> {
        let set = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timerfd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let interest = epoll::EventFlags::IN | epoll::EventFlags::ET;
        epoll::add(&set, &timerfd, epoll::EventData::new_u64(0), interest)?;
        Ok(Bare {
            set,
            timerfd,
            events: Vec::with_capacity(16),
        })
    }

    /// Sleeps, and says by how many nanoseconds too long.
    pub fn sleep(&mut self, length: Duration) -> Fallible<u64> {
        let deadline = clocks::now() + length.as_nanos() as u64;
        let setting = Itimerspec {
            it_interval: timespec(0),
            it_value: timespec(deadline),
        };
        timerfd_settime(&self.timerfd, TimerfdTimerFlags::ABSTIME, &setting)?;
        loop {
            self.events.clear();
            epoll::wait(&self.set, spare_capacity(&mut self.events), None)?;
            let now = clocks::now();
            if now >= deadline {
                return Ok(now - deadline);
            }
        }
    }
}

fn timespec(nanos: u64) -> Timespec {
    Timespec {
        tv_sec: (nanos / 1_000_000_000) as i64,
        tv_nsec: (nanos % 1_000_000_000) as i64,
    }
}
