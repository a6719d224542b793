//! What of the machine reaches guests in a simulation, and what does not.

use std::process::Output;

use crate::support::{BINARY, command};

const GROW: &str = r#"(module
    (memory 1)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;

/// Calls a guest that grows by so many pages, in a process that may have 400 MB of data.
fn grow(pages: u32, options: &str) -> Output {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("grow.wat");
    std::fs::write(&file, GROW).expect("a file");
    let script =
        format!("ulimit -d 400000 && exec \"$0\" call --no-cache {options} \"$1\" grow {pages}");
    let mut shell = command("sh");
    shell.args(["-c", &script, BINARY]).arg(&file);
    shell.output().expect("a shell")
}

#[test]
fn a_machine_without_memory_is_an_error_and_not_a_result() {
    // Within the guest's own limit, and beyond what the process may have.
    let live = grow(10_000, "");
    assert_eq!(String::from_utf8_lossy(&live.stdout), "-1\n", "{live:?}");
    let simulated = grow(10_000, "--simulate 1");
    let text = String::from_utf8_lossy(&simulated.stderr);
    assert!(
        text.contains("this machine has no memory left for a guest"),
        "{text}"
    );
    // Beyond its own limit it is the guest's to handle.
    let refused = grow(60_000, "--simulate 1");
    assert_eq!(
        String::from_utf8_lossy(&refused.stdout),
        "-1\n",
        "{refused:?}"
    );
}
