//! The program that the README shows.

use std::path::Path;

/// Compiled from the text that the README has to show.
#[path = "../../examples/embed/main.rs"]
mod embed;

const MOST_LINES: usize = 30;

#[test]
fn the_program_of_the_readme_is_short_and_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("a file");
    let shown: Vec<&str> = readme
        .split("```rust\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert_eq!(shown, [include_str!("../../examples/embed/main.rs")]);
    let lines = shown.iter().flat_map(|text| text.lines()).count();
    assert!(lines <= MOST_LINES, "{lines}");
    embed::main().expect("it runs");
}
