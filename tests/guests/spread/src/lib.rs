//! The same guest built against one of three versions of WASI: 0.2.12, or what a feature says.
#![no_std]

extern crate alloc;
extern crate support;

/// The bindings of one version, and what it is called.
macro_rules! version {
    ($condition:meta, $name:literal, $wit:literal) => {
        #[cfg($condition)]
        wit_bindgen::generate!({
            path: $wit,
            world: "test:guests/spread-guest",
            generate_all,
        });

        #[cfg($condition)]
        const VERSION: &str = $name;
    };
}

version!(feature = "wasi-0-2-0", "0.2.0", "../wit/spread-0.2.0.wit");
version!(feature = "wasi-0-2-3", "0.2.3", "../wit/spread-0.2.3.wit");
version!(
    not(any(feature = "wasi-0-2-0", feature = "wasi-0-2-3")),
    "0.2.12",
    "../wit/spread-0.2.12.wit"
);

use alloc::string::{String, ToString};
use exports::test::guests::spread::Guest;
use wasi::clocks::monotonic_clock::subscribe_duration;

struct Spread;
export!(Spread);

impl Guest for Spread {
    fn tick() -> String {
        subscribe_duration(1_000_000).block();
        VERSION.to_string()
    }
}
