//! Draws random numbers.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/random",
        "../wit/dice.wit",
    ],
    world: "test:guests/dice-guest",
    generate_all,
});

use alloc::vec::Vec;
use exports::test::guests::dice::Guest;
use wasi::random::{insecure, insecure_seed, random};

struct Dice;
export!(Dice);

impl Guest for Dice {
    fn random_bytes(len: u64) -> Vec<u8> {
        random::get_random_bytes(len)
    }

    fn random_u64() -> u64 {
        random::get_random_u64()
    }

    fn insecure_bytes(len: u64) -> Vec<u8> {
        insecure::get_insecure_random_bytes(len)
    }

    fn insecure_u64() -> u64 {
        insecure::get_insecure_random_u64()
    }

    fn insecure_seed() -> (u64, u64) {
        insecure_seed::insecure_seed()
    }
}
