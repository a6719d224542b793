//! The server of the library: what its decoder makes of bytes that a fuzzer has found.

mod requests;

use std::fs;
use std::path::Path;

use requests::decode_any;

/// The inputs with which `.ci/fuzz` begins, each whole and from each of its bytes on.
#[test]
fn seeds_of_the_fuzzer_hold() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/request_decoder");
    let mut outcomes = (0, 0);
    for seed in fs::read_dir(seeds).expect("a directory") {
        let path = seed.expect("an entry").path();
        let bytes = fs::read(&path).expect("a file");
        match decode_any(&bytes).requests {
            0 => outcomes.0 += 1,
            _ => outcomes.1 += 1,
        }
        for start in 1..bytes.len() {
            decode_any(&bytes[start..]);
        }
    }
    // Some are refused at once, and some are taken.
    assert!(outcomes.0 >= 5 && outcomes.1 >= 5, "{outcomes:?}");
}
