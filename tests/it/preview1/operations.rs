//! The table of operations: what every function answers, with every flag.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use wippy::stdio::{InputSource, Sink, Stdio, pipe};

use super::{answers, expect};
use crate::support::{Project, live, simulated};

/// The table.
pub const OPERATIONS: &str = include_str!("operations.txt");

/// The directory that the table begins with.
fn world(outer: &Path) {
    let root = outer.join("root");
    fs::create_dir_all(root.join("dir")).expect("a directory");
    fs::write(outer.join("secret"), "secret").expect("a file");
    fs::write(root.join("file"), "0123456789").expect("a file");
    fs::write(root.join("dir/in"), "").expect("a file");
    for (target, name) in [
        ("file", "link"),
        ("nowhere", "dangling"),
        ("../secret", "out"),
    ] {
        symlink(target, root.join(name)).expect("a link");
    }
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, root.join("fifo"), FileType::Fifo, mode, 0).expect("a pipe");
}

const MOUNTED: &str = "{mounts: [{fs: data, guest: /data}]}";

#[test]
fn every_function_answers_as_the_table_says() {
    let lines: Vec<(&str, &str)> = OPERATIONS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once(" => ").expect("a command and an answer"))
        // The first is what `expect` begins with.
        .skip(1)
        .collect();
    // The same where every operation is a job, and with the system's caches.
    for dispatcher in [simulated(), live()] {
        let outer = tempfile::tempdir().expect("a directory");
        world(outer.path());
        let root = outer.path().join("root");
        expect(&dispatcher, &[("wasi", &MOUNTED)], Some(&root), &lines);
    }
}

/// The same by a command, whose words are the commands.
#[test]
fn a_command_answers_as_the_table_says() {
    let outer = tempfile::tempdir().expect("a directory");
    world(outer.path());
    let root = outer.path().join("root");
    let lines: Vec<(&str, &str)> = OPERATIONS
        .lines()
        .filter_map(|line| line.split_once(" => "))
        .collect();
    let words: Vec<&str> = lines.iter().map(|(command, _)| *command).collect();
    let mut project = Project::new();
    let directory = serde_json::json!(root);
    project.entry("data", "fs.directory", &[("directory", &directory)]);
    let fields: [(&str, &dyn std::fmt::Display); 1] = [("wasi", &MOUNTED)];
    project.command_at("files", "files-1-command", "_start", "[wasi1]", &fields);
    let dispatcher = live();
    let (printed, output) = pipe(&dispatcher.handle(), 1 << 20).expect("a pipe");
    let sink = Sink::Pipe(output);
    let stdio = Stdio::new(InputSource::Empty, sink.clone(), sink);
    let status = project.run_on(&dispatcher, "files", stdio, &words);
    assert_eq!(status.expect("a status").code, 0);
    let printed = printed.read(1 << 20).expect("lines");
    let printed = String::from_utf8(printed).expect("text");
    let answers: Vec<&str> = printed.lines().collect();
    let expected: Vec<&str> = lines.iter().map(|(_, answer)| *answer).collect();
    assert_eq!(answers, expected);
}

/// A cookie leads to the entries after it however often it is used, also when the directory has
/// changed since.
#[test]
fn cookies_stay_good() {
    let outer = tempfile::tempdir().expect("a directory");
    for index in 0..3000 {
        fs::write(outer.path().join(format!("file-{index:04}")), "").expect("a file");
    }
    let dispatcher = live();
    // Room for one entry at a time: its name is at 24 behind its head, and the next cookie at 0.
    let read = "raw fd_readdir 3 @1024 33 COOKIE @64";
    let one = |cookie: &str| {
        let line = read.replace("COOKIE", cookie);
        let lines = [line.as_str(), "u64 1024", "text 1048 9"];
        let answers = answers(
            &dispatcher,
            &[("wasi", &MOUNTED)],
            Some(outer.path()),
            &lines,
        );
        (answers[1].clone(), answers[2].clone())
    };
    // Every call is an instance of its own, with a cursor of its own, and finds the same.
    let (mut cookie, mut names) = ("0".to_owned(), Vec::new());
    for _ in 0..6 {
        let (next, name) = one(&cookie);
        assert_eq!(one(&cookie), (next.clone(), name.clone()));
        names.push(name);
        cookie = next;
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 6);
    // What is removed after a cookie was given does not move what comes behind it.
    let (next, name) = one(&cookie);
    for removed in names.iter().filter(|name| name.starts_with("file-")) {
        fs::remove_file(outer.path().join(removed)).expect("a file");
    }
    assert_eq!(one(&cookie), (next, name));
}

/// Several buffers are filled and written in their order; what is beyond the memory is a trap.
#[test]
fn buffers_are_filled_and_written_in_order() {
    let outer = tempfile::tempdir().expect("a directory");
    fs::write(outer.path().join("file"), "0123456789").expect("a file");
    for dispatcher in [simulated(), live()] {
        expect(
            &dispatcher,
            &[("wasi", &MOUNTED)],
            Some(outer.path()),
            &[
                ("put32 512 @1024", "ok"),
                ("put32 516 3", "ok"),
                ("put32 520 @2048", "ok"),
                ("put32 524 0", "ok"),
                ("put32 528 @1100", "ok"),
                ("put32 532 4", "ok"),
                ("open f /data file rw", "ok"),
                ("raw fd_read #f @512 3 @64", "0"),
                ("u32 64", "7"),
                ("text 1024 3", "012"),
                ("text 1100 4", "3456"),
                // The same memory twice: the later one wins.
                ("put32 528 @1024", "ok"),
                ("raw fd_pread #f @512 3 0 @64", "0"),
                ("text 1024 4", "3456"),
                // Over the description of the buffers themselves.
                ("put32 528 @512", "ok"),
                ("raw fd_pread #f @512 3 0 @64", "0"),
                ("text 512 4", "3456"),
                ("put32 512 @1024", "ok"),
                ("put32 528 @1027", "ok"),
                ("put 1024 abcdefg", "ok"),
                ("raw fd_pwrite #f @512 3 1 @64", "0"),
                ("u32 64", "7"),
                ("read f 20 0", "0abcdefg89, end"),
            ],
        );
        fs::write(outer.path().join("file"), "0123456789").expect("a file");
    }
}

/// As many descriptors as the entry's limits say; the next one is `mfile`, and the lowest number is
/// given again.
#[test]
fn descriptors_end_with_a_number_of_their_own() {
    let outer = tempfile::tempdir().expect("a directory");
    fs::write(outer.path().join("file"), "").expect("a file");
    let limits = "{max_resources: 20}";
    let open = "put 0 file;raw path_open 3 0 @0 4 0 2 2 0 @64";
    let mut lines: Vec<&str> = Vec::new();
    for _ in 0..20 {
        lines.extend(open.split(';'));
    }
    lines.extend([
        "raw fd_close 7",
        "raw path_open 3 0 @0 4 0 2 2 0 @64",
        "u32 64",
    ]);
    let extra: [(&str, &dyn std::fmt::Display); 2] = [("wasi", &MOUNTED), ("limits", &limits)];
    let answers = answers(&live(), &extra, Some(outer.path()), &lines);
    let opened: Vec<&str> = answers
        .iter()
        .skip(1)
        .step_by(2)
        .take(20)
        .map(String::as_str)
        .collect();
    // The directory is one of the resources.
    assert_eq!(opened.iter().filter(|it| **it == "0").count(), 19);
    assert_eq!(opened.last(), Some(&"33"));
    assert_eq!(answers[40..], ["0", "0", "7"]);
}
