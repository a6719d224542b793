//! Mounts: their order, what `read_only` and the mask forbid, and what cannot be mounted.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;
use wippy::Arguments;

use super::{World, expect, preview1, script};
use crate::support::live;

#[test]
fn mounts_come_in_the_order_of_the_list() {
    let world = World::new();
    let other = world.outer().join("other");
    fs::create_dir(&other).expect("a directory");
    fs::write(other.join("x"), "other").expect("a file");
    let mounts = "[{fs: data, guest: /z}, {fs: other, guest: /z/deep/}, {fs: data, guest: /a}]";
    let filesystems: &[(&str, &std::path::Path, &str)] =
        &[("data", &world.root(), ""), ("other", &other, "")];
    let lines = [
        ("mounts", "/z /z/deep /a"),
        ("open f /z a crw", "ok"),
        ("write f 0 one", "3"),
        // The same filesystem at two places is one directory, and two mounts.
        ("open g /a a r", "ok"),
        ("same f g", "true"),
        ("same /z /a", "true"),
        ("same /z /z/deep", "false"),
        ("rename /z a /a b", "cross-device"),
        ("link /z a /a b -", "cross-device"),
        ("rename /z a /z/deep b", "cross-device"),
        // Nested mounts are for the guest's library; the host's directory has no such name.
        ("open h /z deep/x r", "no-entry"),
        ("open h /z/deep x r", "ok"),
        ("list /a", "a=RegularFile"),
    ];
    let dispatcher = live();
    let project = world.mounted(mounts, filesystems);
    expect(&dispatcher, &project.load(&dispatcher), &lines);
    let project = world.mounted_preview1(mounts, filesystems);
    preview1::expect(&dispatcher, &project.load(&dispatcher), &lines);
}

#[test]
fn nothing_changes_through_a_read_only_mount() {
    let world = World::new();
    fs::create_dir(world.root().join("d")).expect("a directory");
    fs::write(world.root().join("a"), "text").expect("a file");
    let mounts = "[{fs: data, guest: /ro, read_only: true}, {fs: data, guest: /rw}]";
    let refused = "not-permitted";
    let lines = [
        ("flags /ro", "read"),
        ("flags /rw", "read mutate"),
        ("open f /ro a w", refused),
        ("open f /ro a tr", refused),
        ("open f /ro new cr", refused),
        ("open f /ro d dm", refused),
        ("open f /ro a r", "ok"),
        ("read f 9 0", "text, end"),
        ("write f 0 x", refused),
        ("times f now now", refused),
        ("times-at /ro a - now now", refused),
        ("mkdir /ro x", refused),
        ("rmdir /ro d", refused),
        ("unlink /ro a", refused),
        ("symlink /ro a s", refused),
        ("link /ro a /ro b -", refused),
        // Said before the two mounts are compared.
        ("rename /ro a /rw b", refused),
        ("rename /rw a /ro b", refused),
        ("link /rw a /ro b -", refused),
        ("open d /ro d dr", "ok"),
        ("flags d", "read"),
        ("open f d new cw", refused),
        ("mkdir d x", refused),
        ("stat-at /ro none -", "no-entry"),
        ("list /ro", "a=RegularFile d=Directory"),
    ];
    let dispatcher = live();
    let project = world.mounted(mounts, &[("data", &world.root(), "")]);
    expect(&dispatcher, &project.load(&dispatcher), &lines);
    let project = world.mounted_preview1(mounts, &[("data", &world.root(), "")]);
    preview1::expect(&dispatcher, &project.load(&dispatcher), &lines);
}

