//! `wippy bench`: its reports, its files, and what it refuses. Figures are those of simulations.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use base64::Engine;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use wippy::benchmark::Measured;

use crate::cli::{Ran, program, run};
use crate::support::Project;

/// Functions that sleep for their arguments one after the other, and all at once.
fn project() -> TempDir {
    let mut project = Project::new();
    let imports = "[wasi:clocks, wasi:io]";
    project.function("series", "sleeper", "sleeper#sleep-series", imports, &[]);
    project.function("together", "sleeper", "sleeper#sleep-poll", imports, &[]);
    project.directory()
}

/// A benchmark of a hundred calls in virtual time.
fn bench(directory: &Path, words: &[&str]) -> Ran {
    let fixed = [
        "bench",
        "--simulate",
        "7",
        "--calls",
        "100",
        "--warm-up",
        "0s",
    ];
    run(program(directory, &[&fixed, words].concat()).current_dir(directory))
}

#[test]
fn a_simulation_has_a_number_of_calls_where_nothing_else_is_said() {
    let project = project();
    let here = |words: &[&str]| {
        let words = [&["bench", "--simulate", "7"], words].concat();
        run(program(project.path(), &words).current_dir(project.path()))
    };
    let heading = |ran: &Ran| ran.out.lines().next().unwrap_or_default().to_owned();
    let ran = here(&["together", "[1]"]);
    assert_eq!(
        heading(&ran),
        "test:together [1]: closed loop, 1 call at a time, for 1000 calls after 0 ns of warm-up, simulated time",
        "{ran:?}"
    );
    // At a rate virtual time passes by itself.
    let ran = here(&["together", "[1]", "--rate", "2"]);
    assert!(
        heading(&ran).contains("for 10 s after 0 ns of warm-up"),
        "{ran:?}"
    );
}

#[track_caller]
fn assert_refused(ran: &Ran, text: &str) {
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
    assert!(ran.err.contains(text), "{text}: {}", ran.err);
}

const NAPS: &str = "[1000, 1000]";

