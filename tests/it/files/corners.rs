//! What only a guest that looks for trouble asks for.

use std::fs;
use std::os::unix::fs::symlink;

use super::{World, expect, preview1, script};
use crate::support::live;

#[test]
fn flags_that_do_not_go_together() {
    let world = World::new();
    fs::create_dir(world.root().join("d")).expect("a directory");
    fs::write(world.root().join("a"), "text").expect("a file");
    world.expect(&[
        ("open f /data d dtr", "invalid"),
        ("open f /data d dxr", "invalid"),
        ("open f /data d dcr", "invalid"),
        ("open f /data a dtw", "invalid"),
        ("open f /data a dcxw", "invalid"),
        ("open f /data d tr", "is-directory"),
        ("open f /data d dw", "is-directory"),
        ("open f /data d drw", "is-directory"),
        // Nothing is to be created.
        ("open f /data a xr", "ok"),
        ("open f /data none xr", "no-entry"),
        ("open f /data a mr", "ok"),
        ("flags f", "read"),
        ("read f 9 0", "text, end"),
        ("open f /data a qw", "ok"),
        ("flags f", "write write-sync"),
        ("write f 0 TEXT", "4"),
        ("open f /data d mr", "ok"),
        ("flags f", "read mutate"),
        // Created and truncated through descriptors that may not write.
        ("open f /data new cr", "ok"),
        ("flags f", "read"),
        ("write f 0 x", "bad-descriptor"),
        ("size f 0", "invalid"),
        ("output o f 0", "bad-descriptor"),
        ("append o f", "bad-descriptor"),
        ("open f /data a -", "ok"),
        ("read f 9 0", "bad-descriptor"),
        ("input i f 0", "bad-descriptor"),
        ("type f", "RegularFile"),
        ("open f /data a tr", "ok"),
        ("read f 9 0", ", end"),
        ("write f 0 x", "bad-descriptor"),
    ]);
}

#[test]
fn paths_that_end_oddly() {
    let world = World::new();
    fs::create_dir_all(world.root().join("d/e")).expect("a directory");
    fs::write(world.root().join("a"), "text").expect("a file");
    world.expect(&[
        ("open f /data a/ r", "not-directory"),
        ("open f /data a/. r", "not-directory"),
        ("open f /data a/.. dr", "not-directory"),
        ("open f /data new/ cw", "is-directory"),
        ("open f /data . cw", "is-directory"),
        ("open f /data d/./. dr", "ok"),
        ("open f /data d//e/// dr", "ok"),
        ("open f /data ./d/../a r", "ok"),
        ("read f 9 0", "text, end"),
        ("stat-at /data a/. -", "not-directory"),
        ("stat-at /data a/.. -", "not-directory"),
        ("times-at /data a/ - 1 1", "not-directory"),
        ("hash-at /data a/ -", "not-directory"),
        ("readlink /data .", "invalid"),
        ("readlink /data a/", "not-directory"),
        ("mkdir /data d/.", "exist"),
        ("mkdir /data d/..", "exist"),
        ("mkdir /data a/x", "not-directory"),
        ("rmdir /data d/.", "invalid"),
        ("rmdir /data ./", "invalid"),
        ("rmdir /data d/e/..", "invalid"),
        ("unlink /data .", "is-directory"),
        ("unlink /data d/.", "is-directory"),
        ("unlink /data d/e/..", "is-directory"),
        ("rename /data d/. /data x", "busy"),
        ("rename /data . /data x", "busy"),
        ("rename /data a /data d/..", "busy"),
        ("rename /data a /data x/", "not-directory"),
        ("link /data . /data x -", "not-permitted"),
        ("link /data d/e/.. /data x -", "not-permitted"),
        ("link /data a /data . -", "exist"),
        ("symlink /data a .", "exist"),
        ("symlink /data a d/", "exist"),
        ("list /data", "a=RegularFile d=Directory"),
    ]);
}

