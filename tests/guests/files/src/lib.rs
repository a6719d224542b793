//! Files, function by function: a script of commands over `wasi:filesystem`, and loops to measure.
#![no_std]

extern crate alloc;
extern crate support;

// Comparing strings needs `memcmp`, which the target keeps in its libc; nothing else of it is taken.
#[link(name = "c")]
unsafe extern "C" {}

mod measure;
mod script;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/clocks",
        "../../../wit/deps/filesystem",
        "../wit/files.wit",
    ],
    world: "test:guests/files-guest",
    generate_all,
});

use alloc::string::String;
use alloc::vec::Vec;

use exports::test::guests::files::Guest;

struct Files;
export!(Files);

impl Guest for Files {
    fn script(lines: Vec<String>) -> Vec<String> {
        let mut script = script::Script::default();
        lines.iter().map(|line| script.run(line)).collect()
    }

    fn sequential_reads(path: String, part: u32, total: u64) -> u64 {
        measure::sequential_reads(&path, part, total)
    }

    fn random_reads(path: String, count: u32) -> u64 {
        measure::random_reads(&path, count)
    }

    fn writes(path: String, count: u32) -> u64 {
        measure::writes(&path, count)
    }

    fn stream_writes(path: String, count: u32) -> u64 {
        measure::stream_writes(&path, count)
    }

    fn stats(path: String, count: u32) -> u64 {
        measure::stats(&path, count)
    }

    fn path_stats(path: String, count: u32) -> u64 {
        measure::path_stats(&path, count)
    }

    fn opens(path: String, count: u32) -> u64 {
        measure::opens(&path, count)
    }

    fn crossings(path: String, count: u32) -> u64 {
        measure::crossings(&path, count)
    }

    fn lists(path: String, entries: u32) -> u64 {
        measure::lists(&path, entries)
    }
}
