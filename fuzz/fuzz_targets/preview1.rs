//! Functions of preview 1 in any order, with arguments that the input says: each is an error number or
//! a trap that is known, and nothing else. The guest is that of `tests/it/preview1/hostile.rs`.

#![no_main]

#[path = "../../tests/it/preview1/random_calls.rs"]
mod random_calls;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use random_calls::{RandomCalls, script};

static GUEST: LazyLock<RandomCalls> = LazyLock::new(RandomCalls::new);

fuzz_target!(|bytes: &[u8]| {
    let numbers: Vec<u32> = bytes
        .chunks_exact(4)
        .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
        .collect();
    script(&GUEST.runtime(), &numbers);
});
