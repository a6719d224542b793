//! An epoll set with an absolute timerfd and an eventfd, both edge-triggered: neither is ever read.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use crate::clock;
use crate::error::Fallible;

/// The most events at once.
const EVENTS: usize = 256;

pub struct EventLoop {
    epoll: OwnedFd,
    timer: OwnedFd,
    event: Arc<OwnedFd>,
    events: Vec<Event>,
    ready: Vec<usize>,
    spins: bool,
    deadline: Option<u64>,
}

/// What an event's number is that stands for the timer or the eventfd.
const OWN: u64 = u64::MAX;

impl EventLoop {
    /// `spins`: it asks again and again and never parks.
    pub fn new(spins: bool) -> Fallible<EventLoop> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let timer = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        let event = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
        for own in [timer.as_fd(), event.as_fd()] {
            epoll::add(
                &epoll,
                own,
                EventData::new_u64(OWN),
                EventFlags::IN | EventFlags::ET,
            )?;
        }
        Ok(EventLoop {
            epoll,
            timer,
            event: Arc::new(event),
            events: Vec::with_capacity(EVENTS),
            ready: Vec::with_capacity(EVENTS),
            spins,
            deadline: None,
        })
    }

    /// What another thread writes to, to end a wait.
    pub fn event(&self) -> Arc<OwnedFd> {
        self.event.clone()
    }

    /// Waits end at this time of the monotonic clock.
    pub fn arm(&mut self, deadline: u64) -> Fallible<()> {
        if self.deadline.replace(deadline) == Some(deadline) || self.spins {
            return Ok(());
        }
        let setting = Itimerspec {
            it_interval: clock::timespec(0),
            it_value: clock::timespec(deadline),
        };
        timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &setting)?;
        Ok(())
    }

    /// Reports a descriptor under a number whenever it is readable.
    pub fn add(&self, descriptor: impl AsFd, number: usize) -> Fallible<()> {
        Ok(epoll::add(
            &self.epoll,
            descriptor,
            EventData::new_u64(number as u64),
            EventFlags::IN,
        )?)
    }

    /// Waits for an event or the deadline; which of the descriptors are readable.
    pub fn wait(&mut self) -> Fallible<&[usize]> {
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        loop {
            self.events.clear();
            let timeout = self.spins.then_some(&at_once);
            epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut self.events),
                timeout,
            )?;
            let is_due = || {
                self.deadline
                    .is_some_and(|deadline| clock::now() >= deadline)
            };
            if !self.spins || !self.events.is_empty() || is_due() {
                break;
            }
        }
        self.ready.clear();
        let numbers = self.events.iter().map(|event| event.data.u64());
        self.ready.extend(
            numbers
                .filter(|&number| number != OWN)
                .map(|number| number as usize),
        );
        Ok(&self.ready)
    }
}