#[test]
fn the_mask_of_a_filesystem_holds() {
    let world = World::new();
    fs::create_dir(world.root().join("d")).expect("a directory");
    fs::write(world.root().join("a"), "text").expect("a file");
    let root = world.root();
    let mounts = "[{fs: r, guest: /r}, {fs: w, guest: /w}, {fs: x, guest: /x}]";
    let filesystems: &[(&str, &std::path::Path, &str)] = &[
        ("r", &root, "mode: \"0400\""),
        ("w", &root, "mode: \"0200\""),
        ("x", &root, "mode: \"0100\""),
    ];
    let lines = [
        ("open f /r a r", "ok"),
        ("open f /r a w", "access"),
        ("open f /r new cw", "access"),
        ("unlink /r a", "access"),
        ("list /r", "access"),
        ("mkdir /r x", "access"),
        ("flags /r", "read"),
        ("open f /w a r", "access"),
        ("open f /w a w", "ok"),
        ("open d /w d r", "ok"),
        ("write f 0 TEXT", "4"),
        ("list /w", "access"),
        ("mkdir /w x", "access"),
        ("rename /w a /w b", "ok"),
        ("rename /w b /w a", "ok"),
        ("list /x", "a=RegularFile d=Directory"),
        ("mkdir /x made", "ok"),
        ("open f /x a r", "access"),
        ("rmdir /x made", "access"),
        ("stat-at /x none -", "no-entry"),
    ];
    let dispatcher = live();
    let project = world.mounted(mounts, filesystems);
    expect(&dispatcher, &project.load(&dispatcher), &lines);
    fs::remove_dir(root.join("made")).expect("a directory");
    let project = world.mounted_preview1(mounts, filesystems);
    preview1::expect(&dispatcher, &project.load(&dispatcher), &lines);
}

#[test]
fn the_mask_and_read_only_hold_for_every_function() {
    let world = World::new();
    fs::create_dir(world.root().join("d")).expect("a directory");
    fs::write(world.root().join("a"), "text").expect("a file");
    symlink("a", world.root().join("l")).expect("a link");
    let root = world.root();
    let changes = |at: &str| -> Vec<String> {
        [
            "open f AT a w",
            "open f AT a rw",
            "open f AT a tr",
            "open f AT a t",
            "open f AT a tw",
            "open f AT new cr",
            "open f AT new cx",
            "open f AT new cw",
            "open f AT d mr",
            "open f AT l ftr",
            "times-at AT a - now now",
            "times-at AT l - now now",
            "times AT now now",
            "rmdir AT d",
            "unlink AT a",
            "unlink AT l",
            "symlink AT a s",
            "link AT a AT b -",
            "rename AT a AT b",
        ]
        .iter()
        .map(|line| line.replace("AT", at))
        .collect()
    };
    let mounts =
        "[{fs: r, guest: /r}, {fs: w, guest: /w}, {fs: data, guest: /ro, read_only: true}]";
    let filesystems: &[(&str, &std::path::Path, &str)] = &[
        ("r", &root, "mode: \"0500\""),
        ("w", &root, "mode: \"0200\""),
        ("data", &root, ""),
    ];
    let mut lines: Vec<(String, &str)> = Vec::new();
    lines.extend(changes("/r").into_iter().map(|line| (line, "access")));
    lines.extend(
        changes("/ro")
            .into_iter()
            .map(|line| (line, "not-permitted")),
    );
    lines.extend(
        [
            ("mkdir /ro x", "not-permitted"),
            ("rename /r a /ro a", "access"),
            ("rename /ro a /r a", "not-permitted"),
            ("rename /ro a /w a", "not-permitted"),
            ("rename /w a /ro b", "not-permitted"),
            ("link /w a /ro b -", "not-permitted"),
            // What would be read is not even created or truncated.
            ("open f /w a tr", "access"),
            ("open f /w new cr", "access"),
            ("open f /w a r", "access"),
            ("open f /w a rw", "access"),
            ("list /w", "access"),
            ("mkdir /w x", "access"),
            ("open f /w a w", "ok"),
            ("read f 9 0", "access"),
            ("input i f 0", "access"),
            // Asking is allowed everywhere.
            ("readlink /w l", "a"),
            ("same /w /ro", "true"),
            ("open f /ro a r", "ok"),
            ("sync f", "ok"),
            ("advise f", "ok"),
            ("size f 0", "not-permitted"),
            ("output o f 0", "not-permitted"),
            ("append o f", "not-permitted"),
            // The mistake of the mount comes before that of the path.
            ("open f /r /a w", "access"),
            ("open f /r a r", "ok"),
            ("size f 0", "access"),
            ("write f 0 x", "access"),
            ("open f /ro a r", "ok"),
            ("times f now now", "not-permitted"),
            ("read f 9 0", "text, end"),
        ]
        .map(|(line, answer)| (line.to_owned(), answer)),
    );
    let lines: Vec<(&str, &str)> = lines
        .iter()
        .map(|(line, answer)| (&**line, *answer))
        .collect();
    let dispatcher = live();
    let project = world.mounted(mounts, filesystems);
    expect(&dispatcher, &project.load(&dispatcher), &lines);
    let project = world.mounted_preview1(mounts, filesystems);
    preview1::expect(&dispatcher, &project.load(&dispatcher), &lines);
    let mut names: Vec<_> = fs::read_dir(&root)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["a", "d", "l"]);
}