#[test]
fn names_that_no_file_can_have() {
    let world = World::new();
    fs::write(world.root().join("a"), "text").expect("a file");
    let (name, path) = ("n".repeat(256), "d/".repeat(3000));
    let mut lines = Vec::new();
    for (bad, answer) in [
        (&*name, "name-too-long"),
        (&*path, "name-too-long"),
        ("n\0", "invalid"),
    ] {
        for line in [
            "open\tf\t/data\tBAD\tr",
            "open\tf\t/data\tBAD\tcw",
            "stat-at\t/data\tBAD\t-",
            "stat-at\t/data\tBAD\tf",
            "hash-at\t/data\tBAD\t-",
            "times-at\t/data\tBAD\t-\tnow\tnow",
            "times-at\t/data\tBAD\tf\tnow\tnow",
            "mkdir\t/data\tBAD",
            "rmdir\t/data\tBAD",
            "unlink\t/data\tBAD",
            "readlink\t/data\tBAD",
            "symlink\t/data\ta\tBAD",
            "rename\t/data\ta\t/data\tBAD",
            "rename\t/data\tBAD\t/data\tb",
            "link\t/data\ta\t/data\tBAD\t-",
            "link\t/data\tBAD\t/data\tb\t-",
        ] {
            lines.push((line.replace("BAD", bad), answer));
        }
    }
    lines.push(("symlink\t/data\tn\0\tl".to_owned(), "invalid"));
    lines.push((format!("symlink\t/data\t{path}\tl"), "name-too-long"));
    lines.push(("symlink\t/data\t\tl".to_owned(), "no-entry"));
    for line in [
        "mkdir\t/data\t",
        "rmdir\t/data\t",
        "readlink\t/data\t",
        "symlink\t/data\ta\t",
        "rename\t/data\ta\t/data\t",
        "rename\t/data\t\t/data\tb",
        "link\t/data\ta\t/data\t\t-",
        "link\t/data\t\t/data\tb\t-",
        "times-at\t/data\t\t-\tnow\tnow",
        "hash-at\t/data\t\t-",
    ] {
        lines.push((line.to_owned(), "no-entry"));
    }
    let lines: Vec<(&str, &str)> = lines
        .iter()
        .map(|(line, answer)| (&**line, *answer))
        .collect();
    world.expect(&lines);
}

#[test]
fn offsets_at_the_end_of_all_numbers() {
    let world = World::new();
    let max = u64::MAX;
    let long = i64::MAX;
    let lines = [
        ("open f /data a crw".to_owned(), "ok"),
        ("write f 0 secret".to_owned(), "6"),
        // In the middle, for whoever takes -1 for it.
        (format!("input i f {max}"), "ok"),
        ("take i 9".to_owned(), "failed: invalid"),
        ("take i 9".to_owned(), "closed"),
        (format!("input i f {}", max - 3), "ok"),
        ("skip i 9".to_owned(), "failed: invalid"),
        (format!("input i f {}", long), "ok"),
        ("take i 9".to_owned(), "failed: invalid"),
        (format!("input i f {}", 1u64 << 40), "ok"),
        ("take i 9".to_owned(), "closed"),
        (format!("read f 9 {}", 1u64 << 40), ", end"),
        (format!("output o f {max}"), "ok"),
        ("put o x".to_owned(), "failed: invalid"),
        ("put o x".to_owned(), "closed"),
        (format!("write\tf\t{max}\t"), "invalid"),
        (format!("advise-from f 0 {max}"), "ok"),
        (format!("advise-from f {long} {long}"), "ok"),
        (format!("advise-from f 4096 {long}"), "ok"),
        (format!("advise-from f {max} 1"), "invalid"),
        (format!("read f {max} 0"), "secret, end"),
        ("size f 0".to_owned(), "ok"),
        ("read f 9 0".to_owned(), ", end"),
    ];
    let dispatcher = live();
    let runtime = world.project().load(&dispatcher);
    let lines: Vec<(&str, &str)> = lines
        .iter()
        .map(|(line, answer)| (&**line, *answer))
        .collect();
    expect(&dispatcher, &runtime, &lines);
    // The guest would take the first for a buffer of that length.
    let is_read = |line: &&(&str, &str)| line.0 == format!("read f {max} 0");
    let lines: Vec<(&str, &str)> = lines.iter().filter(|it| !is_read(it)).copied().collect();
    let again = World::new();
    preview1::expect(&dispatcher, &again.preview1().load(&dispatcher), &lines);
}

