//! The commands of `docs/determinism.md`, as they stand there.

use std::path::Path;

use crate::support::binary;

/// The words of a command, of which single quotes hold some together.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, part) in command.split('\'').enumerate() {
        match place % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

/// The same with the scenarios where they are.
fn located(word: &str) -> String {
    let example = match word {
        "retry.yaml" => "retry",
        "ledger.yaml" => "ledger",
        _ => return word.to_owned(),
    };
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    format!("{examples}/{example}/{word}")
}

#[test]
fn the_commands_of_the_page_work_with_the_examples() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/determinism.md");
    let page = std::fs::read_to_string(page).expect("a file");
    let lines = page.lines().filter_map(|line| line.strip_prefix("$ "));
    let lines = lines.map(|line| line.split(" #").next().unwrap_or_default());
    let commands: Vec<&str> = lines.flat_map(|line| line.split("; ")).collect();
    assert!(commands.len() > 10, "{commands:?}");
    // Each may use what an earlier one has written.
    let directory = tempfile::tempdir().expect("a directory");
    for command in commands {
        let words = words(command);
        assert_eq!(words[..2], ["wippy", "sim"], "{command}");
        let mut program = binary();
        program.current_dir(directory.path());
        let output = program
            .args(words[1..].iter().map(|word| located(word)))
            .output();
        let output = output.expect("the program");
        let told = String::from_utf8_lossy(&output.stderr);
        // Nothing is refused, and no edit is one of nothing.
        assert_eq!(told, "", "{command}");
        let is_expected = match command.contains("--shrink") {
            true => output.status.code() == Some(0),
            // What the example is about fails.
            false => matches!(output.status.code(), Some(0 | 1)),
        };
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(is_expected, "{command}: {shown}");
    }
}
