//! Directories that are not to be trusted, or cannot be written.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;

use rustix::process::geteuid;

use super::{World, adders, assert_called, mode, set_mode};
use crate::cli::run;
use crate::files::unshared::{may_mount, not_tested};
use crate::support::{BINARY, command};

/// A user without rights.
const NOBODY: u32 = 65534;

/// That a call is right, warns once with this text, and leaves nothing in the directory.
#[track_caller]
fn assert_refused(world: &World, text: &str) {
    let ran = world.run(&["call", "f0", "41"]);
    assert_called(&ran, 1);
    assert!(ran.err.contains(text), "{}", ran.err);
    assert_eq!(world.files("").len(), 0);
}

#[test]
fn one_that_others_may_write_is_refused() {
    let world = World::new(&adders(1));
    fs::create_dir(world.cache()).expect("a directory");
    for bits in [0o770, 0o702, 0o777, 0o1777] {
        set_mode(&world.cache(), bits);
        assert_refused(&world, "may be written by others");
        assert_eq!(mode(&world.cache()), bits);
    }
    set_mode(&world.cache(), 0o755);
    world.call_silently();
    assert_eq!(world.files(".code").len(), 1);
}

#[test]
fn a_symbolic_link_and_a_file_are_refused() {
    let world = World::new(&adders(1));
    let other = tempfile::tempdir().expect("a directory");
    symlink(other.path(), world.cache()).expect("a link");
    assert_refused(&world, "is a symbolic link");
    assert_eq!(fs::read_dir(other.path()).expect("a list").count(), 0);
    fs::remove_file(world.cache()).expect("removed");
    fs::write(world.cache(), "x").expect("a file");
    assert_refused(&world, "is not a directory");
    // Nothing can be made below a file.
    let mut command = world.without_cache(&["call", "f0", "41"]);
    let ran = run(command.env("XDG_CACHE_HOME", world.cache()));
    assert_called(&ran, 1);
}

#[test]
fn one_of_somebody_else_is_refused() {
    if !geteuid().is_root() {
        not_tested("a directory of somebody else", "only root can make one");
        return;
    }
    let world = World::new(&adders(1));
    fs::create_dir(world.cache()).expect("a directory");
    chown(world.cache(), Some(NOBODY), None).expect("another owner");
    set_mode(&world.cache(), 0o755);
    assert_refused(&world, "belongs to the user 65534");
    let ran = world.run(&["cache", "show"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("belongs to the user 65534"), "{}", ran.err);
}

/// Has the program run as somebody who may read the world and write nothing there.
fn without_rights(world: &World, words: &[&str]) -> std::process::Command {
    let mut command = world.program(words);
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    for path in [world.caches(), world.project()] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("permissions");
    }
    command
}

fn can_run_without_rights(world: &World) -> bool {
    let works = without_rights(world, &["--version"]).output();
    let works = works.is_ok_and(|output| output.status.success());
    if !works {
        not_tested("a user without rights", "the program cannot be run by one");
    }
    works
}

#[test]
fn one_that_cannot_be_written_is_read_and_nothing_is_said() {
    let world = World::new(&adders(2));
    world.call_silently();
    if !can_run_without_rights(&world) {
        return;
    }
    let file = world.only();
    set_mode(&file, 0o444);
    set_mode(&world.cache(), 0o555);
    assert_called(&run(&mut without_rights(&world, &["call", "f0", "41"])), 0);
    let ran = run(&mut without_rights(&world, &["check", "--json"]));
    assert!(ran.out.contains("\"cached\":1"), "{ran:?}");
    assert_eq!(ran.err, "");
    // What is missing is compiled each time.
    let ran = run(&mut without_rights(&world, &["call", "f1", "41"]));
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("42\n", ""));
    set_mode(&world.cache(), 0o755);
    assert_eq!(world.only(), file);
}

#[test]
fn one_that_cannot_be_made_or_read_is_one_warning() {
    let world = World::new(&adders(1));
    if !can_run_without_rights(&world) {
        return;
    }
    fs::set_permissions(world.caches(), fs::Permissions::from_mode(0o555)).expect("permissions");
    assert_called(&run(&mut without_rights_again(&world)), 1);
    set_mode(world.caches(), 0o755);
    world.call_silently();
    set_mode(&world.cache(), 0o000);
    assert_called(&run(&mut without_rights_again(&world)), 1);
    set_mode(&world.cache(), 0o700);
}

fn without_rights_again(world: &World) -> std::process::Command {
    let mut command = world.program(&["call", "f0", "41"]);
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// A call in a shell that runs `before` first.
fn in_shell(world: &World, runner: &[&str], before: &str) -> crate::cli::Ran {
    let mut command = command(runner[0]);
    command
        .args(&runner[1..])
        .args(["sh", "-c", &format!("{before}; exec \"$0\" \"$@\"")])
        .arg(BINARY)
        .arg("-C")
        .arg(world.project())
        .args(["call", "f0", "41"])
        .env("XDG_CACHE_HOME", world.caches())
        .env("CACHES", world.caches());
    run(&mut command)
}

#[test]
fn the_limit_on_sizes_is_one_warning_and_no_signal() {
    let world = World::new(&adders(1));
    // In blocks of 512 or 1024 bytes: less than the code takes.
    let ran = in_shell(&world, &["env"], "ulimit -f 4");
    assert_called(&ran, 1);
    assert!(ran.err.contains("compiled code is not kept"), "{}", ran.err);
    // What was written of it is gone.
    assert_eq!(world.files("").len(), 0);
    world.call_silently();
    assert_eq!(world.files(".code").len(), 1);
}

#[test]
fn a_full_filesystem_is_one_warning() {
    let Some(unshared) = may_mount("a full filesystem of compiled code") else {
        return;
    };
    let world = World::new(&adders(1));
    let ran = in_shell(
        &world,
        unshared,
        "mount -t tmpfs -o size=8k none \"$CACHES\"",
    );
    assert_called(&ran, 1);
    let full = "No space left on device";
    assert!(ran.err.contains(full), "{}", ran.err);
}

#[test]
fn a_filesystem_for_reading_only_is_used_silently() {
    let Some(unshared) = may_mount("a filesystem of compiled code for reading only") else {
        return;
    };
    let world = World::new(&adders(1));
    let read_only = "mount -t tmpfs none \"$CACHES\" && mount -o remount,ro \"$CACHES\"";
    assert_called(&in_shell(&world, unshared, read_only), 0);
    let made = "mount -t tmpfs none \"$CACHES\" && mkdir \"$CACHES/wippy\" && mount -o remount,ro \"$CACHES\"";
    assert_called(&in_shell(&world, unshared, made), 0);
}
