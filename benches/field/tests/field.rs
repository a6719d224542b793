//! The program from outside: what it refuses, and that a run makes a report.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use wippy_report::Report;

fn field(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wippy-field"));
    command
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn error_of(arguments: &[&str]) -> String {
    let output = field(arguments);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A run of one round, and its report.
fn run(out: &Path, arguments: &[&str]) -> Report {
    let out = out.to_str().expect("UTF-8");
    let mut all = vec!["--quick", "--rounds", "1", "--out", out];
    all.extend(arguments);
    let output = field(&all);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let json = fs::read_to_string(Path::new(out).join("report.json")).expect("the report");
    serde_json::from_str(&json).expect("a report")
}

#[test]
fn names_that_there_are_not_are_refused_with_a_way_on() {
    let error = error_of(&["--contender", "nobody"]);
    assert!(
        error.contains("there is no contender nobody; --list names them"),
        "{error}"
    );
    let error = error_of(&["--row", "nothing"]);
    assert!(
        error.contains("no row has such a name; --list names them"),
        "{error}"
    );
    let error = error_of(&["--quick", "--long"]);
    assert!(error.contains("cannot be used with"), "{error}");
    let error = error_of(&["--rounds", "0"]);
    assert!(error.contains("0 is not in 1..=1000"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_written_is_noticed_before_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = folder.path().join("file");
    fs::write(&taken, "a file").expect("it can be written");
    let error = error_of(&["--out", taken.to_str().expect("UTF-8")]);
    assert!(
        error.contains("file: ") && !error.contains("round 1"),
        "{error}"
    );
}

#[test]
fn everything_is_listed() {
    let output = field(&["--list"]);
    let list = String::from_utf8_lossy(&output.stdout).into_owned();
    for name in ["sleep-50us", "echo-rate-5000", "io-uring-tuned", "tokio "] {
        assert!(list.contains(name), "{name} is not listed");
    }
}

#[test]
fn a_run_has_the_chosen_rows_and_contenders_beside_the_machine() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = [
        "--row",
        "churn-1",
        "--contender",
        "epoll",
        "--contender",
        "wippy",
    ];
    let report = run(folder.path(), &arguments);
    let contenders: Vec<&str> = report
        .contenders
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(contenders, ["wippy", "epoll", "machine"]);
    let sections: Vec<&str> = report
        .sections
        .iter()
        .map(|section| section.id.as_str())
        .collect();
    assert_eq!(sections, ["machine", "churn"]);
    for row in report.sections.iter().flat_map(|section| &section.rows) {
        for cell in &row.cells {
            assert_eq!(cell.refusal, None, "{}", cell.contender);
            assert_eq!(cell.rounds.len(), 1);
            assert!(cell.rounds[0].operations > 0 && cell.rounds[0].wall > 0);
        }
    }
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.found == "a quick run")
    );
    for file in [
        "index.html",
        "report.md",
        "histograms/churn-1.wippy.hlog",
        "pictures/churn-1.ranges.svg",
    ] {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
}

#[test]
fn who_cannot_do_a_row_says_why_and_the_others_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = [
        "--row",
        "spawn-1000",
        "--contender",
        "async-io",
        "--contender",
        "wippy",
    ];
    let report = run(folder.path(), &arguments);
    let row = report
        .sections
        .iter()
        .flat_map(|section| &section.rows)
        .find(|row| row.id == "spawn-1000");
    let row = row.expect("the row");
    let refusal = row
        .cell("async-io")
        .and_then(|cell| cell.refusal.as_deref());
    assert!(
        refusal.is_some_and(|reason| reason.contains("it runs no tasks")),
        "{refusal:?}"
    );
    assert_eq!(row.cell("wippy").map(|cell| cell.rounds.len()), Some(1));
    let page = fs::read_to_string(folder.path().join("index.html")).expect("the page");
    assert!(page.contains("it runs no tasks"));
}
