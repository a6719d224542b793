//! A socket's options in the units of the WIT. A value of 0 is refused, and all others are rounded
//! and bounded to what the system takes.

use std::time::Duration;

use wippy_dispatcher::net::Options;

use super::SocketError;
use super::error::ErrorCode;

/// The longest time of keep-alive that Linux takes, in seconds.
const SECONDS_MAX: u64 = 32_767;
/// The most keep-alive probes that Linux takes.
const PROBES_MAX: u32 = 127;
/// Linux reports a buffer twice as large as it was set, its own bookkeeping included.
const DOUBLED: usize = 2;

/// A socket's options. Times are in nanoseconds, sizes in bytes.
pub(super) struct SocketOptions<'a>(Options<'a>);

impl<'a> From<Options<'a>> for SocketOptions<'a> {
    fn from(options: Options<'a>) -> SocketOptions<'a> {
        SocketOptions(options)
    }
}

impl SocketOptions<'_> {
    pub(super) fn keep_alive(&self) -> Result<bool, SocketError> {
        Ok(self.0.keep_alive()?)
    }

    pub(super) fn set_keep_alive(&self, on: bool) -> Result<(), SocketError> {
        Ok(self.0.set_keep_alive(on)?)
    }

    pub(super) fn keep_alive_idle(&self) -> Result<u64, SocketError> {
        Ok(nanos(self.0.keep_alive_idle()?))
    }

    pub(super) fn set_keep_alive_idle(&self, nanos: u64) -> Result<(), SocketError> {
        Ok(self.0.set_keep_alive_idle(whole_seconds(nanos)?)?)
    }

    pub(super) fn keep_alive_interval(&self) -> Result<u64, SocketError> {
        Ok(nanos(self.0.keep_alive_interval()?))
    }

    pub(super) fn set_keep_alive_interval(&self, nanos: u64) -> Result<(), SocketError> {
        Ok(self.0.set_keep_alive_interval(whole_seconds(nanos)?)?)
    }

    pub(super) fn keep_alive_count(&self) -> Result<u32, SocketError> {
        Ok(self.0.keep_alive_count()?)
    }

    pub(super) fn set_keep_alive_count(&self, count: u32) -> Result<(), SocketError> {
        Ok(self.0.set_keep_alive_count(probes(count)?)?)
    }

    pub(super) fn hop_limit(&self) -> Result<u8, SocketError> {
        Ok(self.0.hop_limit()?)
    }

    pub(super) fn set_hop_limit(&self, hops: u8) -> Result<(), SocketError> {
        match hops {
            0 => Err(ErrorCode::InvalidArgument.into()),
            _ => Ok(self.0.set_hop_limit(hops)?),
        }
    }

    pub(super) fn receive_buffer(&self) -> Result<u64, SocketError> {
        Ok((self.0.receive_buffer()? / DOUBLED) as u64)
    }

    pub(super) fn set_receive_buffer(&self, size: u64) -> Result<(), SocketError> {
        Ok(self.0.set_receive_buffer(bytes(size)?)?)
    }

    pub(super) fn send_buffer(&self) -> Result<u64, SocketError> {
        Ok((self.0.send_buffer()? / DOUBLED) as u64)
    }

    pub(super) fn set_send_buffer(&self, size: u64) -> Result<(), SocketError> {
        Ok(self.0.set_send_buffer(bytes(size)?)?)
    }
}

fn nanos(duration: Duration) -> u64 {
    let nanos = u64::try_from(duration.as_nanos());
    debug_assert!(nanos.is_ok(), "the system has no such time: {duration:?}");
    nanos.unwrap_or(u64::MAX)
}

/// Nanoseconds as whole seconds, at least one.
fn whole_seconds(nanos: u64) -> Result<Duration, SocketError> {
    match nanos {
        0 => Err(ErrorCode::InvalidArgument.into()),
        _ => {
            let seconds = nanos.div_ceil(1_000_000_000).min(SECONDS_MAX);
            Ok(Duration::from_secs(seconds))
        }
    }
}

fn probes(count: u32) -> Result<u32, SocketError> {
    match count {
        0 => Err(ErrorCode::InvalidArgument.into()),
        _ => Ok(count.min(PROBES_MAX)),
    }
}

fn bytes(size: u64) -> Result<usize, SocketError> {
    // The system takes a signed 32-bit number, and doubles it.
    const MAX: u64 = i32::MAX as u64 / DOUBLED as u64;
    match size {
        0 => Err(ErrorCode::InvalidArgument.into()),
        _ => Ok(size.min(MAX) as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_rounded_up_and_bounded() {
        let seconds = |nanos| whole_seconds(nanos).map(|time| time.as_secs()).ok();
        assert_eq!(seconds(0), None);
        assert_eq!(seconds(1), Some(1));
        assert_eq!(seconds(1_000_000_001), Some(2));
        assert_eq!(seconds(u64::MAX), Some(SECONDS_MAX));
        assert_eq!(probes(u32::MAX).ok(), Some(PROBES_MAX));
        assert!(probes(0).is_err());
        assert!(bytes(0).is_err());
        assert_eq!(bytes(u64::MAX).ok(), Some(i32::MAX as usize / 2));
    }
}