#[test]
fn writes_that_end_beyond_all_numbers_are_invalid() {
    let long = i64::MAX;
    let lines = [
        ("open f /data a crw".to_owned(), "ok"),
        (format!("write f {long} x"), "invalid"),
        (format!("write f {} xyz", long - 2), "invalid"),
        (format!("output o f {long}"), "ok"),
        ("put o x".to_owned(), "failed: invalid"),
    ];
    let lines = lines.iter().map(|(line, answer)| (&**line, *answer));
    World::new().expect(&lines.collect::<Vec<_>>());
}

#[test]
fn renames_onto_the_same_file_change_nothing() {
    World::new().expect(&[
        ("open a /data a crw", "ok"),
        ("write a 0 text", "4"),
        ("link /data a /data b -", "ok"),
        ("rename /data a /data a", "ok"),
        ("rename /data a /data b", "ok"),
        ("list /data", "a=RegularFile b=RegularFile"),
        ("link /data a /data a -", "exist"),
        ("mkdir /data d", "ok"),
        ("rename /data d /data d", "ok"),
        ("rename /data d /data a", "not-directory"),
        ("rename /data a /data d", "is-directory"),
        ("symlink /data d l", "ok"),
        ("rename /data l /data l", "ok"),
        ("rename /data l/ /data m", "not-directory"),
        ("rmdir /data l", "not-directory"),
        ("rmdir /data l/", "not-directory"),
        ("unlink /data l/", "not-directory"),
        ("mkdir /data l", "exist"),
        ("mkdir /data l/", "exist"),
        ("readlink /data l", "d"),
    ]);
}

#[test]
fn files_that_are_gone_are_still_there_for_who_holds_them() {
    let world = World::new();
    let dispatcher = live();
    let runtime = world.project().load(&dispatcher);
    let answers = script(
        &dispatcher,
        &runtime,
        &[
            "open f /data a crw",
            "write f 0 text",
            "hash f",
            "unlink /data a",
            "stat f",
            "hash f",
            "read f 9 0",
            "size f 2",
            "times f 1 1",
            "sync f",
            "append o f",
            "put o more",
            "read f 9 0",
            "same f f",
            "open g /data a crw",
            "same f g",
        ],
    );
    assert_eq!(answers[2], answers[5]);
    assert!(answers[4].starts_with("RegularFile 0 4 "), "{answers:?}");
    assert_eq!(answers[6], "text, end");
    assert_eq!(answers[7..12], ["ok"; 5]);
    assert_eq!(answers[12], "temore, end");
    assert_eq!(answers[13..], ["true", "ok", "false"]);
}

#[test]
fn preview_1_holds_files_that_are_gone() {
    let world = World::new();
    let dispatcher = live();
    let runtime = world.preview1().load(&dispatcher);
    let lines = [
        ("open f /data a crw", "ok"),
        ("open o /data a aw", "ok"),
        ("write f 0 text", "4"),
        ("unlink /data a", "ok"),
        ("read f 9 0", "text, end"),
        ("size f 2", "ok"),
        ("times f 1 1", "ok"),
        ("stat f", "RegularFile 0 2 1.000000000 1.000000000"),
        ("sync f", "ok"),
        ("write o 0 more", "4"),
        ("read f 9 0", "temore, end"),
        ("open g /data a crw", "ok"),
        ("read g 9 0", ", end"),
    ];
    expect(&dispatcher, &runtime, &lines);
}

