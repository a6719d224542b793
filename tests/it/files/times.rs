//! Timestamps, link counts, hashes.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::{World, script};
use crate::support::live;

#[test]
fn stat_tells_what_the_system_tells() {
    let world = World::new();
    let path = world.root().join("a");
    fs::write(&path, "hello").expect("a file");
    fs::hard_link(&path, world.root().join("b")).expect("a link");
    std::os::unix::fs::symlink("a", world.root().join("s")).expect("a link");
    let told = fs::metadata(&path).expect("a file");
    let text = format!(
        "RegularFile 2 5 {}.{:09} {}.{:09}",
        told.atime(),
        told.atime_nsec(),
        told.mtime(),
        told.mtime_nsec()
    );
    world.expect(&[
        ("stat-at /data a -", &text),
        ("stat-at /data s f", &text),
        ("open f /data a r", "ok"),
        ("stat f", &text),
        ("stat-at /data a/ -", "not-directory"),
        ("stat-at /data none -", "no-entry"),
    ]);
    let dispatcher = live();
    let runtime = world.project().load(&dispatcher);
    let answers = script(&dispatcher, &runtime, &["stat-at /data s -", "stat /data"]);
    assert!(answers[0].starts_with("SymbolicLink 1 1 "), "{answers:?}");
    assert!(answers[1].starts_with("Directory 2 "), "{answers:?}");
}

#[test]
fn times_are_set_kept_and_taken_from_the_clock() {
    let world = World::new();
    let dispatcher = live();
    let runtime = world.project().load(&dispatcher);
    let before = dispatcher.handle().wall_time().expect("a clock");
    let answers = script(
        &dispatcher,
        &runtime,
        &[
            "open f /data a cw",
            "symlink /data a s",
            "times f 1000000000.5 2000000000.999999999",
            "stat f",
            "times f same 7",
            "stat f",
            "times-at /data s - 11.1 12.2",
            "stat-at /data s -",
            "times-at /data s f 13.1 same",
            "stat-at /data s f",
            "times f 1.1000000000 same",
            "times f 18446744073709551615 same",
            "times-at /data none - now now",
            "times-at /data s f same now",
            "stat f",
        ],
    );
    let times = |answer: &String| answer.rsplitn(3, ' ').take(2).collect::<Vec<_>>().join(" ");
    assert_eq!(
        times(&answers[3]),
        "2000000000.999999999 1000000000.000000005"
    );
    assert_eq!(times(&answers[5]), "7.000000000 1000000000.000000005");
    assert_eq!(times(&answers[7]), "12.000000002 11.000000001");
    assert_eq!(times(&answers[9]), "7.000000000 13.000000001");
    assert_eq!(answers[10], "invalid");
    assert_eq!(answers[11], "overflow");
    assert_eq!(answers[12], "no-entry");
    let modified = times(&answers[14]);
    let seconds: u64 = modified
        .split('.')
        .next()
        .and_then(|seconds| seconds.parse().ok())
        .expect("seconds");
    // The kernel's own clock for files may lag by a tick.
    assert!(seconds + 1 >= before.seconds, "{modified}");
}

#[test]
fn in_a_simulation_now_is_the_simulations() {
    let world = World::new();
    let dispatcher = crate::support::simulated();
    let runtime = world.project().load(&dispatcher);
    let answers = script(
        &dispatcher,
        &runtime,
        &["open f /data a cw", "times f now now", "stat f"],
    );
    let now = dispatcher.handle().wall_time().expect("a clock");
    let modified = fs::metadata(world.root().join("a"))
        .expect("a file")
        .mtime();
    assert!(
        modified.abs_diff(i64::try_from(now.seconds).expect("in range")) <= 1,
        "{answers:?}"
    );
}

#[test]
fn a_hash_follows_the_object_and_its_content() {
    let world = World::new();
    let dispatcher = live();
    let runtime = world.project().load(&dispatcher);
    let answers = script(
        &dispatcher,
        &runtime,
        &[
            "open f /data a crw",
            "hash f",
            "hash-at /data a -",
            "link /data a /data b -",
            "hash-at /data b f",
            "write f 0 changed",
            "hash f",
            "open g /data c cw",
            "hash g",
            "symlink /data a s",
            "hash-at /data s -",
        ],
    );
    let (first, changed) = (&answers[1], &answers[6]);
    assert_eq!(first, &answers[2]);
    assert_eq!(first, &answers[4]);
    let lower = |hash: &String| hash.split(' ').next().expect("two halves").to_owned();
    assert_ne!(first, changed);
    assert_eq!(lower(first), lower(changed));
    assert_ne!(lower(first), lower(&answers[8]));
    assert_ne!(lower(first), lower(&answers[10]));
}
