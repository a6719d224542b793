//! A part of the program that is counted.
//!
//! Callgrind writes its counters to a file, and sets those of all threads to zero, before it calls
//! [`counted_region_begins`] and [`counted_region_ends`]: of a run's files each second one is a region.

use std::hint::black_box;
use std::io::{self, Write};

use super::allocator::allocations;
use crate::fallible::Fallible;

/// Where a region begins.
#[inline(never)]
pub fn counted_region_begins() -> usize {
    black_box("begins");
    allocations()
}

/// Where a region ends.
#[inline(never)]
pub fn counted_region_ends() -> usize {
    // Other instructions than above: the compiler merges functions that are the same.
    black_box("ends");
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
