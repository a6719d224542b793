//! Files as streams.

use std::fs;

use super::{World, expect, script};
use crate::support::{live, simulated};

pub const STREAMS: &[(&str, &str)] = &[
    ("open f /data a crw", "ok"),
    ("output o f 3", "ok"),
    ("put o def", "ok"),
    ("put o ghi", "ok"),
    ("output p f 0", "ok"),
    ("put p abc", "ok"),
    ("append q f", "ok"),
    ("write f 9 jkl", "3"),
    ("put q mno", "ok"),
    ("input i f 0", "ok"),
    ("take i 4", "abcd"),
    ("take i 4", "efgh"),
    ("skip i 2", "2"),
    ("drain i", "klmno"),
    ("take i 4", "closed"),
    ("input j f 10", "ok"),
    // Streams live on without their descriptor.
    ("drop f", "ok"),
    ("drain j", "klmno"),
    ("open g /data copy crw", "ok"),
    ("output to g 0", "ok"),
    ("open f /data a r", "ok"),
    ("input from f 0", "ok"),
    ("copy to from", "15"),
    ("input copied g 0", "ok"),
    ("drain copied", "abcdefghijklmno"),
    ("input beyond g 100", "ok"),
    ("take beyond 1", "closed"),
    ("output none f 0", "bad-descriptor"),
    ("append none f", "bad-descriptor"),
    ("output none /data 0", "is-directory"),
    ("input none /data 0", "is-directory"),
    ("put-many to 3000 0123456789abcdef", "ok"),
    ("flush to", "ok"),
];

#[test]
fn streams_read_and_write_from_their_offsets() {
    let world = World::new();
    for dispatcher in [live(), simulated()] {
        let _ = fs::remove_file(world.root().join("a"));
        let _ = fs::remove_file(world.root().join("copy"));
        let runtime = world.project().load(&dispatcher);
        expect(&dispatcher, &runtime, STREAMS);
        let lines = [
            ("open f /data copy r", "ok"),
            ("read f 99 48009", "abcdef, end"),
        ];
        expect(&dispatcher, &runtime, &lines);
    }
}

/// Preview 1 has no streams: the same bytes by way of descriptors' positions, each with its own, and of
/// one that appends.
#[test]
fn preview_1_reads_and_writes_from_positions() {
    // Three bytes to write are described at 0, room for four at 8; results are at 64.
    let lines: &[(&str, &str)] = &[
        ("put32 0 @1024", "ok"),
        ("put32 4 3", "ok"),
        ("put32 8 @2048", "ok"),
        ("put32 12 4", "ok"),
        ("open f /data a crw", "ok"),
        ("raw fd_seek #f 3 0 @64", "0"),
        ("put 1024 def", "ok"),
        ("raw fd_write #f @0 1 @64", "0"),
        ("put 1024 ghi", "ok"),
        ("raw fd_write #f @0 1 @64", "0"),
        ("raw fd_tell #f @64", "0"),
        ("u64 64", "9"),
        ("open p /data a w", "ok"),
        ("put 1024 abc", "ok"),
        ("raw fd_write #p @0 1 @64", "0"),
        ("open q /data a aw", "ok"),
        ("write f 9 jkl", "3"),
        ("put 1024 mno", "ok"),
        ("raw fd_write #q @0 1 @64", "0"),
        ("raw fd_tell #q @64", "0"),
        ("u64 64", "15"),
        // What others write does not move it.
        ("raw fd_tell #f @64", "0"),
        ("u64 64", "9"),
        ("open i /data a r", "ok"),
        ("raw fd_read #i @8 1 @64", "0"),
        ("text 2048 4", "abcd"),
        ("raw fd_read #i @8 1 @64", "0"),
        ("text 2048 4", "efgh"),
        ("raw fd_seek #i 2 1 @64", "0"),
        ("u64 64", "10"),
        ("raw fd_read #i @8 1 @64", "0"),
        ("raw fd_read #i @8 1 @64", "0"),
        ("u32 64", "1"),
        ("text 2048 1", "o"),
        ("raw fd_read #i @8 1 @64", "0"),
        ("u32 64", "0"),
        // Beyond the end there is nothing, and writing there leaves a hole.
        ("raw fd_seek #i 100 0 @64", "0"),
        ("raw fd_read #i @8 1 @64", "0"),
        ("u32 64", "0"),
        ("raw fd_seek #f 2 2 @64", "0"),
        ("u64 64", "17"),
        ("raw fd_write #f @0 1 @64", "0"),
        ("read f 99 15", "\0\0mno, end"),
        ("raw fd_write #i @0 1 @64", "8"),
        ("raw fd_read #p @8 1 @64", "8"),
    ];
    for dispatcher in [live(), simulated()] {
        let world = World::new();
        let runtime = world.preview1().load(&dispatcher);
        expect(&dispatcher, &runtime, lines);
        let lines = [
            ("open f /data a r", "ok"),
            ("read f 99 0", "abcdefghijklmno\0\0mno, end"),
        ];
        expect(&dispatcher, &runtime, &lines);
    }
}

