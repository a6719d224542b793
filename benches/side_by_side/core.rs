//! Which core a thread, and whatever it starts, runs on.

use std::io;
use std::sync::OnceLock;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Those that this program was given.
static GIVEN: OnceLock<CpuSet> = OnceLock::new();

/// Stays on the core of this number among those given, counted round.
///
/// # Errors
/// The system's.
pub fn stay(number: usize) -> io::Result<()> {
    let given = given()?;
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU)
        .filter(|&at| given.is_set(at))
        .collect();
    let mut one = CpuSet::new();
    if let Some(&core) = cores.get(number % cores.len().max(1)) {
        one.set(core);
        sched_setaffinity(None, &one)?;
    }
    Ok(())
}

/// Takes any of the cores again.
///
/// # Errors
/// The system's.
pub fn roam() -> io::Result<()> {
    Ok(sched_setaffinity(None, &given()?)?)
}

fn given() -> io::Result<CpuSet> {
    match GIVEN.get() {
        Some(given) => Ok(*given),
        None => {
            let given = sched_getaffinity(None)?;
            Ok(*GIVEN.get_or_init(|| given))
        }
    }
}
