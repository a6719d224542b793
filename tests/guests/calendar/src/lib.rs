//! Reads both clocks.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/clocks",
        "../wit/calendar.wit",
    ],
    world: "test:guests/calendar-guest",
    generate_all,
});

use exports::test::guests::calendar::Guest;
use wasi::clocks::{monotonic_clock, wall_clock};

struct Calendar;
export!(Calendar);

fn pair(time: wall_clock::Datetime) -> (u64, u32) {
    (time.seconds, time.nanoseconds)
}

impl Guest for Calendar {
    fn wall_now() -> (u64, u32) {
        pair(wall_clock::now())
    }

    fn wall_resolution() -> (u64, u32) {
        pair(wall_clock::resolution())
    }

    fn monotonic_now() -> u64 {
        monotonic_clock::now()
    }

    fn monotonic_resolution() -> u64 {
        monotonic_clock::resolution()
    }

    fn monotonic_check(n: u32) -> bool {
        let mut last = 0;
        (0..n).all(|_| {
            let before = core::mem::replace(&mut last, monotonic_clock::now());
            before <= last
        })
    }
}
