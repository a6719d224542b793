//! The files of a report.

use std::fs;

use wippy_report::{Contender, Row};

use crate::example;

#[test]
fn each_picture_and_each_histogram_is_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = example::report();
    report
        .write(&folder.path().join("deep/report"))
        .expect("it can be written");
    let root = folder.path().join("deep/report");
    let names = |folder: &str| -> Vec<String> {
        let entries = fs::read_dir(root.join(folder)).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        names
            .map(|name| name.to_string_lossy().into_owned())
            .collect()
    };
    for file in ["index.html", "report.md", "report.json"] {
        assert!(root.join(file).is_file(), "{file}");
    }
    // Three a row, and three against the parameter.
    assert_eq!(names("pictures").len(), 4 * 3 + 3);
    // None for the one who has no figures.
    assert_eq!(names("histograms").len(), 4 * 19);
    assert!(names("histograms").contains(&"row-1.c0.hlog".to_owned()));
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut report = example::report();
    let id = "../../outside";
    report.contenders.push(Contender::new(id, id, "a guest"));
    let mut row = Row::new(id, "a row", "late by");
    row.cells.push(wippy_report::Cell::measured(
        id,
        vec![example::round(5, 40)],
    ));
    report.sections[0].rows.push(row);
    let inner = folder.path().join("one/two");
    report.write(&inner).expect("it can be written");
    let count = |path| fs::read_dir(path).expect("a folder").count();
    assert_eq!(count(folder.path().to_owned()), 1);
    assert_eq!(count(folder.path().join("one")), 1);
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = folder.path().join("report");
    fs::write(&taken, "a file").expect("it can be written");
    let error = example::report()
        .write(&taken)
        .expect_err("a file is no folder");
    assert!(
        error
            .to_string()
            .contains("report/pictures cannot be written"),
        "{error}"
    );
}
