//! Polls sets of timers: for the benchmark, and for what `poll` promises.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/clocks",
        "../wit/pollset.wit",
    ],
    world: "test:guests/pollset-guest",
    generate_all,
});

use alloc::vec;
use alloc::vec::Vec;
use exports::test::guests::pollset::Guest;
use wasi::clocks::monotonic_clock::{now, subscribe_duration, subscribe_instant};
use wasi::io::poll::{Pollable, poll};

const HOUR: u64 = 3_600_000_000_000;

struct Pollset;
export!(Pollset);

/// A timer that was never in the future. Some hosts make even that wait once, before the first answer.
fn due() -> Pollable {
    let timer = subscribe_instant(0);
    timer.block();
    timer
}

/// A timer whose time has come.
fn expired() -> Pollable {
    let timer = subscribe_duration(1000);
    timer.block();
    timer
}

fn measure(timers: u32, ready: u32, rounds: u32, make_ready: fn() -> Pollable) -> u64 {
    assert!((1..=timers).contains(&ready));
    let waiting = timers - ready;
    let set: Vec<_> = (0..timers)
        .map(|index| {
            if index < waiting {
                subscribe_duration(HOUR)
            } else {
                make_ready()
            }
        })
        .collect();
    let set: Vec<_> = set.iter().collect();
    let start = now();
    for _ in 0..rounds {
        let answer = poll(&set);
        assert_eq!(answer.len(), ready as usize);
        assert!(answer.iter().all(|index| *index >= waiting));
    }
    now() - start
}

impl Guest for Pollset {
    fn poll_many(timers: u32, ready: u32, rounds: u32) -> u64 {
        measure(timers, ready, rounds, due)
    }

    fn poll_expired(timers: u32, ready: u32, rounds: u32) -> u64 {
        measure(timers, ready, rounds, expired)
    }

    fn poll_same_twice() -> Vec<u32> {
        let timer = due();
        poll(&[&timer, &timer])
    }

    fn poll_empty() {
        poll(&[]);
    }

    fn poll_duplicate_many(n: u32) -> u32 {
        let timer = due();
        let answer = poll(&vec![&timer; n as usize]);
        u32::try_from(answer.len()).expect("a list longer than the address space")
    }

    fn ready_loop(rounds: u32) -> u64 {
        let timer = due();
        let start = now();
        for _ in 0..rounds {
            assert!(timer.ready());
        }
        now() - start
    }

    fn now_loop(rounds: u32) -> u64 {
        let start = now();
        for _ in 0..rounds {
            now();
        }
        now() - start
    }

    fn block_loop(rounds: u32) -> u64 {
        let timer = due();
        let start = now();
        for _ in 0..rounds {
            timer.block();
        }
        now() - start
    }

    fn subscribe_loop(rounds: u32) -> u64 {
        let start = now();
        for _ in 0..rounds {
            drop(subscribe_duration(HOUR));
        }
        now() - start
    }

    fn forever() -> bool {
        !subscribe_duration(u64::MAX).ready()
            && !subscribe_instant(u64::MAX).ready()
            && subscribe_duration(0).ready()
            && subscribe_instant(now().saturating_sub(1)).ready()
    }
}
