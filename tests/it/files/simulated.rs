//! Files of a simulation: what guests see of them is what they see of real ones, and nothing of the host but what
//! its files hold.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use wippy_dispatcher::{Dispatcher, Simulation};

use super::{World, expect, preview1, script};
use crate::support::simulated;

/// Runs a script over files of a simulation, by both guests; each line must be answered as over real ones. The
/// host's files stay as they are.
pub fn expect_the_same(world: &World, lines: &[(&str, &str)]) {
    // Times are the simulation's own.
    let is_status =
        |(line, answer): &(&str, &str)| line.starts_with("stat") && answer.contains('.');
    let lines: Vec<(&str, &str)> = lines.iter().filter(|it| !is_status(it)).copied().collect();
    let before = contents(&world.root());
    let dispatcher = simulated();
    expect(&dispatcher, &world.project().load(&dispatcher), &lines);
    if lines
        .iter()
        .all(|(line, answer)| preview1::knows(line, answer))
    {
        let dispatcher = simulated();
        preview1::expect(&dispatcher, &world.preview1().load(&dispatcher), &lines);
    }
    assert!(
        contents(&world.root()) == before,
        "the host's files have changed"
    );
}

/// What is beneath a directory, with its times.
fn contents(directory: &Path) -> BTreeMap<String, (i64, i64, u64, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        let status = fs::symlink_metadata(&path).expect("a status");
        let bytes = match status.is_file() {
            true => read(&path),
            false => Vec::new(),
        };
        let what = (status.mtime(), status.mtime_nsec(), status.nlink(), bytes);
        found.insert(path.to_string_lossy().into_owned(), what);
        if status.is_dir() {
            found.extend(contents(&path));
        }
    }
    found
}

/// Reads a file and leaves its time of access, of which scripts may be told.
fn read(path: &Path) -> Vec<u8> {
    let flags = OFlags::NOATIME.bits().cast_signed();
    let file = fs::File::options()
        .read(true)
        .custom_flags(flags)
        .open(path);
    let mut bytes = Vec::new();
    file.expect("a file")
        .read_to_end(&mut bytes)
        .expect("bytes");
    bytes
}

/// A script that sees all that there is to see of files.
const LOOK: &[&str] = &[
    "list /data",
    "stat-at /data a -",
    "hash-at /data a -",
    "stat-at /data d -",
    "hash-at /data d/b -",
    "stat-at /data l -",
    "open f /data a crw",
    "read f 99 0",
    "write f 2 more",
    "stat f",
    "hash f",
    "open n /data new cw",
    "hash n",
    "list /data",
];

/// What the script is answered, and the bytes of the decision log.
fn look(world: &World, seed: u64, meanwhile: impl FnOnce(&Path)) -> (Vec<String>, Vec<u8>) {
    let path = world.outer().join("log");
    let log = fs::File::create(&path).expect("a file");
    let simulation = Simulation::new(seed).log(log);
    let dispatcher = Dispatcher::builder().simulation(simulation).build();
    let dispatcher = dispatcher.expect("a simulation");
    let runtime = world.project().load(&dispatcher);
    let mut answers = script(&dispatcher, &runtime, &["list /data"]);
    meanwhile(&world.root());
    answers.extend(script(&dispatcher, &runtime, LOOK));
    dispatcher.finish_log().expect("a log");
    (answers, fs::read(path).expect("a log"))
}

/// The same files, made in this order.
fn made(order: &[&str]) -> World {
    let world = World::new();
    let root = world.root();
    for name in order {
        let path = root.join(name);
        match *name {
            "d" => fs::create_dir(path).expect("a directory"),
            "l" => std::os::unix::fs::symlink("a", path).expect("a link"),
            "c" => fs::hard_link(root.join("a"), path).expect("a link"),
            name => fs::write(path, format!("text of {name}")).expect("a file"),
        }
    }
    world
}

