//! One guest takes its share of the process's descriptors, and leaves the others theirs. In processes of
//! their own, because the limit holds for all of one.

use std::fs::{self, File};
use std::io::Write;

use serde_json::json;

use super::unshared::{is_inside, run_again};
use super::waiting::{fifo, open_on};
use super::{World, expect, start};
use crate::support::live;

/// The process may have 128: a call 64, of which the gate takes two.
const LIMITED: &[&str] = &["sh", "-c", "ulimit -n 128; exec \"$0\" \"$@\""];

#[test]
fn a_guest_that_hoards_leaves_the_others_theirs() {
    if !is_inside() {
        return run_again(
            LIMITED,
            "files::share::a_guest_that_hoards_leaves_the_others_theirs",
        );
    }
    for (what, path, kept) in [("files", "a", 62), ("streams", "a", 62), ("lists", "d", 61)] {
        let world = World::new();
        let gate = fifo(&world);
        fs::write(world.root().join("a"), "text").expect("a file");
        fs::create_dir(world.root().join("d")).expect("a directory");
        let dispatcher = live();
        let runtime = world.project().load(&dispatcher);
        let keep = format!("keep 1000 /data {path} {what}");
        let greedy = ["open g /data fifo r", "input i g 0", &keep, "drain i"];
        let greedy = start(&dispatcher, &runtime, &greedy);
        while open_on(&world.root().join(path)) < kept {
            dispatcher.turn(None).expect("a turn");
        }
        for _ in 0..3 {
            expect(
                &dispatcher,
                &runtime,
                &[
                    ("open f /data a rw", "ok"),
                    ("write f 0 text", "4"),
                    ("sync f", "ok"),
                    ("list /data", "a=RegularFile d=Directory fifo=Fifo"),
                ],
            );
        }
        let mut gate = File::options().write(true).open(gate).expect("a reader");
        gate.write_all(b"on").expect("a reader");
        drop(gate);
        let answers = dispatcher.block_on(greedy).expect("no deadlock");
        assert_eq!(
            answers.expect("answers"),
            json!([
                "/data",
                "ok",
                "ok",
                format!("{kept} then insufficient-memory"),
                "on"
            ])
        );
        assert_eq!(open_on(&world.root().join(path)), 0);
    }
}