#[test]
fn what_was_taken_is_written_when_the_call_ends() {
    // In a simulation every write is a job; the guest leaves without a flush, and its streams open.
    let world = World::new();
    let dispatcher = simulated();
    let runtime = world.project().load(&dispatcher);
    let lines = [
        ("open f /data a cw", "ok"),
        ("output o f 0", "ok"),
        ("put-many o 1 kept", "ok"),
    ];
    expect(&dispatcher, &runtime, &lines);
    let lines = [("open f /data a r", "ok"), ("read f 9 0", "kept, end")];
    expect(&dispatcher, &runtime, &lines);
}

/// Where every write is a job: what is done with files next comes behind what was written to streams
/// that are dropped.
#[test]
fn what_a_dropped_stream_has_taken_comes_before_what_is_done_next() {
    let world = World::new();
    for (dispatcher, sync) in [(simulated(), ""), (live(), "s")] {
        let _ = fs::remove_file(world.root().join("a"));
        let _ = fs::remove_file(world.root().join("b"));
        let runtime = world.project().load(&dispatcher);
        let text = "x".repeat(40_000);
        let (open, put) = (
            format!("open f /data a crw{sync}"),
            format!("put-many {{}} 1 {text}"),
        );
        let put = |name: &str| put.replace("{}", name);
        let (first, second, third) = (put("o"), put("p"), put("q"));
        expect(
            &dispatcher,
            &runtime,
            &[
                (&open, "ok"),
                ("output o f 0", "ok"),
                (&first, "ok"),
                ("drop o", "ok"),
                ("write f 0 abc", "3"),
                ("append p f", "ok"),
                (&second, "ok"),
                ("drop p", "ok"),
                ("append q f", "ok"),
                ("put-many q 1 def", "ok"),
                ("drop q", "ok"),
                ("read f 9 79996", "xxxxdef, end"),
                ("read f 4 0", "abcx"),
                ("output q f 80003", "ok"),
                (&third, "ok"),
                ("drop q", "ok"),
                ("open g /data a r", "ok"),
                ("read g 9 120000", "xxx, end"),
                ("output q f 120003", "ok"),
                ("put-many q 1 end", "ok"),
                ("drop q", "ok"),
                ("rename /data a /data b", "ok"),
                ("read f 9 120003", "end, end"),
            ],
        );
    }
}

#[test]
fn a_stream_says_why_it_failed_and_is_closed_then() {
    let world = World::new();
    let mounts = "[{fs: dev, guest: /dev}]";
    let project = world.mounted(mounts, &[("dev", std::path::Path::new("/dev"), "")]);
    let dispatcher = live();
    let runtime = project.load(&dispatcher);
    expect(
        &dispatcher,
        &runtime,
        &[
            ("open full /dev full w", "ok"),
            ("type full", "CharacterDevice"),
            ("output o full 0", "ok"),
            ("put o text", "failed: insufficient-space"),
            ("put o text", "closed"),
            ("write full 0 text", "insufficient-space"),
            ("open zero /dev zero r", "ok"),
            ("input i zero 0", "ok"),
            ("take i 3", "\0\0\0"),
            ("open null /dev null rw", "ok"),
            ("output n null 0", "ok"),
            ("put n text", "ok"),
            ("input e null 0", "ok"),
            ("take e 3", "closed"),
        ],
    );
}

#[test]
fn streams_keep_so_much_and_no_more() {
    // In a simulation every read is a job that brings what nobody takes.
    let world = World::new();
    fs::write(world.root().join("a"), vec![b'x'; 65536]).expect("a file");
    let dispatcher = simulated();
    let runtime = world.project().load(&dispatcher);
    expect(
        &dispatcher,
        &runtime,
        &[
            ("open f /data a r", "ok"),
            // 64 MiB.
            ("park 2000 f 65536", "1024 then failed: insufficient-memory"),
        ],
    );
    // Each call has its own.
    let parked = ["open f /data a r", "park 1000 f 65536"];
    assert_eq!(script(&dispatcher, &runtime, &parked), ["ok", "0 "]);
}
