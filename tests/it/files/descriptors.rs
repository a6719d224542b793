//! Opening, reading and writing at offsets, sizes, kinds.

use std::fs;

use super::{World, expect};

pub const BASICS: &[(&str, &str)] = &[
    ("open f /data a crw", "ok"),
    ("write f 0 hello", "5"),
    ("write f 8 world", "5"),
    ("read f 100 0", "hello\0\0\0world, end"),
    ("read f 5 8", "world"),
    ("read f 5 13", ", end"),
    // An empty answer is told as `ok`.
    ("read f 0 0", "ok"),
    ("type f", "RegularFile"),
    ("type /data", "Directory"),
    ("flags f", "read write"),
    ("flags /data", "read mutate"),
    ("size f 3", "ok"),
    ("read f 100 0", "hel, end"),
    ("size f 5", "ok"),
    ("read f 100 0", "hel\0\0, end"),
    ("sync f", "ok"),
    ("sync /data", "ok"),
    ("advise f", "ok"),
    ("advise /data", "is-directory"),
];

#[test]
fn files_are_read_and_written_at_offsets() {
    World::new().expect(BASICS);
}

#[test]
fn a_simulation_answers_the_same() {
    let world = World::new();
    let hash = |seed| {
        let _ = fs::remove_file(world.root().join("a"));
        let dispatcher = wippy_dispatcher::Dispatcher::simulated(seed).expect("a simulation");
        let runtime = world.project().load(&dispatcher);
        expect(&dispatcher, &runtime, BASICS);
        dispatcher.trace().expect("a trace").hash()
    };
    let first = hash(7);
    assert_eq!(first, hash(7));
    assert_ne!(first, hash(8));
}

#[test]
fn open_flags_mean_what_they_say() {
    let world = World::new();
    fs::create_dir(world.root().join("d")).expect("a directory");
    fs::write(world.root().join("old"), "old text").expect("a file");
    world.expect(&[
        ("open f /data none r", "no-entry"),
        ("open f /data new cxw", "ok"),
        ("open f /data new cxw", "exist"),
        ("open f /data old cxw", "exist"),
        ("open f /data old dr", "not-directory"),
        ("open f /data d dr", "ok"),
        ("open f /data d w", "is-directory"),
        ("open f /data d cw", "is-directory"),
        ("open f /data d cdr", "invalid"),
        ("open f /data old r", "ok"),
        ("read f 100 0", "old text, end"),
        ("write f 0 x", "bad-descriptor"),
        ("size f 0", "invalid"),
        ("open f /data old w", "ok"),
        ("read f 100 0", "bad-descriptor"),
        ("open f /data old tw", "ok"),
        ("open f /data old r", "ok"),
        ("read f 100 0", ", end"),
        ("open f /data old r", "ok"),
        ("open g f x r", "not-directory"),
        ("open f /data old/x r", "not-directory"),
        ("open f /data old sw", "ok"),
        ("flags f", "write file-sync"),
        ("write f 0 durable", "7"),
        ("open f /data old yw", "ok"),
        ("flags f", "write data-sync"),
        ("write f 0 Durable", "7"),
        ("open f /data . dr", "ok"),
        ("same f /data", "true"),
        ("open f /data d/.. dr", "ok"),
        ("same f /data", "true"),
    ]);
    let text = fs::read_to_string(world.root().join("old")).expect("a file");
    assert_eq!(text, "Durable");
}

#[test]
fn a_descriptor_is_a_handle_and_no_path() {
    World::new().expect(&[
        ("open f /data a crw", "ok"),
        ("write f 0 one", "3"),
        ("rename /data a /data b", "ok"),
        ("open g /data a crw", "ok"),
        ("write g 0 two", "3"),
        ("read f 9 0", "one, end"),
        ("unlink /data b", "ok"),
        ("read f 9 0", "one, end"),
        ("same f g", "false"),
        ("open h /data a r", "ok"),
        ("same h g", "true"),
        ("same g g", "true"),
    ]);
}

#[test]
fn long_reads_and_writes_are_done_in_parts() {
    let world = World::new();
    let whole = 3 << 20;
    world.expect(&[
        ("open f /data a crw", "ok"),
        ("fill f 3145728 0", "3145728"),
    ]);
    let bytes = fs::read(world.root().join("a")).expect("a file");
    let expected: Vec<u8> = (0..whole).map(|at| (at % 251) as u8).collect();
    assert!(bytes == expected);
    let sum = |bytes: &[u8]| {
        bytes.iter().fold(0u32, |sum, &byte| {
            sum.wrapping_mul(31).wrapping_add(byte.into())
        })
    };
    let part = |from: usize, length: usize| {
        let part = &expected[from..from + length];
        format!("{length} bytes, {}", sum(part))
    };
    world.expect(&[
        ("open f /data a r", "ok"),
        // One read gives a mebibyte at most.
        ("read f 3145728 0", &part(0, 1 << 20)),
        ("read f 100000 1000", &part(1000, 100_000)),
        (
            "read f 100000 3100000",
            &format!("{}, end", part(3_100_000, 45_728)),
        ),
    ]);
}

#[test]
fn what_no_cache_holds_is_read_too() {
    let world = World::new();
    let path = world.root().join("cold");
    fs::write(&path, "0123456789".repeat(50_000)).expect("a file");
    fs::File::open(&path)
        .expect("a file")
        .sync_all()
        .expect("written");
    let whole = fs::read(&path).expect("a file");
    let sum = whole.iter().fold(0u32, |sum, &byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    });
    let told = format!("500000 bytes, {sum}");
    world.expect(&[
        ("open f /data cold r", "ok"),
        // Its last word to the kernel is that the pages are not needed.
        ("advise f", "ok"),
        ("read f 1000000 0", &format!("{told}, end")),
        ("advise f", "ok"),
        ("input i f 0", "ok"),
        ("drain i", &told),
    ]);
}

#[test]
fn offsets_beyond_what_a_file_can_have_are_errors() {
    World::new().expect(&[
        ("open f /data a crw", "ok"),
        ("size f 9223372036854775807", "file-too-large"),
        ("size f 18446744073709551615", "file-too-large"),
        ("write f 9223372036854775800 x", "file-too-large"),
        ("write f 18446744073709551615 x", "invalid"),
        ("read f 10 9223372036854775800", "invalid"),
        ("read f 10 18446744073709551615", "invalid"),
    ]);
}
