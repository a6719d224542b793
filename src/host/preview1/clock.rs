//! The clocks: `clock_res_get` and `clock_time_get`.

use std::time::Duration;

use super::access::Interface;
use super::errno::{Answer, Errno};
use super::guest::Guest;

/// A clock that the host has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Clock {
    Realtime,
    Monotonic,
}

impl Clock {
    /// The clock of a number. Those of the processor's time are no descriptors of anything here.
    ///
    /// # Errors
    /// `without` for a clock that the host does not have; `inval` for what is none.
    pub(super) fn new(number: u32, without: Errno) -> Result<Clock, Errno> {
        match number {
            0 => Ok(Clock::Realtime),
            1 => Ok(Clock::Monotonic),
            2 | 3 => Err(without),
            _ => Err(Errno::INVAL),
        }
    }

    /// Refuses a clock that is not enabled.
    ///
    /// # Errors
    /// A trap that says what would enable it.
    pub(super) fn need(self, guest: &Guest<'_>) -> Answer {
        match self {
            Clock::Realtime => guest.need(Interface::WallClock, " of the realtime clock"),
            Clock::Monotonic => guest.need(Interface::MonotonicClock, " of the monotonic clock"),
        }
    }

    /// What it says, in nanoseconds.
    ///
    /// # Errors
    /// `overflow` where that is after the year 2554.
    pub(super) fn now(self, guest: &mut Guest<'_>) -> Answer<u64> {
        let call = guest.call();
        match self {
            Clock::Monotonic => Ok(call.handle.now()?.as_nanos()),
            Clock::Realtime => {
                let now = call.wall_time()?;
                nanos(Duration::new(now.seconds, now.nanoseconds))
            }
        }
    }
}

pub(super) fn clock_res_get(guest: &mut Guest<'_>, (id, result): (u32, u32)) -> Answer {
    let clock = Clock::new(id, Errno::BADF)?;
    clock.need(guest)?;
    let handle = &guest.call().handle;
    let resolution = match clock {
        Clock::Realtime => handle.wall_resolution()?,
        Clock::Monotonic => handle.resolution()?,
    };
    guest.store_u64(result, nanos(resolution)?)?;
    Ok(())
}

/// The precision is what the clock has.
pub(super) fn clock_time_get(
    guest: &mut Guest<'_>,
    (id, _precision, result): (u32, u64, u32),
) -> Answer {
    let clock = Clock::new(id, Errno::BADF)?;
    clock.need(guest)?;
    let now = clock.now(guest)?;
    guest.store_u64(result, now)?;
    Ok(())
}

fn nanos(time: Duration) -> Answer<u64> {
    u64::try_from(time.as_nanos()).map_err(|_| Errno::OVERFLOW.into())
}