#[test]
fn the_report_is_text_or_json_and_goes_into_files() {
    let project = project();
    let here = |words: &[&str]| bench(project.path(), words);
    let ran = here(&["series", NAPS, "--save", "a.json", "--html", "a.html"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    let heading = "test:series [1000,1000]: closed loop, 1 call at a time, for 100 calls after 0 ns of warm-up, \
                   simulated time\n";
    assert!(ran.out.starts_with(heading), "{}", ran.out);
    for line in [
        "calls 100",
        "failures 0",
        "throughput 500 calls/s",
        "latency p50 2 ms 2 ms to 2 ms",
    ] {
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            ran.out.lines().any(|it| words(it).starts_with(line)),
            "{line}: {}",
            ran.out
        );
    }
    let saved = fs::read_to_string(project.path().join("a.json")).expect("a report");
    assert_eq!(Measured::from_json(&saved).expect("a report").calls(), 100);
    let page = fs::read_to_string(project.path().join("a.html")).expect("a page");
    assert!(page.starts_with("<!doctype html>") && page.contains("test:series"));

    // Both may be replaced; `--json` prints what `--save` writes.
    let ran = here(&[
        "series", NAPS, "--save", "a.json", "--html", "a.html", "--json",
    ]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let printed: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(printed["summary"]["calls"], 100);
    let rounds = |text: &str| Measured::from_json(text).expect("a report").rounds;
    assert_eq!(rounds(&ran.out), rounds(&saved));
}

#[test]
fn a_run_is_compared_with_an_earlier_one() {
    let project = project();
    let here = |words: &[&str]| bench(project.path(), words);
    assert_eq!(
        here(&["together", NAPS, "--save", "fast.json"]).code,
        Some(0)
    );
    let same = here(&[
        "together",
        NAPS,
        "--against",
        "fast.json",
        "--fail-if-slower",
        "0",
    ]);
    assert_eq!((same.code, same.err.as_str()), (Some(0), ""), "{same:?}");
    let compared = same
        .out
        .split("\nagainst fast.json\n")
        .nth(1)
        .expect("a comparison");
    assert_eq!(
        compared,
        "p50          no difference beyond the noise (±0.2 %)\n\
         throughput   no difference beyond the noise (±0.2 %)\n"
    );

    let slower = ["series", NAPS, "--against", "fast.json"];
    let ran = here(&slower);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out
            .contains("p50          slower by 100 % (100 to 100)\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out
            .contains("another entry: test:series, there test:together"),
        "{}",
        ran.out
    );
    let ran = here(&[&slower[..], &["--fail-if-slower", "50"]].concat());
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (
            Some(1),
            "error: the median is slower than in fast.json by more than 50 %\n"
        )
    );
    assert_eq!(
        here(&[&slower[..], &["--fail-if-slower", "150"]].concat()).code,
        Some(0)
    );
}

#[test]
fn a_run_is_compared_with_several_earlier_ones() {
    let project = project();
    let here = |words: &[&str]| bench(project.path(), words);
    for (entry, file) in [("together", "fast.json"), ("series", "slow.json")] {
        assert_eq!(here(&[entry, NAPS, "--save", file]).code, Some(0));
    }
    let both = ["--against", "slow.json", "--against", "fast.json"];
    let ran = here(&[&["series", NAPS, "--html", "c.html"][..], &both].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let (before, fast) = ran.out.split_once("\nagainst fast.json\n").expect("both");
    let slow = before.split("\nagainst slow.json\n").nth(1);
    assert!(
        slow.is_some_and(|it| it.starts_with("p50          no difference")),
        "{}",
        ran.out
    );
    assert!(fast.starts_with("p50          slower by 100 %"), "{fast}");
    let page = fs::read_to_string(project.path().join("c.html")).expect("a page");
    assert!(
        page.contains("<h2>Against slow.json</h2>") && page.contains("<h2>Against fast.json</h2>")
    );

    let ran = here(&[&["series", NAPS, "--json"][..], &both].concat());
    let json: Value = serde_json::from_str(&ran.out).expect("JSON");
    let comparisons = json["comparisons"].as_array().expect("a list");
    assert_eq!(comparisons.len(), 2);
    assert_eq!(json["comparison"], comparisons[0]);
    assert_eq!(comparisons[1][0]["ratio"]["value"], 2.0);

    let strict = [&["series", NAPS, "--fail-if-slower", "50"][..], &both].concat();
    let ran = here(&strict);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (
            Some(1),
            "error: the median is slower than in fast.json by more than 50 %\n"
        )
    );
    assert_refused(
        &here(&[&["series", NAPS, "--save", "fast.json"][..], &both].concat()),
        "fast.json is a report that is compared with",
    );
}

#[test]
fn latencies_are_written_as_a_log() {
    let project = project();
    let words = ["series", NAPS, "--hlog", "a.hlog"];
    // The second one replaces the first.
    for _ in 0..2 {
        let ran = bench(project.path(), &words);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    }
    let log = fs::read(project.path().join("a.hlog")).expect("a log");
    let (mut calls, mut rounds) = (0, 0);
    for entry in IntervalLogIterator::new(&log) {
        if let LogEntry::Interval(interval) = entry.expect("a line of a log") {
            let text = interval.encoded_histogram();
            let bytes = base64::engine::general_purpose::STANDARD.decode(text);
            let bytes = bytes.expect("base64");
            let histogram: Histogram<u64> = Deserializer::new()
                .deserialize(&mut bytes.as_slice())
                .expect("a histogram");
            assert!(histogram.equivalent(histogram.max(), 2_000_000));
            calls += histogram.len();
            rounds += 1;
        }
    }
    assert_eq!((calls, rounds), (100, 20));
}

/// The run would take an hour. The signal comes when calls have been traced.
#[test]
fn a_signal_ends_a_run_with_what_was_measured() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = r#"(module (func (export "one") (result i32) (i32.const 1)))"#;
    fs::write(directory.path().join("one.wat"), text).expect("a file");
    let words = [
        "-vv",
        "bench",
        "one.wat",
        "--duration",
        "1h",
        "--warm-up",
        "0s",
        "--rate",
        "1000",
        "--json",
    ];
    let mut command = program(directory.path(), &words);
    command.current_dir(directory.path());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a program");
    let process = Pid::from_child(&child);
    let traced = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut seen = 0;
    // To its end, so that nobody waits for room in the pipe.
    for line in traced {
        seen += u32::from(line.expect("text").contains("file:one.wat"));
        if seen == 50 {
            kill_process(process, Signal::INT).expect("a process");
        }
    }
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    let measured = Measured::from_json(&text).expect("a report");
    assert!(measured.calls() > 0);
}

#[test]
fn an_earlier_report_has_the_same_settings_and_the_same_form() {
    let project = project();
    let here = |words: &[&str]| bench(project.path(), words);
    assert_eq!(here(&["series", NAPS, "--save", "a.json"]).code, Some(0));
    let ran = here(&["series", "[5]", "--concurrency", "2", "--against", "a.json"]);
    assert_refused(
        &ran,
        "a.json: it was measured with other settings: load: \"closed loop, 2 calls at a time\", there \"closed \
         loop, 1 call at a time\"; arguments: \"[5]\", there \"[1000,1000]\"",
    );
    assert_refused(
        &here(&["series", NAPS, "--against", "b.json"]),
        "cannot read b.json: no such file",
    );
    let path = project.path().join("c.json");
    fs::write(&path, "{}").expect("a file");
    let ran = here(&["series", NAPS, "--against", "c.json"]);
    assert_refused(&ran, "c.json: it is no report of `wippy bench`");
    let saved = fs::read_to_string(project.path().join("a.json")).expect("a report");
    fs::write(&path, &saved[..300]).expect("a file");
    let ran = here(&["series", NAPS, "--against", "c.json"]);
    assert_refused(&ran, "at line 1 column 300");
}