#[test]
fn what_is_appended_goes_to_the_end_that_there_is() {
    World::new().expect(&[
        ("open f /data a crw", "ok"),
        ("append o f", "ok"),
        ("append p f", "ok"),
        ("put o one", "ok"),
        ("put p two", "ok"),
        ("size f 1", "ok"),
        ("put o three", "ok"),
        ("read f 99 0", "othree, end"),
        ("size f 0", "ok"),
        ("put p four", "ok"),
        ("read f 99 0", "four, end"),
        ("size f 6", "ok"),
        ("put o five", "ok"),
        ("read f 99 0", "four\0\0five, end"),
        // A stream at an offset leaves a hole.
        ("output q f 12", "ok"),
        ("put q six", "ok"),
        ("read f 99 0", "four\0\0five\0\0six, end"),
    ]);
}

#[test]
fn links_that_lead_out_are_told_and_not_followed() {
    let world = World::new();
    symlink("../secret", world.root().join("out")).expect("a link");
    world.expect(&[
        ("readlink /data out", "../secret"),
        ("stat-at /data out f", "not-permitted"),
        ("times-at /data out - 5 6", "ok"),
        ("symlink /data ../secret mine", "ok"),
        ("open f /data mine fr", "not-permitted"),
        ("open f /data mine fcw", "not-permitted"),
        ("open f /data mine ftw", "not-permitted"),
        ("link /data mine /data same -", "ok"),
        ("readlink /data same", "../secret"),
        ("rename /data mine /data moved", "ok"),
        ("unlink /data moved", "ok"),
        ("unlink /data out", "ok"),
    ]);
    let secret = fs::read_to_string(world.outer().join("secret"));
    assert_eq!(secret.expect("a file"), "secret");
}

#[test]
fn names_that_vanish_or_appear_while_they_are_listed() {
    let world = World::new();
    for index in 0..2000 {
        fs::write(world.root().join(format!("name-{index}")), "").expect("a file");
    }
    let dispatcher = live();
    let runtime = world.project().load(&dispatcher);
    let mut lines = vec!["listing l /data".to_owned(), "next l".to_owned()];
    lines.extend((0..2000).map(|index| format!("unlink /data name-{index}")));
    lines.push("open f /data late cw".to_owned());
    lines.extend((0..2001).map(|_| "next l".to_owned()));
    let commands: Vec<&str> = lines.iter().map(|line| &**line).collect();
    let answers = script(&dispatcher, &runtime, &commands);
    let mut names: Vec<&String> = answers[2003..]
        .iter()
        .chain(&answers[1..2])
        .filter(|name| *name != "none")
        .collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "each once");
    assert!(
        names
            .iter()
            .all(|name| name.starts_with("name-") || *name == "late")
    );
    // One batch at most was fetched before they went.
    assert!(count < 2000, "{count}");
    assert_eq!(answers.last().expect("answers"), "none");
}

#[test]
fn files_are_no_directories_and_directories_no_files() {
    let world = World::new();
    fs::write(world.root().join("a"), "text").expect("a file");
    let file = [
        "mkdir f x",
        "rmdir f x",
        "unlink f x",
        "readlink f x",
        "symlink f a x",
        "stat-at f x -",
        "hash-at f x -",
        "times-at f x - now now",
        "open g f x r",
        "open g f x cw",
        "rename f x /data y",
        "rename /data a f y",
        "link f x /data y -",
        "link /data a f y -",
        "list f",
    ];
    let directory = [
        "read /data 9 0",
        "write /data 0 x",
        "size /data 0",
        "input i /data 0",
        "output o /data 0",
        "append o /data",
        "advise /data",
    ];
    let lines: Vec<(&str, &str)> = std::iter::once(("open f /data a rw", "ok"))
        .chain(file.iter().map(|line| (*line, "not-directory")))
        .chain(directory.iter().map(|line| (*line, "is-directory")))
        .chain([("sync /data", "ok"), ("times /data now now", "ok")])
        .collect();
    world.expect(&lines);
}