#[test]
fn a_run_depends_on_what_the_files_hold_and_on_nothing_else_of_them() {
    let first = look(&made(&["a", "c", "d", "d/b", "l"]), 3, |_| {});
    // Other inodes, other times, another order.
    let other = made(&["x", "l", "d", "d/b", "a", "c"]);
    fs::remove_file(other.root().join("x")).expect("a file");
    let old = std::time::SystemTime::UNIX_EPOCH;
    let file = fs::File::options().write(true).open(other.root().join("a"));
    file.expect("a file").set_modified(old).expect("a time");
    assert_eq!(first, look(&other, 3, |_| {}));
    // Changed while it runs.
    let changed = look(&made(&["d", "d/b", "a", "c", "l"]), 3, |root| {
        fs::write(root.join("a"), "changed").expect("a file");
        fs::write(root.join("late"), "late").expect("a file");
        fs::remove_file(root.join("d/b")).expect("a file");
    });
    assert_eq!(first, changed);
    // Other bytes are another input.
    let other = made(&["a", "c", "d", "d/b", "l"]);
    fs::write(other.root().join("a"), "other").expect("a file");
    assert_ne!(first.0, look(&other, 3, |_| {}).0);
}

#[test]
fn what_nobody_has_changed_has_the_time_of_the_start() {
    let (answers, _) = look(&made(&["a", "c", "d", "d/b", "l"]), 1, |_| {});
    let start = "946684801.000000000 946684801.000000000";
    assert_eq!(answers[2], format!("RegularFile 2 9 {start}"));
    assert_eq!(answers[4], format!("Directory 2 4096 {start}"));
    assert_eq!(answers[6], format!("SymbolicLink 1 1 {start}"));
}

#[test]
fn names_are_listed_in_their_order() {
    let world = World::new();
    for index in (0..300).rev() {
        fs::write(world.root().join(format!("name-{index:03}")), "").expect("a file");
    }
    let dispatcher = simulated();
    let runtime = world.project().load(&dispatcher);
    let mut lines = vec!["listing l /data".to_owned()];
    lines.extend((0..301).map(|_| "next l".to_owned()));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let answers = script(&dispatcher, &runtime, &lines);
    let mut expected: Vec<String> = (0..300).map(|index| format!("name-{index:03}")).collect();
    expected.push("none".to_owned());
    assert_eq!(answers[1..], expected);
}

/// Two entries mount the directory; each sees what the other does.
#[test]
fn mounts_of_one_host_share_their_files() {
    let world = World::new();
    let dispatcher = simulated();
    let runtime = world.project().load(&dispatcher);
    let other = world.preview1().load(&dispatcher);
    expect(
        &dispatcher,
        &runtime,
        &[("open f /data a cw", "ok"), ("write f 0 shared", "6")],
    );
    let lines = [("open f /data a r", "ok"), ("read f 99 0", "shared, end")];
    expect(&dispatcher, &other, &lines);
    assert!(contents(&world.root()).is_empty());
}

#[test]
fn more_than_a_simulation_reads_is_an_error_that_says_so() {
    let world = World::new();
    let large = fs::File::create(world.root().join("large")).expect("a file");
    // A hole, which takes no disk.
    large.set_len((256 << 20) + 1).expect("a size");
    let dispatcher = simulated();
    let runtime = world.project().load(&dispatcher);
    let arguments = [serde_json::json!(["mounts"])];
    let called = runtime.call("script", wippy::Arguments::Json(&arguments));
    let error = dispatcher.block_on(called).expect("no deadlock");
    let error = error.expect_err("too much").to_string();
    assert!(
        error.contains("more than 268435456 bytes, which a simulation reads at most"),
        "{error}"
    );
}

/// A directory that would be made is empty, and is not made.
#[test]
fn a_directory_that_is_missing_is_not_made() {
    let world = World::new();
    let missing = world.outer().join("missing");
    let filesystems: [(&str, &Path, &str); 1] = [("data", &missing, "auto_init: true")];
    let project = world.mounted("[{fs: data, guest: /data}]", &filesystems);
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    let lines = [("list /data", "nothing"), ("mkdir /data d", "ok")];
    expect(&dispatcher, &runtime, &lines);
    assert!(!missing.exists());
}
