//! A part of the program that is counted.
//!
//! Callgrind sets its counters to zero before [`counted_region_begins`] and writes them to a file
//! before [`counted_region_ends`]; so the regions of a run are its files, in order.

use std::hint::black_box;
use std::io::{self, Write};

use super::Fallible;
use super::allocator::allocations;

/// The function before which the counters are set to zero.
#[inline(never)]
pub fn counted_region_begins() -> u64 {
    black_box(allocations())
}

/// The function before which the counters are written.
#[inline(never)]
pub fn counted_region_ends() -> u64 {
    black_box(allocations())
}

/// A row: `operation` is run `count` times in one region and twice as often in a second one, so
/// that whatever surrounds the operations cancels out in the difference. Once before, uncounted,
/// it warms up. Prints `NAME COUNT ALLOCATIONS ALLOCATIONS` for the two regions.
///
/// # Errors
/// Those of the operation.
pub fn row(name: &str, count: u32, mut operation: impl FnMut(u32) -> Fallible<()>) -> Fallible<()> {
    operation(2 * count)?;
    let mut counted = [0; 2];
    for (allocated, count) in counted.iter_mut().zip([count, 2 * count]) {
        let before = counted_region_begins();
        let outcome = operation(count);
        let after = counted_region_ends();
        outcome?;
        *allocated = after - before;
    }
    let [once, twice] = counted;
    let mut out = io::stdout().lock();
    writeln!(out, "{name}\t{count}\t{once}\t{twice}")?;
    Ok(())
}
