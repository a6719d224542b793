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
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("nobody"), "{stderr}");
}

#[test]
fn edits_that_meet_nothing_are_told() {
    let edits = ["--without", "loss:99-98:0", "--with", "at 1h pause shop"];
    let (_, _, stderr) = sim(&edits);
    assert_eq!(
        stderr,
        "note: did not happen: loss:99-98:0\nnote: did not happen: at 3600s pause shop\n"
    );
    let switch = ["--without", "switch:77.5", "--with", "delay:2-1:0=250ms"];
    let (_, _, stderr) = sim(&switch);
    assert_eq!(stderr, "note: did not happen: switch:77.5\n");
    let (_, _, stderr) = sim(&["--with", "loss:8-9:0", "--json"]);
    let line: Value = serde_json::from_str(&stderr).expect("JSON");
    assert_eq!(line["message"], "did not happen: loss:8-9:0");

    // What there was is no news.
    let seed = failing_seed();
    let (_, stdout, _) = sim(&["--seed", &seed, "--list-faults", "--json"]);
    let run: Value = serde_json::from_str(&stdout).expect("JSON");
    for fault in run["faults"].as_array().expect("a list").iter().take(3) {
        let name = fault["id"].as_str().expect("a name");
        let (_, _, stderr) = sim(&["--seed", &seed, "--without", name]);
        assert_eq!(stderr, "", "{name}");
    }
}

#[test]
fn hosts_that_there_are_not_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("a.log");
    let (code, stdout, stderr) = sim(&["--with", "at 5s crash shpo", "--log", path(&log)]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert_eq!(
        stderr,
        "error: --with \"crash shpo drawn\": there is no host \"shpo\" (did you mean \"shop\"?); \
         the hosts are shop, client, default\n"
    );
    assert!(!log.exists());
}

#[test]
fn the_smaller_run_is_drawn() {
    let seed = failing_seed();
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str| directory.path().join(name);
    let (page, trace) = (file("small.html"), file("small.json"));
    let words = [
        "--seed",
        &seed,
        "--shrink",
        "--html",
        path(&page),
        "--perfetto",
        path(&trace),
    ];
    let (code, stdout, stderr) = sim(&words);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    let text = |path: &Path| std::fs::read_to_string(path).expect("text");
    assert!(text(&page).contains(&format!("retry.yaml, seed {seed}")));
    let trace: Value = serde_json::from_str(&text(&trace)).expect("JSON");
    assert!(
        trace["traceEvents"]
            .as_array()
            .is_some_and(|it| !it.is_empty())
    );
}

#[test]
fn outputs_stay_where_a_run_comes_to_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str| directory.path().join(name);
    let (log, page, trace) = (file("a.log"), file("a.html"), file("a.json"));
    let outputs = [
        "--log",
        path(&log),
        "--html",
        path(&page),
        "--perfetto",
        path(&trace),
    ];
    let passes = (0..100).map(|seed| seed.to_string());
    let mut passes = passes.filter(|seed| sim(&["--seed", seed]).0 == Some(0));
    let seed = passes.next().expect("a seed that passes");
    let (code, stdout, _) = sim(&[&["--seed", &seed][..], &outputs].concat());
    assert_eq!(code, Some(0), "{stdout}");
    let read = || [&log, &page, &trace].map(|path| std::fs::read(path).expect("a file"));
    let before = read();
    assert!(before.iter().all(|bytes| !bytes.is_empty()));
    let nothing: [&[&str]; 3] = [
        &["--seed", &seed, "--shrink"],
        &["--with", "at 1s crash nobody"],
        &["--replay", "none.log"],
    ];
    for words in nothing {
        let (code, stdout, _) = sim(&[words, &outputs].concat());
        assert_ne!(code, Some(0), "{words:?}: {stdout}");
        assert!(read() == before, "{words:?}");
    }
    // A file that cannot be written, behind those that can.
    let words = ["--log", path(&log), "--html", "/nowhere/a.html"];
    assert_eq!(sim(&words).0, Some(2));
    assert!(read() == before);

    // One file for two outputs.
    for words in [
        ["--log", path(&file("x")), "--html", path(&file("x"))],
        ["--html", path(&file("x")), "--perfetto", path(&file("x"))],
    ] {
        let (code, stdout, stderr) = sim(&words);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{words:?}");
        assert!(stderr.contains("are one file, for two outputs"), "{stderr}");
        assert!(!file("x").exists());
    }
}

#[test]
fn a_damaged_log_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str| directory.path().join(name);
    let (good, bad) = (file("good.log"), file("bad.log"));
    sim(&["--log", path(&good)]);
    let mut bytes = std::fs::read(&good).expect("a log");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&bad, bytes).expect("a file");
    for words in [[path(&good), path(&bad)], [path(&bad), path(&good)]] {
        let output = binary().args(["sim", "diff"]).args(words).output();
        let output = output.expect("the program");
        assert_eq!(output.status.code(), Some(2));
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(
            stderr.starts_with(&format!("error: {}: ", path(&bad))),
            "{stderr}"
        );
    }
}
