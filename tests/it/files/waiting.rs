//! A file that does not answer parks its guests, and nothing else.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::json;

use super::{World, expect, script, start};
use crate::support::live;

pub fn fifo(world: &World) -> std::path::PathBuf {
    let path = world.root().join("fifo");
    mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o644), 0).expect("a fifo");
    path
}

/// How many descriptors of this process are open on a path.
pub fn open_on(path: &Path) -> usize {
    fs::read_dir("/proc/self/fd")
        .expect("a list")
        .filter_map(Result::ok)
        .filter(|entry| fs::read_link(entry.path()).is_ok_and(|target| target == path))
        .count()
}

#[test]
fn readers_of_a_fifo_wait_for_a_writer_and_nobody_else_does() {
    let world = World::new();
    let path = fifo(&world);
    fs::write(world.root().join("a"), "text").expect("a file");
    let dispatcher = live();
    let runtime = world.project().load(&dispatcher);
    let read = ["open f /data fifo r", "type f", "input i f 0", "drain i"];
    // More of them than the blocking pool has threads.
    let mut parked: Vec<_> = (0..40)
        .map(|_| start(&dispatcher, &runtime, &read))
        .collect();
    let reader = parked.pop().expect("a task");
    for _ in 0..10 {
        expect(
            &dispatcher,
            &runtime,
            &[
                ("open f /data a r", "ok"),
                ("read f 9 0", "text, end"),
                ("open g /data b cw", "ok"),
                ("sync g", "ok"),
                ("unlink /data b", "ok"),
            ],
        );
    }
    assert!(!reader.is_finished());
    // The others go away and leave nothing open.
    drop(parked);
    while open_on(&path) > 2 {
        dispatcher.turn(None).expect("a turn");
    }
    let mut writer = File::options().write(true).open(&path).expect("readers");
    writer.write_all(b"at last").expect("readers");
    drop(writer);
    let answers = dispatcher
        .block_on(reader)
        .expect("no deadlock")
        .expect("an end");
    assert_eq!(answers, json!(["/data", "ok", "Fifo", "ok", "at last"]));
    assert_eq!(open_on(&path), 0);
}

#[test]
fn a_fifo_nobody_reads_cannot_be_written() {
    let world = World::new();
    let path = fifo(&world);
    let dispatcher = live();
    let runtime = world.project().load(&dispatcher);
    let write = ["open f /data fifo w", "output o f 0", "put o hello"];
    assert_eq!(
        script(&dispatcher, &runtime, &write)[0],
        "no-such-device",
        "there is no reader"
    );
    let reader = rustix::fs::open(
        &path,
        rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::NONBLOCK,
        Mode::empty(),
    );
    let mut reader = File::from(reader.expect("a fifo"));
    assert_eq!(script(&dispatcher, &runtime, &write), ["ok", "ok", "ok"]);
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).expect("bytes");
    assert_eq!(bytes, b"hello");
    let places = ["open f /data fifo r", "read f 5 0"];
    assert_eq!(
        script(&dispatcher, &runtime, &places),
        ["ok", "invalid-seek"]
    );
}

#[test]
fn filesystems_that_are_not_known_answer_through_the_pool() {
    let world = World::new();
    let project = world.mounted(
        "[{fs: proc, guest: /proc}]",
        &[("proc", Path::new("/proc/sys/kernel"), "")],
    );
    let dispatcher = live();
    let runtime = project.load(&dispatcher);
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").expect("a name");
    let read = format!("{release}, end");
    // The second call finds it open.
    for _ in 0..2 {
        expect(
            &dispatcher,
            &runtime,
            &[
                ("open f /proc osrelease r", "ok"),
                ("read f 200 0", &read),
                ("input i f 0", "ok"),
                ("drain i", &release),
                ("open f /proc none r", "no-entry"),
                ("open d /proc . dr", "ok"),
                ("same d /proc", "true"),
            ],
        );
    }
    // What was opened beneath it is closed in its own time; the mount itself was opened once.
    while open_on(Path::new("/proc/sys/kernel")) > 1 {
        std::thread::yield_now();
    }
}
