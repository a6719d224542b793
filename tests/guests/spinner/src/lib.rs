//! Spins on the clock and on pollables without ever sleeping; computes.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/clocks",
        "../wit/spinner.wit",
    ],
    world: "test:guests/spinner-guest",
    generate_all,
});

use alloc::vec::Vec;
use exports::test::guests::spinner::Guest;
use wasi::clocks::monotonic_clock::{now, subscribe_duration, subscribe_instant};
use wasi::io::poll::{Pollable, poll};

struct Spinner;
export!(Spinner);

/// Runs `spin` over a timer of `duration_us` `trials` times; how late each of them ended, in nanoseconds.
fn lateness(duration_us: u64, trials: u32, spin: impl Fn(&Pollable)) -> Vec<u64> {
    (0..trials)
        .map(|_| {
            let deadline = now().saturating_add(duration_us.saturating_mul(1000));
            spin(&subscribe_instant(deadline));
            now()
                .checked_sub(deadline)
                .expect("a timer was ready early")
        })
        .collect()
}

impl Guest for Spinner {
    fn spin_ready(duration_us: u64, trials: u32) -> Vec<u64> {
        lateness(duration_us, trials, |timer| while !timer.ready() {})
    }

    fn spin_zero_poll(duration_us: u64, trials: u32) -> Vec<u64> {
        lateness(duration_us, trials, |timer| {
            let zero = subscribe_duration(0);
            while !poll(&[&zero, timer]).contains(&1) {}
        })
    }

    fn spin_now(duration_us: u64) -> u64 {
        let end = now().saturating_add(duration_us.saturating_mul(1000));
        let mut readings = 1;
        while now() < end {
            readings += 1;
        }
        readings
    }

    fn compute(rounds: u64) -> u64 {
        // A xorshift: each round needs the one before, so no compiler folds the loop.
        (0..rounds).fold(0x9e37_79b9_7f4a_7c15, |mut x: u64, _| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^ (x << 17)
        })
    }
}
