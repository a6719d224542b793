//! What the system refuses: no room, too large, too many, read only. In processes of their own, where
//! limits and mounts can be set.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::World;
use super::unshared::{may_mount, not_tested};
use super::waiting::fifo;
use crate::support::Project;

/// Calls a script by the program, in a shell that runs `before` first.
fn in_shell(world: &World, runner: &[&str], before: &str, lines: &[&str]) -> Output {
    run(world, &world.project(), runner, before, lines)
}

/// The same by a guest of preview 1.
fn preview1_in_shell(world: &World, runner: &[&str], before: &str, lines: &[&str]) -> Output {
    run(world, &world.preview1(), runner, before, lines)
}

fn run(world: &World, project: &Project, runner: &[&str], before: &str, lines: &[&str]) -> Output {
    let directory = project.directory();
    let mut command = shell(world, &directory, runner, before, lines);
    command.output().expect("a shell")
}

fn shell(
    world: &World,
    project: &TempDir,
    runner: &[&str],
    before: &str,
    lines: &[&str],
) -> Command {
    let lines: Vec<String> = std::iter::once("mounts")
        .chain(lines.iter().copied())
        .map(|line| line.replace(' ', "\t"))
        .collect();
    let mut command = crate::support::command(runner[0]);
    command
        .args(&runner[1..])
        .args(["sh", "-c", &format!("{before}; exec \"$0\" \"$@\"")])
        .arg(crate::support::BINARY)
        .arg("-C")
        .arg(project.path())
        .args(["call", "script", &json!(lines).to_string()])
        .env("ROOT", world.root());
    command
}

fn answers(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    let value: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{complaint}"));
    let answers = value.as_array().expect("a list").iter().skip(1);
    answers
        .map(|answer| answer.as_str().expect("a text").to_owned())
        .collect()
}

#[test]
fn too_many_open_files_are_an_error_of_the_guests() {
    let world = World::new();
    std::fs::write(world.root().join("a"), "x").expect("a file");
    let lines = ["hoard 100 /data a", "open f /data a r", "read f 9 0"];
    let output = in_shell(&world, &["env"], "ulimit -n 60", &lines);
    let answers = answers(&output);
    let (kept, code) = answers[0].split_once(" then ").expect("an error");
    assert_eq!(code, "insufficient-memory");
    assert!((1..60).contains(&kept.parse::<u32>().expect("a number")));
    // They were given back.
    assert_eq!(answers[1..], ["ok", "x, end"]);
}

#[test]
fn the_program_takes_the_descriptors_that_it_may_have() {
    let world = World::new();
    std::fs::write(world.root().join("a"), "x").expect("a file");
    let lines = ["hoard 100 /data a"];
    let output = in_shell(&world, &["env"], "ulimit -S -n 60", &lines);
    assert_eq!(answers(&output), ["100"]);
}

