//! Where the dispatcher's thread waits.

use std::time::Duration;

use crate::Error;
use crate::core::{Core, earlier};
use crate::dispatcher::Dispatcher;
use crate::io::system_driver::SystemDriver;
use crate::time::clock::Instant;

/// This long before a deadline I/O is looked at for the last time: a look takes about as long.
const LAST_LOOK: Duration = Duration::from_micros(1);

impl Dispatcher {
    /// The one place where the dispatcher's thread waits: until there is work, or until the next
    /// deadline or `limit`.
    pub(crate) fn park(
        &self,
        core: &Core,
        system: &SystemDriver,
        limit: Option<Instant>,
        has_root: bool,
    ) -> Result<(), Error> {
        let timer = system.wake_time();
        let deadline = earlier(timer, limit).filter(|&deadline| deadline != Instant::NEVER);
        let mut now = core.clock.now();
        let time = self.spin.time(now, deadline);
        let due = deadline.is_some_and(|deadline| deadline <= now);
        if due || !time.is_zero() {
            let until = earlier(deadline, Some(now + time)).unwrap_or(now);
            let came = self.look(core, system, &mut now, until, has_root)?;
            if !time.is_zero() && (came || deadline.is_none_or(|deadline| now < deadline)) {
                self.spin.learn(came);
            }
            if came || deadline.is_some_and(|deadline| deadline <= now) {
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
                && wake <= now
            {
                system.lead.learn(deadline - now, None);
                self.look(core, system, &mut now, deadline, has_root)?;
                return Ok(());
            }
            if !self.shared.park.try_park() {
                return core.poll_io();
            }
            let parked = system.reactor.park(wake, |report| core.take_report(report));
            let notified = self.shared.park.look();
            let is_timer = parked?;
            let (Some(wake), Some(deadline)) = (wake, deadline) else {
                return Ok(());
            };
            if notified || self.has_work(core, has_root) {
                return Ok(());
            }
            now = core.clock.now();
            if is_timer {
                system.lead.learn(deadline - begin, Some(now - wake));
            }
            // Woken by something else, or in time.
            if now < wake || now >= deadline {
                return Ok(());
            }
            if system.lead.covers(deadline - now) {
                self.look(core, system, &mut now, deadline, has_root)?;
                return Ok(());
            }
        }
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
                if *now > begin {
                    system.lead.spend(*now, *now - begin);
                }
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
