//! Bytes of a client, which the server decodes as requests: the same whole and in pieces, within bounds, and nothing
//! panics. What holds is in `tests/it/http_server/requests.rs`, which a test runs with the seeds.

#![no_main]

#[path = "../../tests/it/http_server/requests.rs"]
mod requests;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    requests::decode_any(bytes);
});
