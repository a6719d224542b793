//! Values of options between WIT and the system: 0 is refused, all others are rounded and bounded.

use std::time::Duration;

use wippy_dispatcher::net::Options;

use super::SocketError;
use super::error::ErrorCode;

/// What Linux takes for the times of keep-alive, in seconds.
const SECONDS_MAX: u64 = 32_767;
/// And for the number of its probes.
const PROBES_MAX: u32 = 127;
/// The system reports twice of what was set, its own needs included.
const DOUBLED: usize = 2;

pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds as whole seconds, at least one.
pub(super) fn whole_seconds(nanos: u64) -> Result<Duration, SocketError> {
    match nanos {
        0 => Err(ErrorCode::InvalidArgument.into()),
        _ => {
            let seconds = nanos.div_ceil(1_000_000_000).min(SECONDS_MAX);
            Ok(Duration::from_secs(seconds))
        }
    }
}

pub(super) fn probes(count: u32) -> Result<u32, SocketError> {
    match count {
        0 => Err(ErrorCode::InvalidArgument.into()),
        _ => Ok(count.min(PROBES_MAX)),
    }
}

pub(super) fn set_hops(options: &Options<'_>, hops: u8) -> Result<(), SocketError> {
    match hops {
        0 => Err(ErrorCode::InvalidArgument.into()),
        _ => Ok(options.set_hop_limit(hops)?),
    }
}

fn bytes(value: u64) -> Result<usize, SocketError> {
    match value {
        0 => Err(ErrorCode::InvalidArgument.into()),
        // The system takes a signed 32-bit number, and doubles it.
        _ => Ok(usize::try_from(value.min(i32::MAX as u64 / DOUBLED as u64)).unwrap_or(usize::MAX)),
    }
}

pub(super) fn receive_buffer(options: &Options<'_>) -> Result<u64, SocketError> {
    Ok((options.receive_buffer()? / DOUBLED) as u64)
}

pub(super) fn set_receive_buffer(options: &Options<'_>, value: u64) -> Result<(), SocketError> {
    Ok(options.set_receive_buffer(bytes(value)?)?)
}

pub(super) fn send_buffer(options: &Options<'_>) -> Result<u64, SocketError> {
    Ok((options.send_buffer()? / DOUBLED) as u64)
}

pub(super) fn set_send_buffer(options: &Options<'_>, value: u64) -> Result<(), SocketError> {
    Ok(options.set_send_buffer(bytes(value)?)?)
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