#[test]
fn a_missing_directory_is_created_where_that_is_said() {
    let world = World::new();
    let deep = world.root().join("deep/er");
    let mounts = "[{fs: deep, guest: /deep}]";
    let dispatcher = live();
    let without = world
        .mounted(mounts, &[("deep", &deep, "")])
        .load(&dispatcher);
    let arguments = [json!([])];
    let failed = dispatcher
        .block_on(without.call("script", Arguments::Json(&arguments)))
        .expect("no deadlock")
        .expect_err("nothing to mount");
    assert_eq!(
        failed.to_string(),
        format!(
            "test:script: wasi.mounts /deep: cannot open {}: no such directory; \
             create it, or set `auto_init: true` in its fs.directory",
            deep.display()
        )
    );
    assert!(!deep.exists());
    let with = world.mounted(mounts, &[("deep", &deep, "auto_init: true")]);
    expect(
        &dispatcher,
        &with.load(&dispatcher),
        &[("list /deep", "nothing")],
    );
    assert!(deep.is_dir());
}

#[test]
fn a_file_cannot_be_mounted() {
    let world = World::new();
    let file = world.outer().join("secret");
    let project = world.mounted(
        "[{fs: file, guest: /f}]",
        &[("file", &file, "auto_init: true")],
    );
    let error = project
        .call_on(&live(), "script", &[json!([])])
        .expect_err("no directory");
    assert!(error.ends_with("Not a directory (os error 20)"), "{error}");
}

#[test]
fn each_call_sees_the_directory_that_is_there_then() {
    let world = World::new();
    let dispatcher = live();
    let runtime = world.project().load(&dispatcher);
    fs::write(world.root().join("old"), "").expect("a file");
    assert_eq!(
        script(&dispatcher, &runtime, &["list /data"]),
        ["old=RegularFile"]
    );
    fs::rename(world.root(), world.outer().join("moved")).expect("moved");
    fs::create_dir(world.root()).expect("a directory");
    fs::write(world.root().join("new"), "").expect("a file");
    assert_eq!(
        script(&dispatcher, &runtime, &["list /data"]),
        ["new=RegularFile"]
    );
}

#[test]
fn without_the_import_there_are_no_mounts() {
    let world = World::new();
    let mut project = world.project();
    let wasi = "{mounts: [{fs: data, guest: /data}]}";
    project.function(
        "bare",
        "files",
        super::SCRIPT,
        "[wasi:io]",
        &[("wasi", &wasi)],
    );
    let call = |line: &str| project.call_on(&live(), "bare", &[json!([line])]);
    assert_eq!(call("mounts"), Ok(json!(["ok"])));
    let types = "[wasi:filesystem/preopens]";
    project.function(
        "preopens",
        "files",
        super::SCRIPT,
        types,
        &[("wasi", &wasi)],
    );
    let error = project
        .call_on(&live(), "preopens", &[json!(["mounts", "stat\t/data"])])
        .expect_err("a trap");
    assert!(
        error.contains("add `- wasi:filesystem` to its imports"),
        "{error}"
    );
}
