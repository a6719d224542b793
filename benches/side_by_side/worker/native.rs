//! System calls and nothing else: what no event loop can beat by much.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustix::event::epoll::{self, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};

use super::bare::BareLoop;
use crate::bell::Bell;
use crate::clock::{self, timespec};
use crate::fallible::Fallible;

/// An epoll set with an absolute timerfd and an eventfd, both edge-triggered: neither is ever read.
pub struct Loop {
    epoll: OwnedFd,
    timer: OwnedFd,
    event: Arc<OwnedFd>,
}

impl Loop {
    /// A loop.
    ///
    /// # Errors
    /// When the system has no descriptors left.
    pub fn new() -> io::Result<Loop> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let timer = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        let event = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
        add(&epoll, &timer)?;
        add(&epoll, &event)?;
        Ok(Loop {
            epoll,
            timer,
            event: Arc::new(event),
        })
    }

    fn wait(&self) -> io::Result<()> {
        let mut events = [Event {
            flags: EventFlags::empty(),
            data: EventData::new_u64(0),
        }; 8];
        epoll::wait(&self.epoll, &mut events[..], None)?;
        Ok(())
    }
}

fn add(epoll: &OwnedFd, fd: impl AsFd) -> io::Result<()> {
    Ok(epoll::add(
        epoll,
        fd,
        EventData::new_u64(0),
        EventFlags::IN | EventFlags::ET,
    )?)
}

impl BareLoop for Loop {
    type Waker = Box<dyn Fn(&Bell) + Send>;

    fn about(&self) -> &'static str {
        "epoll, absolute timerfd, eventfd; no code between"
    }

    fn overshoot(&mut self, duration: u64, trials: u32) -> Fallible<Vec<u64>> {
        let mut times = Vec::with_capacity(trials as usize);
        for _ in 0..trials {
            let deadline = clock::now() + duration;
            let setting = Itimerspec {
                it_interval: timespec(0),
                it_value: timespec(deadline),
            };
            timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &setting)?;
            self.wait()?;
            times.push(
                clock::now()
                    .checked_sub(deadline)
                    .ok_or("a sleep ended early")?,
            );
        }
        Ok(times)
    }

    fn waker(&mut self) -> Fallible<Self::Waker> {
        let event = self.event.clone();
        Ok(Box::new(move |_| {
            // It fails when the counter is full, and then the loop is awake.
            let _ = rustix::io::write(&*event, &1u64.to_ne_bytes());
        }))
    }

    fn wait_for(&mut self, bell: &Bell, trials: u32) -> Fallible<Vec<u64>> {
        let mut times = Vec::with_capacity(trials as usize);
        for _ in 0..trials {
            bell.awaited();
            times.push(loop {
                self.wait()?;
                if let Some(time) = bell.heard() {
                    break time;
                }
            });
        }
        Ok(times)
    }

    fn round_trip(&mut self, mut stream: UnixStream, trials: u32) -> Fallible<Vec<u64>> {
        add(&self.epoll, &stream)?;
        let mut times = Vec::with_capacity(trials as usize);
        let mut byte = [1];
        for _ in 0..trials {
            let start = clock::now();
            stream.write_all(&byte)?;
            loop {
                self.wait()?;
                match stream.read_exact(&mut byte) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    done => break done?,
                }
            }
            times.push(clock::now() - start);
        }
        Ok(times)
    }
}
