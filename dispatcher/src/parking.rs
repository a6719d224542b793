//! Where the dispatcher's thread waits.

use std::time::Duration;

use crate::Error;
use crate::core::{Core, earlier};
use crate::dispatcher::Dispatcher;
use crate::io::system_driver::SystemDriver;
use crate::time::clock::Instant;

/// This long before a deadline I/O is looked at for the last time, because a look takes up to as long.
const LAST_LOOK: Duration = Duration::from_micros(1);

impl Dispatcher {
    /// The one place where the dispatcher's thread waits: until there is work, until the next deadline, or
    /// for `max_wait`. `now` is the time if the caller knows it. Returns the time after the wait where it is
    /// known.
    pub(crate) fn park(
        &self,
        core: &Core,
        system: &SystemDriver,
        now: Option<Instant>,
        max_wait: Option<Duration>,
        has_root: bool,
    ) -> Result<Option<Instant>, Error> {
        let timer = system.wake_time();
        // A wait without an end needs no clock.
        if timer.is_none() && max_wait.is_none() {
            return self.park_without_end(core, system, has_root);
        }
        let mut now = now.unwrap_or_else(|| core.clock.now());
        let limit = max_wait.map(|wait| now + wait);
        let deadline = earlier(timer, limit).filter(|&end| end != Instant::NEVER);
        let Some(deadline) = deadline else {
            return self.park_without_end(core, system, has_root);
        };
        let time = self.spin.time(Some(deadline - now));
        if !time.is_zero() {
            let until = deadline.min(now + time);
            let came = self.look(core, system, &mut now, until, has_root)?;
            // A deadline that came does not count, because it was known before.
            if came || now < deadline {
                self.spin.learn(came);
            }
            if came || now >= deadline {
                return Ok(Some(now));
            }
        }
        loop {
            let begin = now;
            let following = || system.second_deadline();
            let wake = system.lead.park_until(begin, deadline, following);
            if wake <= begin {
                system.lead.learn(deadline - begin, None);
                self.look(core, system, &mut now, deadline, has_root)?;
                return Ok(Some(now));
            }
            let Some(is_timer) = self.park_until(core, system, Some(wake))? else {
                return Ok(None);
            };
            if self.has_work(core, has_root) {
                return Ok(None);
            }
            now = core.clock.now();
            if is_timer {
                system.lead.learn(deadline - begin, Some(now - wake));
            }
            // Woken by something else, or in time.
            if now < wake || now >= deadline {
                return Ok(Some(now));
            }
            if system.lead.covers(deadline - now) {
                self.look(core, system, &mut now, deadline, has_root)?;
                return Ok(Some(now));
            }
        }
    }

    /// The same where nothing is known that would end the wait.
    fn park_without_end(
        &self,
        core: &Core,
        system: &SystemDriver,
        has_root: bool,
    ) -> Result<Option<Instant>, Error> {
        let time = self.spin.time(None);
        if !time.is_zero() {
            let mut now = core.clock.now();
            let until = now + time;
            let came = self.look(core, system, &mut now, until, has_root)?;
            self.spin.learn(came);
            if came {
                return Ok(None);
            }
        }
        self.park_until(core, system, None)?;
        Ok(None)
    }

    /// Gives the thread to the system until something comes, or the time. True: its timer has gone off. `None`:
    /// another thread has sent something.
    #[inline]
    fn park_until(
        &self,
        core: &Core,
        system: &SystemDriver,
        wake: Option<Instant>,
    ) -> Result<Option<bool>, Error> {
        if !self.shared.park.try_park() {
            core.poll_io()?;
            return Ok(None);
        }
        let reactor = &system.reactor;
        let parked = reactor.park(wake, |report| core.take_report(report));
        let notified = self.shared.park.look();
        let is_timer = parked?;
        Ok((!notified).then_some(is_timer))
    }

    /// Looks at I/O again and again until there is work or the time has come; once at least. True:
    /// there is work. `now` is the time before and after it.
    fn look(
        &self,
        core: &Core,
        system: &SystemDriver,
        now: &mut Instant,
        until: Instant,
        has_root: bool,
    ) -> Result<bool, Error> {
        let begin = *now;
        core.poll_io()?;
        loop {
            let came = self.has_work(core, has_root) || self.shared.park.is_notified();
            if came || *now >= until {
                system.lead.spend(*now, *now - begin);
                return Ok(came);
            }
            std::hint::spin_loop();
            *now = core.clock.now();
            if until - *now > LAST_LOOK {
                core.poll_io()?;
            }
        }
    }
}