#[test]
fn the_limit_on_sizes_is_an_error_and_no_signal() {
    let world = World::new();
    let lines = [
        "open f /data a crw",
        "fill f 4096 0",
        "fill f 4096 1048576",
        "size f 1048577",
        "output o f 1048576",
        "put o x",
        "append p f",
        "put p x",
        "stat-at /data none -",
    ];
    // In blocks of 512 or 1024 bytes: a mebibyte at most.
    let output = in_shell(&world, &["env"], "ulimit -f 1024", &lines);
    let answers = answers(&output);
    let large = "file-too-large";
    assert_eq!(answers[..5], ["ok", "4096", large, large, "ok"]);
    assert_eq!(answers[5], format!("failed: {large}"));
    assert_eq!(answers[6..], ["ok", "ok", "no-entry"]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_full_filesystem_says_so_and_loses_nothing() {
    let Some(unshared) = may_mount("a full filesystem") else {
        return;
    };
    let world = World::new();
    let lines = [
        "open f /data a crw",
        "fill f 32768 0",
        "fill f 65536 32768",
        "stat f",
        "output o f 65536",
        "put o text",
        "put o text",
        "read f 3 32765",
        "size f 1000000",
        "open g /data b cw",
        "fill g 4096 0",
    ];
    let before = "mount -t tmpfs -o size=64k none \"$ROOT\"";
    let answers = answers(&in_shell(&world, unshared, before, &lines));
    assert_eq!(answers[..3], ["ok", "32768", "32768"]);
    assert!(
        answers[3].starts_with("RegularFile 1 65536 "),
        "{answers:?}"
    );
    assert_eq!(
        answers[4..7],
        ["ok", "failed: insufficient-space", "closed"]
    );
    assert_eq!(answers[8..], ["ok", "ok", "insufficient-space"]);
}

/// A descriptor that met a full disk, or the limit on sizes, works again when there is room: no stream
/// remembers the error.
#[test]
fn preview_1_goes_on_when_there_is_room_again() {
    let world = World::new();
    // The buffer of 65,536 bytes is described at 0, and results are at 64.
    let lines = [
        "open f /data a crw",
        "put32 0 @1024",
        "put32 4 65536",
        "raw fd_write #f @0 1 @64",
        "raw fd_seek #f 1048576 0 @64",
        "raw fd_write #f @0 1 @64",
        "size f 1048577",
        "size f 0",
        "raw fd_seek #f 0 0 @64",
        "raw fd_write #f @0 1 @64",
        "u32 64",
    ];
    // In blocks of 512 or 1024 bytes: a mebibyte at most.
    let output = preview1_in_shell(&world, &["env"], "ulimit -f 1024", &lines);
    assert_eq!(
        answers(&output)[3..],
        ["0", "0", "22", "file-too-large", "ok", "0", "0", "65536"]
    );
    assert_eq!(output.status.code(), Some(0));
    let Some(unshared) = may_mount("a full filesystem of preview 1") else {
        return;
    };
    let lines = [
        "open g /data b cw",
        "fill g 65536 0",
        "open f /data a crw",
        "put32 0 @1024",
        "put32 4 4096",
        "raw fd_write #f @0 1 @64",
        "size g 0",
        "raw fd_write #f @0 1 @64",
        "u32 64",
    ];
    let before = "mount -t tmpfs -o size=64k none \"$ROOT\"";
    let full = answers(&preview1_in_shell(&world, unshared, before, &lines));
    assert_eq!(full[1], "65536");
    assert_eq!(full[5..], ["51", "ok", "0", "4096"], "{full:?}");
}

#[test]
fn a_filesystem_that_is_read_only_says_so() {
    let Some(unshared) = may_mount("a filesystem that is read-only") else {
        return;
    };
    let world = World::new();
    std::fs::write(world.root().join("a"), "text").expect("a file");
    let before = "mount --bind \"$ROOT\" \"$ROOT\" && mount -o remount,bind,ro \"$ROOT\"";
    let lines = [
        "open f /data a w",
        "open f /data new cw",
        "open f /data a r",
        "read f 9 0",
        "times f now now",
        "mkdir /data d",
        "unlink /data a",
        "rename /data a /data b",
    ];
    let refused = "read-only";
    for output in [
        in_shell(&world, unshared, before, &lines),
        preview1_in_shell(&world, unshared, before, &lines),
    ] {
        assert_eq!(
            answers(&output),
            [
                refused,
                refused,
                "ok",
                "text, end",
                refused,
                refused,
                refused,
                refused
            ]
        );
    }
    assert!(Path::new(&world.root().join("a")).is_file());
}

#[test]
fn a_filesystem_beneath_another_is_crossed() {
    let Some(unshared) = may_mount("a filesystem beneath another") else {
        return;
    };
    let world = World::new();
    std::fs::create_dir(world.root().join("m")).expect("a directory");
    std::fs::write(world.root().join("a"), "text").expect("a file");
    let before = "mount -t tmpfs none \"$ROOT/m\"";
    let lines = [
        "open f /data m/b crw",
        "write f 0 hello",
        "open g /data m/b r",
        "read g 9 0",
        "stat-at /data m/none f",
        "same f g",
        "rename /data a /data m/a",
        "link /data a /data m/a -",
        "rmdir /data m",
        "open d /data m dr",
        "list d",
    ];
    let answers = answers(&in_shell(&world, unshared, before, &lines));
    assert_eq!(
        answers,
        [
            "ok",
            "5",
            "ok",
            "hello, end",
            "no-entry",
            "true",
            "cross-device",
            "cross-device",
            "busy",
            "ok",
            "b=RegularFile"
        ]
    );
}

#[test]
fn a_limit_that_sinks_meanwhile_is_an_error_and_no_signal() {
    let world = World::new();
    let gate = fifo(&world);
    let project = world.project().directory();
    let lines = [
        "open f /data a crw",
        "open g /data fifo r",
        "input i g 0",
        "drain i",
        "fill f 4096 0",
        "fill f 100000 4096",
        "size f 8192",
        "append o f",
        "put o x",
        "read f 1 0",
    ];
    let mut command = shell(&world, &project, &["env"], "ulimit -f 4096", &lines);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child.expect("a shell");
    // Opened when the guest has opened it: what the limit was then is known to the program.
    let gate = std::fs::File::options().write(true).open(gate);
    let pid = Pid::from_raw(child.id().cast_signed());
    let lower = Rlimit {
        current: Some(4096),
        maximum: Some(4096),
    };
    prlimit(pid, Resource::Fsize, lower).expect("a limit");
    drop(gate.expect("a reader"));
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let answers = answers(&output);
    let large = "file-too-large";
    assert_eq!(answers[4..8], ["4096", large, large, "ok"]);
    assert_eq!(answers[8], format!("failed: {large}"));
    assert_eq!(answers[9], "\0");
}

#[test]
fn directories_that_cannot_be_listed_are_walked_through() {
    use std::os::unix::fs::PermissionsExt;
    // Root may do everything, unless it is without its capabilities.
    let weak: &[&str] = match rustix::process::geteuid().is_root() {
        true => &["setpriv", "--bounding-set=-all", "--inh-caps=-all"],
        false => &["env"],
    };
    let tried = Command::new(weak[0]).args(&weak[1..]).arg("true").output();
    if !tried.is_ok_and(|output| output.status.success()) {
        return not_tested("a directory that may not be listed", "no `setpriv`");
    }
    let world = World::new();
    let dark = world.root().join("dark");
    std::fs::create_dir(&dark).expect("a directory");
    std::fs::write(dark.join("a"), "text").expect("a file");
    std::fs::set_permissions(&dark, PermissionsExt::from_mode(0o300)).expect("rights");
    let lines = [
        "open f /data dark/a r",
        "read f 9 0",
        "times-at /data dark/a - 1 2",
        "symlink /data a dark/l",
        "readlink /data dark/l",
        "rename /data dark/a /data dark/b",
        "link /data dark/b /data dark/c -",
        "unlink /data dark/b",
        "mkdir /data dark/d",
        "rmdir /data dark/d",
        "unlink /data dark/../dark/c",
        "open d /data dark dr",
    ];
    let answers = answers(&in_shell(&world, weak, "true", &lines));
    assert_eq!(answers[..5], ["ok", "text, end", "ok", "ok", "a"]);
    assert_eq!(answers[5..11], ["ok"; 6]);
    assert_eq!(answers[11], "access");
    std::fs::set_permissions(&dark, PermissionsExt::from_mode(0o700)).expect("rights");
}
