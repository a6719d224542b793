//! Files, function by function: a script of commands over `wasi:filesystem`.
#![no_std]

extern crate alloc;
extern crate support;

// Comparing strings needs `memcmp`, which the target keeps in its libc; nothing else of it is taken.
#[link(name = "c")]
unsafe extern "C" {}

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
}