#[test]
fn no_other_file_is_overwritten() {
    let project = project();
    let here = |words: &[&str]| bench(project.path(), words);
    assert_eq!(
        here(&["series", NAPS, "--save", "a.json", "--html", "a.html"]).code,
        Some(0)
    );
    let index = project.path().join("_index.yaml");
    let before = fs::read(&index).expect("a file");
    for option in ["--save", "--html", "--hlog"] {
        let ran = here(&["series", NAPS, option, "_index.yaml"]);
        assert_refused(&ran, "_index.yaml exists and is not a");
    }
    assert_eq!(fs::read(&index).expect("a file"), before);
    assert_refused(
        &here(&["series", NAPS, "--save", "a.html"]),
        "a.html exists and is not a report",
    );
    assert_refused(
        &here(&["series", NAPS, "--html", "a.json"]),
        "a.json exists and is not a page",
    );
    let ran = here(&["series", NAPS, "--against", "a.json", "--save", "a.json"]);
    assert_refused(&ran, "a.json is a report that is compared with");
    assert_refused(
        &here(&["series", NAPS, "--save", "x/a.json"]),
        "its directory is not there",
    );
    assert_refused(&here(&["series", NAPS, "--save", "."]), "it is a directory");
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let project = project();
    let here = |words: &[&str]| bench(project.path(), words);
    assert_refused(
        &here(&["series", NAPS, "--rate", "0"]),
        "error: rate: expected calls a second",
    );
    assert_refused(
        &here(&["series", NAPS, "--", "word"]),
        "there cannot be both",
    );
    assert_refused(&here(&["series", "--", "word"]), "test:series");
    assert_refused(&here(&["absent"]), "absent");
    assert_refused(&here(&["series", "x"]), "argument 0 is not JSON");
    assert_refused(
        &here(&["series", NAPS, "--dir", "."]),
        "--dir is for a file",
    );
    assert_refused(
        &here(&["series", NAPS, "--fail-if-slower", "5"]),
        "--against",
    );
    assert_refused(
        &here(&["series", NAPS, "--concurrency", "0"]),
        "--concurrency",
    );
    assert_refused(
        &here(&["series", NAPS, "--duration", "1s"]),
        "cannot be used with",
    );
}

#[test]
fn a_file_is_measured_as_call_and_run_would_have_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = r#"(component
        (core module $m
            (func (export "half") (param i32) (result i32) (i32.div_u (i32.const 8) (local.get 0)))
            (func (export "run") (result i32) (i32.const 0)))
        (core instance $i (instantiate $m))
        (func (export "half") (param "n" u32) (result u32) (canon lift (core func $i "half")))
        (func $run (result (result)) (canon lift (core func $i "run")))
        (instance $cli (export "run" (func $run)))
        (export "wasi:cli/run@0.2.12" (instance $cli)))"#;
    fs::write(directory.path().join("x.wat"), text).expect("a file");
    let here = |words: &[&str]| bench(directory.path(), words);
    for words in [
        &["x.wat", "half(4)"][..],
        &["x.wat", "half", "4"],
        &["x.wat", "half", "4", "--live"],
        &["x.wat"],
        &["x.wat", "--", "word"],
    ] {
        let ran = here(words);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
        assert!(ran.out.starts_with("file:x.wat"), "{}", ran.out);
    }
    let ran = here(&["x.wat", "half(0)"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("integer divide by zero"), "{}", ran.err);
}

#[test]
fn the_system_is_measured_too() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = r#"(module (func (export "one") (result i32) (i32.const 1)))"#;
    fs::write(directory.path().join("one.wat"), text).expect("a file");
    let words = [
        "bench",
        "one.wat",
        "--calls",
        "200",
        "--warm-up",
        "0s",
        "--json",
    ];
    let ran = run(program(directory.path(), &words).current_dir(directory.path()));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    let measured = Measured::from_json(&ran.out).expect("a report");
    assert_eq!((measured.calls(), measured.rounds.len()), (200, 20));
    assert!(measured.peak_memory.is_some_and(|bytes| bytes > 1 << 20));
    assert!(measured.processor_time().is_some_and(|it| it.value > 0.0));
    assert!(!measured.settings.is_simulated);
}
