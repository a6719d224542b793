//! The example `examples/ledger`: what its page says of it.

use std::process::Output;

fn sim(scenario: &str, words: &[&str]) -> Output {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/ledger");
    let mut program = crate::support::binary();
    program.current_dir(directory).args(["sim", scenario]);
    program.args(words).output().expect("it starts")
}

fn text(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    format!("{stdout}{}", String::from_utf8_lossy(&output.stderr))
}

#[test]
fn without_a_crash_all_receipts_have_payments() {
    let output = sim("calm.yaml", &["--seeds", "0..20"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[test]
fn a_loss_of_power_shows_a_receipt_without_its_payment() {
    let output = sim("ledger.yaml", &["--seeds", "0..1000", "--stop-after", "1"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let shown = text(&output);
    let again = shown.split("--seed ").nth(1).unwrap_or_default();
    let seed: String = again.chars().take_while(char::is_ascii_digit).collect();
    let output = sim("ledger.yaml", &["--seed", &seed]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let shown = text(&output);
    assert!(
        shown.contains("is for a payment that the ledger has not"),
        "{shown}"
    );
}

#[test]
fn payments_that_are_synced_first_are_there() {
    let output = sim("mended.yaml", &["--seeds", "0..100"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[test]
fn a_filesystem_that_there_is_not_is_told_with_its_place() {
    let directory = tempfile::tempdir().expect("a directory");
    let scenario = "hosts: {a: {}}\ndisks:\n  - {host: a, fs: nothing}\n";
    let path = directory.path().join("s.yaml");
    std::fs::write(&path, scenario).expect("a file");
    let output = sim(path.to_str().expect("UTF-8"), &["--seed", "1"]);
    let told = text(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("s.yaml:3:"), "{told}");
    assert!(
        told.contains("there is no filesystem \"nothing\""),
        "{told}"
    );
}

/// The smaller run is a log that another process replays.
#[test]
fn what_shows_it_is_made_smaller() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("small.log");
    let log = log.to_str().expect("UTF-8");
    let output = sim("ledger.yaml", &["--seeds", "0..1000", "--stop-after", "1"]);
    let shown = text(&output);
    let again = shown.split("--seed ").nth(1).unwrap_or_default();
    let seed: String = again.chars().take_while(char::is_ascii_digit).collect();
    let output = sim("ledger.yaml", &["--seed", &seed, "--shrink", "--log", log]);
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(shown.contains("the crash of shop l"), "{shown}");
    let output = sim("ledger.yaml", &["--replay", log]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let shown = text(&output);
    assert!(
        shown.contains("is for a payment that the ledger has not"),
        "{shown}"
    );
}
