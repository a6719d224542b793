//! A tree against crashes.

use wippy_dispatcher::{Dispatcher, Simulation};

use super::inode::Body;
use super::inodes::ROOT;
use super::names::OpenRequest;
use super::snapshot::Snapshot;
use super::tree::{ORPHANS_MAX, Tree};
use crate::fs::status::FileTime;

const CREATE: OpenRequest = OpenRequest {
    follows: false,
    creates: true,
    is_exclusive: false,
    truncates: false,
    is_directory: false,
    writes: true,
};

fn tree() -> Tree {
    Tree::new(&Snapshot::empty(FileTime::default()), 1 << 20)
}

/// The bytes of a file, if it is there.
fn text(tree: &Tree, path: &str) -> Option<Vec<u8>> {
    let number = tree.follow(ROOT, path, false).ok()?;
    let mut buffer = vec![0; 1 << 16];
    let read = tree.read(number, &mut buffer, 0).ok()?;
    buffer.truncate(read);
    Some(buffer)
}

/// What is left after a crash of each of a hundred seeds, in order and without what comes twice.
fn after_crashes<T: Ord>(prepare: impl Fn(&mut Tree), look: impl Fn(&Tree) -> T) -> Vec<T> {
    let mut seen: Vec<T> = (0..100)
        .map(|seed| {
            let mut tree = tree();
            prepare(&mut tree);
            let settings = Simulation::new(seed).host("a", []);
            let dispatcher = Dispatcher::builder().simulation(settings).build();
            let dispatcher = dispatcher.expect("a simulation");
            let handle = dispatcher.host("a").expect("a host").handle();
            tree.crash(&handle);
            assert!(tree.is_synced());
            check(&tree);
            look(&tree)
        })
        .collect();
    seen.sort();
    seen.dedup();
    seen
}

/// Links, parents, counts and what is used are what the directories say.
fn check(tree: &Tree) {
    let mut used = 0;
    for number in tree.inodes.numbers() {
        let inode = tree.inodes.get(number).expect("it is there");
        used += inode.allocated();
        let named = |other: &u64| match tree.inodes.directory(*other) {
            Ok(directory) => directory
                .entries
                .values()
                .filter(|it| **it == number)
                .count(),
            Err(_) => 0,
        };
        let names: usize = tree.inodes.numbers().iter().map(named).sum();
        let expected = names as u64 + u64::from(number == ROOT);
        assert_eq!((inode.links, inode.opens), (expected, 0), "{number}");
        if let Body::Directory(directory) = &inode.body {
            let is_directory = |it: &&u64| tree.inodes.directory(**it).is_ok();
            let directories = directory.entries.values().filter(is_directory).count();
            assert_eq!(directory.directories, directories as u64);
            for child in directory.entries.values() {
                if let Ok(child) = tree.inodes.directory(*child) {
                    assert_eq!(child.parent, number);
                }
            }
        }
    }
    assert_eq!(tree.used, used);
}

fn write(tree: &mut Tree, path: &str, bytes: &[u8], offset: u64) -> u64 {
    let number = tree.open(ROOT, path, CREATE).expect("a file");
    assert_eq!(tree.write(number, bytes, offset), Ok(bytes.len()));
    number
}

#[test]
fn what_is_synced_is_there_and_what_is_not_may_be() {
    let seen = after_crashes(
        |tree| {
            let file = write(tree, "a", b"one", 0);
            tree.sync(file);
            tree.sync(ROOT);
            write(tree, "a", b"two", 3);
        },
        |tree| text(tree, "a"),
    );
    assert_eq!(seen, [Some(b"one".to_vec()), Some(b"onetwo".to_vec())]);
}

#[test]
fn a_file_without_a_sync_of_its_directory_may_lose_its_name_and_not_its_bytes() {
    let seen = after_crashes(
        |tree| {
            let file = write(tree, "a", b"one", 0);
            tree.sync(file);
        },
        |tree| text(tree, "a"),
    );
    assert_eq!(seen, [None, Some(b"one".to_vec())]);
    let seen = after_crashes(
        |tree| {
            write(tree, "a", b"one", 0);
            tree.sync(ROOT);
        },
        |tree| text(tree, "a"),
    );
    assert_eq!(seen, [Some(b"".to_vec()), Some(b"one".to_vec())]);
}

#[test]
fn a_write_is_torn_at_multiples_of_512_bytes() {
    let seen = after_crashes(
        |tree| {
            let file = write(tree, "a", &[1; 100], 0);
            tree.sync(file);
            tree.sync(ROOT);
            write(tree, "a", &[2; 2000], 100);
        },
        |tree| text(tree, "a").map(|bytes| bytes.len()),
    );
    let lengths = [100, 512, 1024, 1536, 2048, 2100];
    assert_eq!(seen, lengths.map(Some));
}

#[test]
fn a_rename_is_there_as_a_whole_or_not_at_all() {
    let names = |tree: &Tree| (text(tree, "d/a"), text(tree, "e/b"));
    let prepare = |tree: &mut Tree| {
        for directory in ["d", "e"] {
            tree.make_directory(ROOT, directory).expect("a directory");
        }
        for (path, bytes) in [("d/a", b"new"), ("e/b", b"old")] {
            let file = write(tree, path, bytes, 0);
            tree.sync(file);
        }
        for path in ["d", "e", "."] {
            let number = tree.follow(ROOT, path, false).expect("a directory");
            tree.sync(number);
        }
        assert!(tree.is_synced());
        tree.rename((ROOT, "d/a"), (ROOT, "e/b")).expect("renamed");
    };
    let (old, new) = (Some(b"old".to_vec()), Some(b"new".to_vec()));
    let before = (new.clone(), old);
    let after = (None, new);
    let mut both = [before, after.clone()];
    both.sort();
    assert_eq!(after_crashes(prepare, names), both);
    // A sync of either directory makes it last.
    for directory in ["d", "e"] {
        let synced = |tree: &mut Tree| {
            prepare(tree);
            let number = tree.follow(ROOT, directory, false).expect("a directory");
            tree.sync(number);
        };
        assert_eq!(after_crashes(synced, names), std::slice::from_ref(&after));
    }
}

