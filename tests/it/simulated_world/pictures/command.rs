//! `wippy sim` with pictures.

use std::fs;
use std::path::Path;

use super::page::data;
use crate::support::{Project, binary};

const SCENARIO: &str = "project: .
hosts:
  a:
    run:
      - {entry: test:cat, name: copy, stdin: \"one\\ntwo\\n\", start: 1500ms}
  b:
    run:
      - {entry: test:nap, name: nap, input: [[2000000]]}
expect:
  calls:
    - {call: copy, stdout: {lines: 3}}
";

fn directory() -> tempfile::TempDir {
    let mut project = Project::new();
    project.command("cat", "cat", "[wasi:cli, wasi:io]", &[]);
    let waits = "[wasi:clocks, wasi:io]";
    project.function("nap", "sleeper", "sleeper#sleep-series", waits, &[]);
    let directory = project.directory();
    fs::write(directory.path().join("s.yaml"), SCENARIO).expect("a file");
    directory
}

fn sim(directory: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let mut program = binary();
    program.current_dir(directory).arg("sim").args(words);
    let output = program.output().expect("the program");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_run_is_drawn_with_what_it_wrote_and_what_does_not_hold() {
    let directory = directory();
    let at = |name: &str| directory.path().join(name);
    let plain = sim(directory.path(), &["s.yaml", "--seed", "3"]);
    let words = [
        "s.yaml",
        "--seed",
        "3",
        "--html",
        "run.html",
        "--perfetto",
        "run.json",
        "--log",
        "run.log",
    ];
    let drawn = sim(directory.path(), &words);
    assert_eq!(drawn, plain, "the run is the same and fails as it did");
    assert_eq!(drawn.0, Some(1));

    let page = fs::read_to_string(at("run.html")).expect("a page");
    let data = data(&page);
    assert_eq!(data["title"], "s.yaml, seed 3");
    let picture = &data["pictures"][0];
    let summary = picture["summary"].as_array().expect("lines");
    let line = |number: usize| summary[number].as_str().expect("text");
    assert!(line(0).starts_with("does not hold: "), "{summary:?}");
    assert!(
        line(1).starts_with("seed 3: completed after 2s"),
        "{summary:?}"
    );
    let output = &picture["outputs"][0];
    assert_eq!(
        (&output["text"], &output["at"]),
        (&"one\ntwo\n".into(), &1_500_000_000_u64.into())
    );
    let task = output["task"].as_u64().expect("a task") as usize;
    assert_eq!(picture["tasks"][task]["host"], 1);
    let label = picture["tasks"][task]["label"].as_str().expect("text");
    assert!(label.ends_with(" copy"), "{label}");
    let trace = fs::read_to_string(at("run.json")).expect("a trace");
    let trace: serde_json::Value = serde_json::from_str(&trace).expect("JSON");
    assert_eq!(trace["otherData"]["title"], "s.yaml, seed 3");

    // The run of a log has the same picture.
    let again = sim(
        directory.path(),
        &["s.yaml", "--replay", "run.log", "--html", "again.html"],
    );
    assert_eq!(again, drawn);
    assert_eq!(fs::read_to_string(at("again.html")).expect("a page"), page);
}

#[test]
fn two_logs_are_drawn_at_their_first_difference() {
    let directory = directory();
    let record = |seed: u64, log: &str| {
        sim(
            directory.path(),
            &["s.yaml", "--seed", &seed.to_string(), "--log", log],
        );
    };
    record(1, "1.log");
    let differs = |seed: &u64| {
        record(*seed, "2.log");
        sim(directory.path(), &["diff", "1.log", "2.log"]).0 == Some(1)
    };
    let other = (2..50).find(differs).expect("a run with another order");
    let plain = sim(directory.path(), &["diff", "1.log", "2.log"]);
    let drawn = sim(
        directory.path(),
        &["diff", "1.log", "2.log", "--html", "d.html"],
    );
    assert_eq!(drawn, plain);
    assert_eq!(plain.0, Some(1));
    let read = |name: &str| data(&fs::read_to_string(directory.path().join(name)).expect("a page"));
    let page = read("d.html");
    let text = page["difference"]["text"].as_str().expect("text");
    assert_eq!(format!("{text}\n"), plain.1);
    assert_eq!(page["pictures"][0]["title"], "1.log: seed 1");
    // The run of a log with edits is made again with them.
    let edited = [
        "s.yaml",
        "--seed",
        "1",
        "--with",
        "at 1s crash a",
        "--log",
        "3.log",
    ];
    sim(directory.path(), &edited);
    let words = [
        "diff",
        "1.log",
        "3.log",
        "--html",
        "edited.html",
        "--scenario",
        "s.yaml",
    ];
    let (code, out, error) = sim(directory.path(), &words);
    assert_eq!(code, Some(1), "{out}{error}");
    let edited = read("edited.html");
    assert_eq!(edited["pictures"][0]["outputs"][0]["text"], "one\ntwo\n");
    assert_eq!(edited["pictures"][1]["outputs"], serde_json::json!([]));
    // Nothing was sent, so that the logs name no host.
    let hosts = page["pictures"][1]["hosts"].as_array().expect("hosts");
    assert_eq!(hosts[0]["name"], "host not recorded", "{hosts:?}");

    let words = [
        "diff",
        "1.log",
        "2.log",
        "--html",
        "named.html",
        "--scenario",
        "s.yaml",
    ];
    assert_eq!(sim(directory.path(), &words), plain);
    let page = read("named.html");
    assert_eq!(
        page["pictures"][1]["title"],
        format!("2.log: s.yaml, seed {other}")
    );
    assert_eq!(page["pictures"][1]["hosts"][1]["name"], "a");
    assert_eq!(page["pictures"][0]["outputs"][0]["text"], "one\ntwo\n");
}

#[test]
fn what_cannot_be_drawn_is_refused_before_anything_runs() {
    let directory = directory();
    let (code, out, error) = sim(directory.path(), &["s.yaml", "--html", "no/such.html"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(error.contains("cannot write no/such.html: "), "{error}");
    let (code, _, error) = sim(
        directory.path(),
        &["s.yaml", "--seeds", "0..3", "--html", "x.html"],
    );
    assert_eq!(code, Some(2));
    assert!(error.contains("--html"), "{error}");

    // A picture replaces an older one, but no other file.
    for option in ["--html", "--perfetto"] {
        let words = ["s.yaml", "--seed", "3", option, "s.yaml"];
        let (code, _, error) = sim(directory.path(), &words);
        assert_eq!(code, Some(2));
        assert!(error.contains("s.yaml exists and is not a "), "{error}");
        let words = ["s.yaml", "--seed", "3", option, "twice"];
        let (first, again) = (sim(directory.path(), &words), sim(directory.path(), &words));
        assert_eq!((first.0, first), (Some(1), again));
        fs::remove_file(directory.path().join("twice")).expect("a picture");
    }

    sim(directory.path(), &["s.yaml", "--log", "a.log"]);
    fs::write(
        directory.path().join("t.yaml"),
        format!("{SCENARIO}# other\n"),
    )
    .expect("a file");
    let words = [
        "diff",
        "a.log",
        "a.log",
        "--html",
        "x.html",
        "--scenario",
        "t.yaml",
    ];
    let (code, _, error) = sim(directory.path(), &words);
    assert_eq!(code, Some(2));
    assert!(error.contains("a.log is not of this scenario"), "{error}");
}
