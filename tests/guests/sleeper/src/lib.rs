//! Sleeps in a row, in one poll, and measured.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: ["../../../wit/deps/io", "../../../wit/deps/clocks", "../wit/sleeper.wit"],
    world: "test:guests/sleeper-guest",
    generate_all,
});

use alloc::vec::Vec;
use exports::test::guests::sleeper::Guest;
use wasi::clocks::monotonic_clock::{now, subscribe_duration, subscribe_instant};
use wasi::io::poll::poll;

struct Sleeper;
export!(Sleeper);

impl Guest for Sleeper {
    fn sleep_series(durations_us: Vec<u64>) -> u64 {
        let start = now();
        for us in durations_us {
            subscribe_duration(us.saturating_mul(1000)).block();
        }
        now() - start
    }

    fn sleep_poll(durations_us: Vec<u64>) -> Vec<u32> {
        let mut pending: Vec<_> = (0u32..)
            .zip(durations_us)
            .map(|(index, us)| (index, subscribe_duration(us.saturating_mul(1000))))
            .collect();
        let mut fired = Vec::with_capacity(pending.len());
        while !pending.is_empty() {
            let borrowed: Vec<_> = pending.iter().map(|(_, timer)| timer).collect();
            let mut ready = poll(&borrowed);
            fired.extend(ready.iter().map(|at| pending[*at as usize].0));
            // From the back, so that the positions in front stay valid.
            ready.sort_unstable();
            for at in ready.into_iter().rev() {
                pending.remove(at as usize);
            }
        }
        fired
    }

    fn overshoot(duration_us: u64, trials: u32) -> Vec<u64> {
        (0..trials)
            .map(|_| {
                let deadline = now().saturating_add(duration_us.saturating_mul(1000));
                subscribe_instant(deadline).block();
                now().checked_sub(deadline).expect("a sleep ended early")
            })
            .collect()
    }
}