#[test]
fn directories_that_are_moved_in_circles_leave_a_tree() {
    let seen = after_crashes(
        |tree| {
            for path in ["a", "b", "a/x", "b/y"] {
                tree.make_directory(ROOT, path).expect("a directory");
            }
            for (old, new) in [("b", "a/b"), ("a/b", "b"), ("a", "b/a"), ("b/a/x", "x")] {
                tree.rename((ROOT, old), (ROOT, new)).expect("renamed");
            }
            write(tree, "b/f", b"text", 0);
            tree.unlink(ROOT, "b/f").expect("unlinked");
        },
        |tree| tree.inodes.numbers(),
    );
    assert!(seen.len() > 10, "{seen:?}");
}

#[test]
fn an_unlinked_file_may_come_back_with_its_bytes() {
    let seen = after_crashes(
        |tree| {
            let file = write(tree, "a", b"one", 0);
            tree.sync(file);
            tree.sync(ROOT);
            tree.unlink(ROOT, "a").expect("unlinked");
        },
        |tree| text(tree, "a"),
    );
    assert_eq!(seen, [None, Some(b"one".to_vec())]);
}

#[test]
fn changes_that_nobody_syncs_take_a_bounded_memory() {
    let mut tree = tree();
    for round in 0..60_000u64 {
        let file = write(&mut tree, "a", &[round as u8; 500], 0);
        if round % 2 == 0 {
            tree.unlink(ROOT, "a").expect("unlinked");
        }
        assert!(tree.inodes.get(file).is_some() || round % 2 == 0);
    }
    assert!(tree.unsynced_bytes <= 16 << 20, "{}", tree.unsynced_bytes);
    assert!(tree.inodes.count() < 60_000, "{}", tree.inodes.count());
    assert!(tree.used <= 500);
    // What is synced, and unlinked without a sync of the directory.
    let mut held = 0;
    for _ in 0..40 {
        let file = write(&mut tree, "b", &[1; 1 << 19], 0);
        tree.sync(file);
        tree.unlink(ROOT, "b").expect("unlinked");
        held = held.max(tree.orphan_bytes);
    }
    assert!(held > 15 << 20 && held <= 17 << 20, "{held}");
}

#[test]
fn orphans_that_have_to_stay_are_not_looked_at_for_each_new_one() {
    let mut tree = tree();
    let names: Vec<String> = (0..ORPHANS_MAX + 5_000).map(|it| it.to_string()).collect();
    for name in &names {
        tree.open(ROOT, name, CREATE).expect("a file");
    }
    tree.sync(ROOT);
    assert!(tree.is_synced());
    let mut scans = std::collections::BTreeSet::new();
    for name in &names {
        tree.unlink(ROOT, name).expect("unlinked");
        scans.insert(tree.next_scan);
    }
    // All of them may come back, and it was looked once.
    assert_eq!(tree.orphans.len(), names.len());
    assert_eq!(Vec::from_iter(scans), [ORPHANS_MAX, 2 * ORPHANS_MAX]);
    tree.sync(ROOT);
    assert_eq!((tree.orphans.len(), tree.next_scan), (0, ORPHANS_MAX));
    assert_eq!(tree.inodes.count(), 1);
}

#[test]
fn a_snapshot_has_the_same_hash_everywhere() {
    let hash = |files: &[(&str, &str)]| {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).expect("a file");
        }
        let flags = rustix::fs::OFlags::DIRECTORY;
        let opened = rustix::fs::open(directory.path(), flags, rustix::fs::Mode::empty());
        let snapshot = Snapshot::read(&opened.expect("it is there"), FileTime::default());
        snapshot.expect("a snapshot").hash
    };
    // A log has it, and is read by other builds.
    assert_eq!(hash(&[("a", "one"), ("b", "")]), 0xc854_0402_ffc5_2aac);
    assert_ne!(
        hash(&[("a", "xb"), ("c", "")]),
        hash(&[("a", "x"), ("bc", "")])
    );
    assert_ne!(
        hash(&[("a", "x"), ("b", "y")]),
        hash(&[("a", "y"), ("b", "x")])
    );
}

#[test]
fn a_full_disk_takes_what_fits() {
    let mut tree = Tree::new(&Snapshot::empty(FileTime::default()), 1000);
    let file = tree.open(ROOT, "a", CREATE).expect("a file");
    assert_eq!(tree.write(file, &[1; 600], 0), Ok(600));
    assert_eq!(tree.write(file, &[1; 600], 600), Ok(400));
    assert_eq!(
        tree.write(file, &[1; 600], 1000),
        Err(rustix::io::Errno::NOSPC)
    );
    // What is there may be overwritten, and what is cut off is free.
    assert_eq!(tree.write(file, &[2; 600], 0), Ok(600));
    tree.set_size(file, 10).expect("a size");
    assert_eq!(tree.used, 10);
    tree.unlink(ROOT, "a").expect("unlinked");
    assert_eq!(tree.used, 0);
}
