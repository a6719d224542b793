//! Files that are not what was written.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{World, adders, assert_called, inode, mode, set_mode};

fn flip(path: &Path, at: u64) {
    let mut file = fs::File::options()
        .read(true)
        .write(true)
        .open(path)
        .expect("a file");
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).expect("a place");
    file.read_exact(&mut byte).expect("a byte");
    file.seek(SeekFrom::Start(at)).expect("a place");
    file.write_all(&[byte[0] ^ 1]).expect("written");
}

/// That a call is right and warns once, and that the next finds good code again.
#[track_caller]
fn assert_repaired(world: &World, what: &str) {
    let ran = world.run(&["call", "f0", "41"]);
    assert_called(&ran, 1);
    assert!(
        ran.err.contains("is damaged; it is compiled again"),
        "{what}: {}",
        ran.err
    );
    let file = world.only();
    let before = inode(&file);
    world.call_silently();
    assert_eq!(inode(&file), before, "{what}");
}

#[test]
fn a_flipped_bit_is_noticed_wherever_it_is() {
    let world = World::new(&adders(1));
    world.call_silently();
    let length = fs::metadata(world.only()).expect("metadata").len();
    // The code at its beginning, in the middle and at its end; the trailer's parts.
    let back = [1, 32, 33, 40, 41, 72, 73, 80, 81, 82];
    let places = [0, 64, length / 2].into_iter();
    for at in places.chain(back.map(|back| length - back)) {
        flip(&world.only(), at);
        assert_repaired(&world, &format!("byte {at} of {length}"));
    }
}

#[test]
fn a_file_that_was_cut_off_or_grew_is_noticed() {
    let world = World::new(&adders(1));
    world.call_silently();
    let whole = fs::read(world.only()).expect("bytes");
    for length in [0, 1, 79, 80, 81, 4096, whole.len() / 2, whole.len() - 1] {
        fs::write(world.only(), &whole[..length]).expect("a file");
        assert_repaired(&world, &format!("{length} bytes"));
    }
    fs::write(world.only(), [&whole[..], b"x"].concat()).expect("a file");
    assert_repaired(&world, "a byte more");
}

#[test]
fn the_code_of_another_component_is_noticed() {
    let world = World::new(&adders(2));
    assert_eq!(world.check(), (2, 0));
    let files = world.files(".code");
    // Each is whole, and in the place of the other.
    let between = world.caches().join("between");
    fs::rename(&files[0], &between).expect("renamed");
    fs::rename(&files[1], &files[0]).expect("renamed");
    fs::rename(&between, &files[1]).expect("renamed");
    assert_called(&world.run(&["call", "f0", "41"]), 1);
    let ran = world.run(&["call", "f1", "41"]);
    assert_eq!(ran.out, "42\n");
    assert_eq!(world.check(), (0, 2));
}

#[test]
fn what_is_no_file_is_not_opened() {
    let world = World::new(&adders(1));
    world.call_silently();
    let path = world.only();
    let moved = world.caches().join("moved");
    fs::rename(&path, &moved).expect("renamed");
    std::os::unix::fs::symlink(&moved, &path).expect("a link");
    let ran = world.run(&["call", "f0", "41"]);
    assert_called(&ran, 1);
    assert!(ran.err.contains("is a symbolic link"), "{}", ran.err);
    // The link has gone, and not what it led to.
    assert!(path.symlink_metadata().expect("metadata").is_file() && moved.is_file());
    world.call_silently();
    fs::remove_file(&path).expect("removed");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .expect("a FIFO");
    assert_called(&world.run(&["call", "f0", "41"]), 1);
    world.call_silently();
}

#[test]
fn a_file_that_others_may_write_is_not_used() {
    let world = World::new(&adders(1));
    world.call_silently();
    let path = world.only();
    set_mode(&path, 0o620);
    let ran = world.run(&["call", "f0", "41"]);
    assert_called(&ran, 1);
    assert!(ran.err.contains("may be written by others"), "{}", ran.err);
    assert_eq!(mode(&path), 0o600);
    world.call_silently();
}

#[test]
fn one_warning_speaks_for_all() {
    let world = World::new(&adders(5));
    assert_eq!(world.check(), (5, 0));
    for file in world.files(".code") {
        flip(&file, 100);
    }
    let ran = world.run(&["check"]);
    assert_eq!(ran.code, Some(0));
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert_eq!(world.check(), (0, 5));
}
