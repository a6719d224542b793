//! Processes that are killed, and several at once.

use std::fs;
use std::io::Write;
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use super::{World, adders, assert_called, inode, past, set_used};
use crate::cli::Ran;

const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A file that its writer has left, or still writes.
fn part(world: &World, writer: u32) -> std::path::PathBuf {
    let path = world.cache().join(format!("{KEY}.{writer}.0.part"));
    fs::write(&path, "the beginning").expect("a file");
    path
}

#[test]
fn what_a_killed_writer_left_is_removed_by_the_next_writer() {
    let world = World::new(&adders(2));
    world.call_silently();
    // The number of a process that lives says nothing: this one's own is not that of the writer.
    let dead = [part(&world, 1), part(&world, std::process::id())];
    let live = part(&world, 2);
    let writer = fs::File::options()
        .append(true)
        .open(&live)
        .expect("a file");
    flock(&writer, FlockOperation::LockExclusive).expect("a lock");
    let foreign = world.cache().join("notes.part");
    fs::write(&foreign, "").expect("a file");
    assert_eq!(world.run(&["call", "f1", "41"]).err, "");
    assert!(dead.iter().all(|path| !path.exists()));
    // Old as it may look, its writer lives.
    set_used(&live, past(48));
    assert_eq!(world.run(&["cache", "clear"]).code, Some(0));
    assert!(live.exists() && foreign.exists());
    drop(writer);
    assert_eq!(world.run(&["cache", "clear"]).code, Some(0));
    assert!(!live.exists() && foreign.exists());
}

#[test]
fn a_part_under_the_name_of_a_writer_is_in_nobodys_way() {
    // A process may get the number of one that was killed, and its names with it.
    let world = World::new(&adders(1));
    fs::create_dir(world.cache()).expect("a directory");
    world.call_silently();
    let key = world.only();
    let key = key
        .file_stem()
        .expect("a name")
        .to_str()
        .expect("text")
        .to_owned();
    fs::remove_file(world.only()).expect("removed");
    let script = "for n in 0 1 2; do : > \"$DIR/$KEY.$$.$n.part\"; done; exec \"$0\" \"$@\"";
    let mut command = crate::support::command("sh");
    command
        .args(["-c", script, crate::support::BINARY, "-C"])
        .arg(world.project())
        .args(["call", "f0", "41"])
        .env("XDG_CACHE_HOME", world.caches())
        .env("DIR", world.cache())
        .env("KEY", key);
    assert_called(&crate::cli::run(&mut command), 0);
    assert_eq!(world.files(".part").len(), 0);
    world.only();
}

#[test]
fn whenever_a_writer_is_killed_the_next_start_is_right() {
    let world = World::new(&adders(1));
    let start = || -> Child {
        let mut command = world.program(&["call", "f0", "41"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the program")
    };
    // At every stage of a start, and as soon as something is in the directory.
    for step in 0..12u64 {
        let mut child = start();
        match step % 2 {
            0 => std::thread::sleep(Duration::from_millis(step * 4)),
            _ => {
                while world.files("").is_empty() && child.try_wait().expect("a child").is_none() {
                    std::thread::yield_now();
                }
            }
        }
        child.kill().expect("killed");
        child.wait().expect("its end");
        world.call_silently();
        let file = world.only();
        let before = inode(&file);
        world.call_silently();
        assert_eq!(inode(&file), before);
        fs::remove_file(file).expect("removed");
        // What the killed one left is there until something is written.
        for part in world.files(".part") {
            fs::remove_file(part).expect("removed");
        }
    }
}

#[test]
fn processes_that_start_together_are_all_right() {
    let world = World::new(&adders(3));
    for _ in 0..3 {
        let start = || {
            let mut command = world.program(&["check", "--json"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("the program")
        };
        let children: Vec<Child> = (0..5).map(|_| start()).collect();
        for child in children {
            let output = child.wait_with_output().expect("its end");
            let ran = Ran {
                code: output.status.code(),
                out: String::from_utf8(output.stdout).expect("text"),
                err: String::from_utf8(output.stderr).expect("text"),
            };
            assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
        }
        assert_eq!((world.files(".code").len(), world.files("").len()), (3, 3));
        assert_eq!(world.check(), (0, 3));
        assert_eq!(world.run(&["cache", "clear"]).code, Some(0));
    }
}

#[test]
fn one_that_clears_beside_others_disturbs_none() {
    let world = World::new(&adders(2));
    let mut checks = Vec::new();
    for _ in 0..4 {
        let mut command = world.program(&["check"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        checks.push(command.spawn().expect("the program"));
        world.run(&["cache", "clear"]);
    }
    for child in checks {
        let output = child.wait_with_output().expect("its end");
        assert!(output.status.success());
        let _ = std::io::stderr().write_all(&output.stderr);
        assert!(output.stderr.is_empty());
    }
    assert_eq!(world.files(".part").len(), 0);
}
