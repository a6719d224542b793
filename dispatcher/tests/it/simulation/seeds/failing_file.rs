//! The file of seeds that have failed.

use std::path::PathBuf;
use std::sync::Mutex;

use wippy_dispatcher::sim::{Seeds, SweepError};

use super::{seven_fails, sweep};

/// A file of one test's own, which does not exist yet.
fn scratch(name: &str) -> PathBuf {
    let name = format!("seeds-{}-{name}", std::process::id());
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn failing_seeds_are_kept_and_run_first() {
    let path = scratch("failing");
    let seeds = |range| Seeds::new(range).failing_file(&path);
    let report = sweep(seeds(0..10));
    assert!(!report.is_ok());
    let text = std::fs::read_to_string(&path).expect("the file");
    assert_eq!(
        text,
        "0 # 0 is a multiple of seven\n7 # 7 is a multiple of seven\n"
    );
    // A line of a person's, without its end; 5 passes, 7 is in the range too, and each runs once.
    std::fs::write(&path, "# these fail\n7\n\n5 # it failed once\n7").expect("the file");
    let ran = Mutex::new(Vec::new());
    let report = seeds(6..9).run(|seed| {
        ran.lock().expect("no panic").push(seed);
        seven_fails(seed)
    });
    let report = report.expect("a good file");
    assert_eq!(ran.into_inner().expect("no panic"), [7, 5, 6, 8]);
    assert_eq!((report.failed(), report.passed_again()), (1, &[5][..]));
    assert!(
        report
            .to_string()
            .ends_with("\nseed 5 failed in an earlier sweep and passes now")
    );
    // What is known is not written again, and what is new begins a line.
    sweep(seeds(13..15));
    let text = std::fs::read_to_string(&path).expect("the file");
    assert_eq!(
        text,
        "# these fail\n7\n\n5 # it failed once\n7\n14 # 14 is a multiple of seven\n"
    );
    std::fs::remove_file(&path).expect("the file");
}

#[test]
fn a_file_that_is_none_is_an_error_with_its_line() {
    let path = scratch("no-seeds");
    std::fs::write(&path, "1\nseven\n").expect("the file");
    let seeds = Seeds::new(0..1).failing_file(&path);
    let error = seeds.run(seven_fails).expect_err("no seed");
    assert!(matches!(error, SweepError::Line { line: 2, .. }), "{error}");
    assert!(
        error.to_string().ends_with(
            "no-seeds:2: a line begins with a seed, such as 17, or with a # for a comment"
        ),
        "{error}"
    );
    let seeds = Seeds::new(0..1).failing_file(path.with_file_name(""));
    let error = seeds.run(seven_fails).expect_err("a directory");
    assert!(matches!(error, SweepError::File { .. }), "{error}");
    std::fs::remove_file(&path).expect("the file");
    // Where nothing can be written the report says so, and is there.
    let path = path.with_file_name("no-directory").join("failing");
    let report = sweep(Seeds::new(0..1).failing_file(&path));
    assert_eq!(report.failed(), 1);
    let error = report.file_error().expect("no directory");
    assert!(
        error.starts_with("cannot write the failing seeds to "),
        "{error}"
    );
    assert!(report.to_string().ends_with(error));
}
