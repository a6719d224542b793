//! Which core a thread runs on.

use std::io;
use std::num::NonZeroU64;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity, set_current_timer_slack};

/// The core of the contender.
pub const CONTENDER: usize = 0;
/// The core of the thread that helps to measure it.
pub const HELPER: usize = 1;

/// Those that this thread may use.
///
/// # Errors
/// The system's.
pub fn allowed() -> io::Result<Vec<usize>> {
    let given = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU)
        .filter(|&at| given.is_set(at))
        .collect())
}

/// Keeps this thread, and whatever it starts, on one of these cores: the one of this number, counted round.
///
/// # Errors
/// The system's.
pub fn stay(cores: &[usize], number: usize) -> io::Result<()> {
    let Some(&core) = cores.get(number % cores.len().max(1)) else {
        return Ok(());
    };
    let mut one = CpuSet::new();
    one.set(core);
    Ok(sched_setaffinity(None, &one)?)
}

/// The least timer slack for this thread and those that it starts.
///
/// # Errors
/// The system's.
pub fn without_timer_slack() -> io::Result<()> {
    Ok(set_current_timer_slack(NonZeroU64::new(1))?)
}

/// One step of waiting without a system call, where the one who is waited for has a core of its own; else the core is given
/// to others.
pub fn spin(cores: &[usize]) {
    match cores.len() {
        0 | 1 => std::thread::yield_now(),
        _ => std::hint::spin_loop(),
    }
}
