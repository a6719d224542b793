//! `wippy sim --shrink`, and runs with edits.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::binary;

/// Runs a scenario of the example `retry`.
fn sim(words: &[&str]) -> (Option<i32>, String, String) {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/retry");
    let mut program = binary();
    program.current_dir(directory).args(["sim", "retry.yaml"]);
    let Output {
        status,
        stdout,
        stderr,
    } = program.args(words).output().expect("the program");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

/// A seed that fails.
fn failing_seed() -> String {
    let (_, stdout, _) = sim(&["--seeds", "0..1000", "--stop-after", "1", "--json"]);
    let swept: Value = serde_json::from_str(&stdout).expect("JSON");
    swept["failures"][0]["seed"].to_string()
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn a_failing_seed_shrinks_to_the_faults_that_it_takes() {
    let seed = failing_seed();
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("small.log");
    let words = ["--seed", &seed, "--shrink", "--log", path(&log), "--json"];
    let (code, stdout, stderr) = sim(&words);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    let shrunk: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(shrunk["minimal"], true);
    let faults = shrunk["faults"].as_array().expect("a list");
    assert!(!faults.is_empty(), "{stdout}");
    assert_eq!(shrunk["after"]["faults"], faults.len());
    let (before, after) = (&shrunk["before"]["faults"], &shrunk["after"]["faults"]);
    let half = before.as_u64().map(|before| before / 2);
    assert!(half > after.as_u64(), "{stdout}");
    let failure = shrunk["failure"].as_str().expect("a text");

    // The log alone says which run it is.
    let (code, stdout, _) = sim(&["--replay", path(&log), "--list-faults"]);
    assert_eq!(code, Some(1), "{stdout}");
    assert!(stdout.contains(failure), "{stdout}");
    let id = |fault: &Value| fault["id"].as_str().expect("a name").to_owned();
    for fault in faults {
        assert!(stdout.contains(&format!(" {}: ", id(fault))), "{stdout}");
        // Without it, the run passes.
        let (code, stdout, stderr) = sim(&["--replay", path(&log), "--without", &id(fault)]);
        assert_eq!(code, Some(0), "{stdout}{stderr}");
    }

    // For people.
    let (code, stdout, _) = sim(&["--replay", path(&log), "--shrink"]);
    assert_eq!(code, Some(0), "{stdout}");
    assert!(
        stdout.starts_with(&format!("seed {seed} after ")),
        "{stdout}"
    );
    for fault in faults {
        let text = fault["text"].as_str().expect("a text");
        assert!(
            stdout.contains(&format!("{}: {text}", id(fault))),
            "{stdout}"
        );
    }
    assert!(
        stdout.ends_with(&format!("\nit fails: {failure}\n")),
        "{stdout}"
    );
}

#[test]
fn a_run_is_cut_and_has_faults_that_the_command_line_names() {
    let (code, stdout, _) = sim(&["--until", "1s"]);
    assert!(stdout.contains("seed 0: cut after 1s, "), "{stdout}");
    // What has not ended is not judged.
    assert_eq!(code, Some(0), "{stdout}");
    let (_, stdout, _) = sim(&["--until", "100"]);
    let records = stdout.split("cut after ").nth(1).expect("it is cut");
    let records = records
        .split(", ")
        .nth(1)
        .and_then(|it| it.split(' ').next());
    let records: u64 = records.and_then(|it| it.parse().ok()).expect("a number");
    assert!((100..200).contains(&records), "{stdout}");

    let silent = ["--with", "at 0s crash shop silent"];
    let (code, stdout, _) = sim(&[&silent[..], &["--list-faults"]].concat());
    assert_eq!(code, Some(1), "{stdout}");
    assert!(stdout.contains(" added:0: crash shop silent\n"), "{stdout}");
    let (_, stdout, _) = sim(&["--with", "delay:2-1:0=250ms", "--list-faults"]);
    let late = "delay:2-1:0: syn of 0 bytes from client to shop takes 250ms longer\n";
    assert!(stdout.contains(late), "{stdout}");

    // One switch less is another order.
    let (_, stdout, _) = sim(&["--list-faults", "--json"]);
    let run: Value = serde_json::from_str(&stdout).expect("JSON");
    let switches = run["switches"].as_array().expect("a list");
    let first = switches[0]["id"].as_str().expect("a name");
    let (_, stdout, _) = sim(&["--without", first, "--list-faults", "--json"]);
    let other: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_ne!(run["hash"], other["hash"]);
    let others = other["switches"].as_array().expect("a list");
    assert!(
        others.iter().all(|it| it["id"] != first),
        "{first}: {stdout}"
    );
}

#[test]
fn a_seed_that_passes_is_not_shrunk() {
    let passes = (0..100).map(|seed| seed.to_string());
    let mut passes = passes.filter(|seed| sim(&["--seed", seed]).0 == Some(0));
    let seed = passes.next().expect("a seed that passes");
    let (code, stdout, stderr) = sim(&["--seed", &seed, "--shrink"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(
        stderr.contains("does not fail, so there is nothing to shrink"),
        "{stderr}"
    );
}

#[test]
fn a_budget_that_ends_says_so() {
    let seed = failing_seed();
    let (code, stdout, _) = sim(&["--seed", &seed, "--shrink", "--budget", "6"]);
    assert_eq!(code, Some(1), "{stdout}");
    assert!(stdout.contains("after 6 runs: "), "{stdout}");
    assert!(stdout.contains("the budget has ended before"), "{stdout}");
}

#[test]
fn what_is_no_edit_is_refused() {
    for (words, part) in [
        (
            ["--without", "loss:1"],
            "expected the name of a fault, such as loss:1-2:7",
        ),
        (
            ["--without", "switch:1"],
            "expected a switch, such as switch:4.7",
        ),
        (
            ["--with", "delay:1-2:3"],
            "expected an amount, such as delay:1-2:3=3ms",
        ),
        (
            ["--with", "at 5s break shop"],
            "expected a fault, such as `crash HOST silent`",
        ),
        (
            ["--until", "soon"],
            "expected a number of records or a time",
        ),
        (["--budget", "9"], "--shrink"),
    ] {
        let (code, stdout, stderr) = sim(&words);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{words:?}");
        assert!(stderr.contains(part), "{words:?}: {stderr}");
    }
    let (code, _, stderr) = sim(&["--with", "at 5s pause nobody"]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("nobody"), "{stderr}");
}
