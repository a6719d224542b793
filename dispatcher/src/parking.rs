//! Where the dispatcher's thread waits.

use std::time::Duration;

use crate::Error;
use crate::core::{Core, earlier};
use crate::dispatcher::Dispatcher;
use crate::io::system_driver::SystemDriver;
use crate::time::clock::Instant;

/// So many nanoseconds before a deadline I/O is looked at for the last time, because a look takes up to as long.
const LAST_LOOK: u64 = 1_000;

impl Dispatcher {
    /// The one place where the dispatcher's thread waits: until there is work, until the next deadline, or
    /// for `max_wait`. `reading` is the time before it and after it, where it is known.
    #[inline(always)]
    pub(crate) fn park(
        &self,
        core: &Core,
        system: &SystemDriver,
        reading: &mut Option<Instant>,
        max_wait: Option<Duration>,
        has_root: bool,
    ) -> Result<(), Error> {
        let timer = system.wake_time();
        // A wait without an end needs no clock.
        let mut now = match timer.is_some() || max_wait.is_some() {
            true => reading.unwrap_or_else(|| core.clock.now()),
            false => Instant::from_nanos(0),
        };
        *reading = None;
        let limit = max_wait.map(|wait| now + wait);
        let deadline = earlier(timer, limit).filter(|&end| end != Instant::NEVER);
        let time = self.spin.time(now, deadline);
        if !time.is_zero() {
            if deadline.is_none() {
                now = core.clock.now();
            }
            let until = deadline.map_or(now + time, |deadline| deadline.min(now + time));
            let came = self.look(core, system, &mut now, until, has_root)?;
            let is_over = deadline.is_some_and(|deadline| deadline <= now);
            // A deadline that came does not count, because it was known before.
            if came || !is_over {
                self.spin.learn(came);
            }
            if came || is_over {
                *reading = Some(now);
                return Ok(());
            }
        }
        loop {
            let begin = now;
            let wake = deadline.map(|deadline| {
                let following = || system.second_deadline();
                system.lead.park_until(begin, deadline, following)
            });
            if let (Some(wake), Some(deadline)) = (wake, deadline)
                && wake <= begin
            {
                system.lead.learn(begin, deadline, None);
                self.look(core, system, &mut now, deadline, has_root)?;
                *reading = Some(now);
                return Ok(());
            }
            if !self.shared.park.try_park() {
                core.poll_io()?;
                return Ok(());
            }
            let reactor = &system.reactor;
            let clock = || match deadline {
                Some(_) => begin,
                None => core.clock.now(),
            };
            let parked = reactor.park(wake, clock, |report| core.take_report(report));
            let notified = self.shared.park.look();
            let end = parked?;
            if notified || self.has_work(core, has_root) {
                return Ok(());
            }
            if end.is_for_nothing(wake) {
                now = core.clock.now();
                continue;
            }
            let (Some(wake), Some(deadline)) = (wake, deadline) else {
                return Ok(());
            };
            now = core.clock.now();
            if end.timer == Some(wake) {
                let late = now.nanos_since(wake);
                system.lead.learn(begin, deadline, Some(late));
            }
            // Woken by something else, or in time.
            if now < wake || now >= deadline {
                *reading = Some(now);
                return Ok(());
            }
            if system.lead.covers(now, deadline) {
                self.look(core, system, &mut now, deadline, has_root)?;
                *reading = Some(now);
                return Ok(());
            }
        }
    }

    /// Looks at I/O again and again until there is work or the time has come; once at least. True:
    /// there is work. `now` is the time before and after it.
    #[cold]
    #[inline(never)]
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
                system.lead.spend(begin, *now);
                return Ok(came);
            }
            std::hint::spin_loop();
            *now = core.clock.now();
            if until.nanos_since(*now) > LAST_LOOK {
                core.poll_io()?;
            }
        }
    }
}
