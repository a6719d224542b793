//! The times that `fd_filestat_set_times` and `path_filestat_set_times` set.

use super::errno::Errno;
use crate::host::clocks::interfaces::wall_clock::Datetime;
use crate::host::filesystem::interfaces::types::NewTimestamp;

const ACCESS: u32 = 1;
const ACCESS_NOW: u32 = 2;
const MODIFICATION: u32 = 4;
const MODIFICATION_NOW: u32 = 8;

const NANOS: u64 = 1_000_000_000;

/// The times of access and modification that a call asks for.
///
/// # Errors
/// `inval` for unknown flags, and for a time that is to be two at once.
pub(super) fn timestamps(
    access: u64,
    modification: u64,
    flags: u32,
) -> Result<(NewTimestamp, NewTimestamp), Errno> {
    let has = |flag: u32| flags & flag != 0;
    if has(!(ACCESS | ACCESS_NOW | MODIFICATION | MODIFICATION_NOW)) {
        return Err(Errno::INVAL);
    }
    let one = |time: u64, given: bool, now: bool| match (given, now) {
        (true, true) => Err(Errno::INVAL),
        (false, true) => Ok(NewTimestamp::Now),
        (false, false) => Ok(NewTimestamp::NoChange),
        (true, false) => Ok(NewTimestamp::Timestamp(Datetime {
            seconds: time / NANOS,
            nanoseconds: (time % NANOS) as u32,
        })),
    };
    Ok((
        one(access, has(ACCESS), has(ACCESS_NOW))?,
        one(modification, has(MODIFICATION), has(MODIFICATION_NOW))?,
    ))
}
