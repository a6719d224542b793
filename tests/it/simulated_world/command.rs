//! `wippy sim` from outside.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::{Project, binary, guests};

/// A directory with a project and a scenario over it, which `expect` ends.
fn directory(expect: &str) -> tempfile::TempDir {
    let mut project = Project::new();
    project.command("cat", "cat", "[wasi:cli, wasi:io]", &[]);
    let directory = project.directory();
    let component = guests().join("components/sleeper.wasm");
    let scenario = format!(
        "project: .
components:
  nap: {{file: {}, kind: function, method: \"sleeper#sleep-series\", imports: [wasi:clocks, wasi:io]}}
hosts:
  a:
    run:
      - {{entry: test:cat, name: copy, stdin: \"one\\ntwo\\n\", start: 1500ms}}
  b:
    run:
      - {{entry: nap, input: [[2000000]]}}
{expect}
",
        component.display()
    );
    std::fs::write(directory.path().join("s.yaml"), scenario).expect("a file");
    directory
}

fn sim(directory: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let mut program = binary();
    program.current_dir(directory).arg("sim").args(words);
    let Output {
        status,
        stdout,
        stderr,
    } = program.output().expect("the program");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn one_seed_prints_what_everyone_wrote() {
    let directory = directory("");
    let (code, stdout, stderr) = sim(directory.path(), &["s.yaml", "--seed", "3", "--verify"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    let mut lines = stdout.lines();
    assert_eq!(lines.next(), Some("      1.500000 a copy | one"));
    assert_eq!(lines.next(), Some("      1.500000 a copy | two"));
    let summary = lines.next().expect("a summary");
    assert!(
        summary.starts_with("seed 3: completed after 2s, "),
        "{summary}"
    );
    assert_eq!(lines.next(), Some("  a: copy: exited with 0 at 1.5s"));
    assert_eq!(lines.next(), Some("  b: nap: returned 2000000000 at 2s"));
    assert_eq!(lines.next(), None);

    let (_, stdout, _) = sim(directory.path(), &["s.yaml", "--seed", "3", "--json"]);
    let run: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(run["end"], "completed");
    assert_eq!(run["seconds"], 2.0);
    assert_eq!(run["calls"][1]["attempts"][0]["result"], 2_000_000_000_u64);
    assert_eq!(
        run["calls"][0]["attempts"][0]["output"][0]["text"],
        "one\ntwo\n"
    );
}

#[test]
fn many_seeds_are_counted_and_those_that_fail_are_named() {
    let good = directory("expect: {calls: [{call: copy, stdout: {lines: 2}}]}");
    let (code, stdout, stderr) = sim(good.path(), &["s.yaml", "--seeds", "0..30", "--verify"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    assert!(
        stdout.contains("      30 completed, copy exited with 0, nap returned\n"),
        "{stdout}"
    );
    assert!(stdout.contains("0 of 30 seeds failed, "), "{stdout}");

    let bad = directory("expect: {calls: [{call: copy, stdout: {lines: 3}}]}");
    let words = [
        "s.yaml",
        "--seeds",
        "7..9",
        "--jobs",
        "2",
        "--picker",
        "round-robin",
    ];
    let (code, stdout, _) = sim(bad.path(), &words);
    assert_eq!(code, Some(1), "{stdout}");
    assert!(
        stdout.contains(
            "the standard output of copy of a has 2 lines, not 3\n  seeds 7, 8\n  \
             wippy sim s.yaml --seed 7 --picker round-robin\n"
        ),
        "{stdout}"
    );
    assert!(stdout.contains("2 of 2 seeds failed, "), "{stdout}");
    std::fs::copy(bad.path().join("s.yaml"), bad.path().join("it's.yaml")).expect("a copy");
    let words = [
        "it's.yaml",
        "--seeds",
        "7..8",
        "--verify",
        "--set",
        "vars.x=a b",
    ];
    let (_, stdout, stderr) = sim(bad.path(), &words);
    let line = "  wippy --set 'vars.x=a b' sim 'it'\\''s.yaml' --seed 7 --verify\n";
    assert!(stdout.contains(line), "{stdout}{stderr}");
    let (code, stdout, _) = sim(bad.path(), &["s.yaml", "--seed", "7"]);
    assert_eq!(code, Some(1));
    let line = "does not hold: the standard output of copy of a has 2 lines, not 3\n";
    assert!(stdout.ends_with(line), "{stdout}");
    let (_, stdout, _) = sim(bad.path(), &["s.yaml", "--seeds", "7..9", "--json"]);
    let swept: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(
        (&swept["failed"], &swept["failures"][0]["seed"]),
        (&2.into(), &7.into())
    );
}

#[test]
fn mistakes_are_usage_and_have_their_places() {
    let directory = directory("expect: {calls: [{call: coyp}]}");
    let (code, stdout, stderr) = sim(directory.path(), &["s.yaml"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    let expected =
        "s.yaml:11:25: error: expect: there is no call \"coyp\" (did you mean \"copy\"?)\n";
    assert_eq!(stderr, expected);
    let refused = |words: &[&str], part: &str| {
        let (code, stdout, stderr) = sim(directory.path(), words);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{words:?}");
        assert!(stderr.contains(part), "{words:?}: {stderr}");
    };
    refused(
        &["none.yaml"],
        "none.yaml: error: cannot read the scenario: no such file",
    );
    refused(
        &["s.yaml", "--seeds", "9"],
        "expected a range of seeds, such as 0..1000",
    );
    refused(
        &["s.yaml", "--picker", "fifo"],
        "expected uniform, round-robin, or priority-change",
    );
    let write = |text: &str| {
        std::fs::write(directory.path().join("t.yaml"), text).expect("a file");
    };
    write("project: .\nhosts: {a: {run: [{entry: cta}]}}");
    refused(
        &["t.yaml"],
        "t.yaml:2:27: error: hosts: cta: entry \"cta\" not found (did you mean",
    );
    write("components: {x: {file: x.wasm}}\nhosts: {a: {run: [{entry: x}]}}");
    refused(&["t.yaml"], "t.yaml:1:24: error: components: ");
}

#[test]
fn a_log_is_replayed_compared_and_of_its_scenario_only() {
    let directory = directory("");
    let run = |words: &[&str]| sim(directory.path(), words);
    let (code, recorded, stderr) = run(&["s.yaml", "--seed", "3", "--log", "a.log"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let (code, replayed, stderr) = run(&["s.yaml", "--replay", "a.log"]);
    assert_eq!((code, replayed, stderr.as_str()), (Some(0), recorded, ""));
    run(&["s.yaml", "--seed", "3", "--log", "b.log"]);
    run(&["s.yaml", "--seed", "4", "--log", "c.log"]);
    let bytes = |file: &str| std::fs::read(directory.path().join(file)).expect("a log");
    assert_eq!(bytes("a.log"), bytes("b.log"));
    let (code, stdout, _) = run(&["diff", "a.log", "b.log"]);
    assert_eq!((code, stdout.as_str()), (Some(0), "the logs are equal\n"));
    let (code, stdout, _) = run(&["diff", "a.log", "c.log"]);
    assert_eq!(code, Some(1), "{stdout}");
    assert!(stdout.contains("record "), "{stdout}");
    let refused = |words: &[&str], part: &str| {
        let (code, stdout, stderr) = run(words);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{words:?}");
        assert!(stderr.contains(part), "{words:?}: {stderr}");
    };
    refused(
        &["diff", "a.log", "s.yaml"],
        "s.yaml: this is no decision log",
    );
    refused(
        &["diff", "a.log", "none"],
        "cannot open the decision log none",
    );
    refused(
        &["s.yaml", "--replay", "s.yaml"],
        "s.yaml: this is no decision log",
    );
    let scenario = directory.path().join("s.yaml");
    let text = std::fs::read_to_string(&scenario).expect("the scenario");
    std::fs::write(&scenario, format!("{text}description: another\n")).expect("a file");
    refused(
        &["s.yaml", "--replay", "a.log"],
        "a.log is not of this scenario",
    );
}

#[test]
fn a_new_log_destroys_no_other_file() {
    let directory = directory("");
    let run = |words: &[&str]| sim(directory.path(), words);
    let read = |name: &str| std::fs::read(directory.path().join(name)).expect("a file");
    let (code, ..) = run(&["s.yaml", "--log", "a.log"]);
    assert_eq!(code, Some(0));
    let (log, scenario) = (read("a.log"), read("s.yaml"));

    let (code, _, stderr) = run(&["s.yaml", "--replay", "a.log", "--log", "./a.log"]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("is the log that is replayed"), "{stderr}");
    let (code, _, stderr) = run(&["s.yaml", "--log", "s.yaml"]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.contains("s.yaml exists and is not a log"),
        "{stderr}"
    );
    assert_eq!((read("a.log"), read("s.yaml")), (log, scenario));

    // An older log, or nothing, is replaced.
    let (code, ..) = run(&["s.yaml", "--seed", "1", "--log", "a.log"]);
    assert_eq!(code, Some(0));
    std::fs::write(directory.path().join("b.log"), "").expect("a file");
    let (code, ..) = run(&["s.yaml", "--seed", "1", "--log", "b.log"]);
    assert_eq!((code, read("a.log")), (Some(0), read("b.log")));
}
