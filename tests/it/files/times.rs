//! Timestamps, link counts, hashes.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::{World, expect, script};
use crate::support::{Project, live};

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
    set_and_keep(&world, &world.project());
    let dispatcher = live();
    let runtime = world.project().load(&dispatcher);
    let lines = [
        ("open f /data a w", "ok"),
        ("times f 1.1000000000 same", "invalid"),
        ("times f 18446744073709551615 same", "overflow"),
    ];
    expect(&dispatcher, &runtime, &lines);
}

/// `fd_filestat_set_times` and `path_filestat_set_times`, with each of their flags.
#[test]
fn preview_1_sets_keeps_and_takes_times_from_the_clock() {
    let world = World::new();
    set_and_keep(&world, &world.preview1());
}

/// Sets the times of a file and of a link to it, both, one, and none of them.
fn set_and_keep(world: &World, project: &Project) {
    let dispatcher = live();
    let runtime = project.load(&dispatcher);
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
            "times-at /data none - now now",
            "times-at /data s f same now",
            "stat f",
            "times f now 14",
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
    assert_eq!(answers[10], "no-entry");
    let seconds = |text: &str| -> u64 {
        let whole = text.split('.').next();
        whole.and_then(|whole| whole.parse().ok()).expect("seconds")
    };
    // The modification is now, and the access stays. The kernel's own clock for files may lag by a tick.
    let modified = times(&answers[12]);
    assert!(seconds(&modified) + 1 >= before.seconds, "{modified}");
    assert!(modified.ends_with(" 13.000000001"), "{modified}");
    // The other way round.
    let both = times(&answers[14]);
    let (modified, accessed) = both.split_once(' ').expect("two times");
    assert_eq!(modified, "14.000000000");
    assert!(seconds(accessed) + 1 >= before.seconds, "{accessed}");
    assert_eq!(
        fs::metadata(world.root().join("a"))
            .expect("a file")
            .mtime(),
        14
    );
}

#[test]
fn in_a_simulation_now_is_the_simulations() {
    let world = World::new();
    for project in [world.project(), world.preview1()] {
        let dispatcher = crate::support::simulated();
        let runtime = project.load(&dispatcher);
        let answers = script(
            &dispatcher,
            &runtime,
            &[
                "open f /data a crw",
                "times f 7 7",
                "times f now now",
                "stat f",
            ],
        );
        let now = dispatcher.handle().wall_time().expect("a clock");
        let modified = answers[3]
            .rsplit(' ')
            .next()
            .and_then(|it| it.split('.').next());
        let modified: u64 = modified.and_then(|it| it.parse().ok()).expect("seconds");
        assert!(modified.abs_diff(now.seconds) <= 1, "{answers:?}");
    }
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

/// What identifies an object in preview 1 is the number of its inode.
#[test]
fn an_inode_of_preview_1_follows_the_object() {
    let world = World::new();
    let dispatcher = live();
    let runtime = world.preview1().load(&dispatcher);
    let answers = script(
        &dispatcher,
        &runtime,
        &[
            "open f /data a crw",
            "hash-at /data a -",
            "link /data a /data b -",
            "hash-at /data b -",
            "write f 0 changed",
            "hash-at /data a -",
            "open g /data c cw",
            "hash-at /data c -",
            "symlink /data a s",
            "hash-at /data s -",
            "hash-at /data s f",
        ],
    );
    let first = &answers[1];
    for same in [3, 5, 10] {
        assert_eq!(first, &answers[same], "{same}");
    }
    for other in [7, 9] {
        assert_ne!(first, &answers[other], "{other}");
    }
}
