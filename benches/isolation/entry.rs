//! What each entry into a guest costs because somebody looks at how long it stays.

use std::time::Instant;

use wippy::internals::enter_guests;

use crate::{Fallible, median};

pub fn measure(rounds: usize, entries: u32) -> Fallible<()> {
    let mut took = Vec::new();
    for _ in 0..rounds {
        let begun = Instant::now();
        enter_guests(entries);
        took.push(begun.elapsed());
    }
    let nanoseconds = median(&mut took).as_nanos() as f64 / f64::from(entries);
    println!("{nanoseconds:.1} ns an entry");
    Ok(())
}
