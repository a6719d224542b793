//! A filesystem that stops answering parks those who use it, and nothing else.
//!
//! Each test runs itself again in a process with mounts of its own, where a thread of it is the
//! filesystem. A thread that watches ends the filesystem when that takes far too long, so that a
//! program that hangs is a failure and no hang.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use serde_json::{Value, json};
use wippy::Arguments;
use wippy::Runtime;
use wippy_dispatcher::{Dispatcher, Task};

use super::fuse::{Fuse, ask};
use super::unshared::{is_inside, run_again, unshared};
use super::{World, expect, script, start};
use crate::support::live;

/// Far beyond what any of this takes.
const TOO_LONG: Duration = Duration::from_secs(30);

/// Runs a test again in a process with mounts of its own; there, `inside` is called.
fn with_own_mounts(name: &str, inside: fn(&Stalled)) {
    if is_inside() {
        let stalled = Stalled::new();
        watched(&stalled, inside);
        return;
    }
    let tries = "exec 3<>/dev/fuse && \
        mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 none /tmp";
    if let Some(way) = unshared("a FUSE filesystem that stalls", tries) {
        run_again(way, &format!("files::stalled::{name}"));
    }
}

/// A project over a filesystem that stalls, at `/slow`, and one that does not, at `/data`.
struct Stalled {
    fuse: Mutex<Fuse>,
    unanswered: Mutex<Receiver<u32>>,
    world: World,
}

/// Ends the filesystem when the rest takes too long, and fails then.
fn watched(stalled: &Stalled, inside: fn(&Stalled)) {
    let (done, ended) = channel::<()>();
    let in_time = thread::scope(|scope| {
        let watch = scope.spawn(move || {
            let waited = ended.recv_timeout(TOO_LONG);
            let hung = waited == Err(RecvTimeoutError::Timeout);
            if hung {
                eprintln!("hung; the filesystem is ended");
                stalled.end();
            }
            !hung
        });
        inside(stalled);
        drop(done);
        watch.join().expect("a watch")
    });
    assert!(in_time, "it went on only once the filesystem had ended");
    stalled.end();
}

impl Stalled {
    fn new() -> Stalled {
        let world = World::new();
        let slow = world.outer().join("slow");
        std::fs::create_dir(&slow).expect("a directory");
        let (fuse, unanswered) = Fuse::mount(&slow).expect("a filesystem");
        Stalled {
            fuse: Mutex::new(fuse),
            unanswered: Mutex::new(unanswered),
            world,
        }
    }

    /// Mounts another where the last one has ended.
    fn begin(&self) {
        let (fuse, unanswered) = Fuse::mount(&self.slow()).expect("a filesystem");
        *self.fuse.lock().expect("no panic") = fuse;
        *self.unanswered.lock().expect("no panic") = unanswered;
    }

    fn slow(&self) -> PathBuf {
        self.world.outer().join("slow")
    }

    fn end(&self) {
        self.fuse.lock().expect("no panic").end();
    }

    /// Waits until so many requests of a kind are stuck; the dispatcher goes on meanwhile.
    fn stuck(&self, dispatcher: &Dispatcher, kind: u32, count: usize) {
        let unanswered = self.unanswered.lock().expect("no panic");
        let mut seen = 0;
        while seen < count {
            match unanswered.try_recv() {
                Ok(asked) => seen += usize::from(asked == kind),
                Err(TryRecvError::Empty) => {
                    let moment = Some(Duration::from_millis(1));
                    dispatcher.turn(moment).expect("a turn");
                }
                Err(TryRecvError::Disconnected) => panic!("{seen} of {count} were stuck"),
            }
        }
    }

    /// `script` over both, `other` over the one that answers.
    fn load(&self, dispatcher: &Dispatcher) -> (Runtime, Runtime) {
        let mut project = self.world.mounted(
            "[{fs: slow, guest: /slow}, {fs: data, guest: /data}]",
            &[("slow", &self.slow(), ""), ("data", &self.world.root(), "")],
        );
        let other = self.world.project().load(dispatcher);
        project.function(
            "sleep",
            "sleeper",
            "sleeper#sleep-series",
            "[wasi:io, wasi:clocks]",
            &[],
        );
        project.function(
            "churn",
            "sockets",
            "sockets#churn",
            "[wasi:io, wasi:clocks, wasi:cli, wasi:sockets]",
            &[],
        );
        (project.load(dispatcher), other)
    }
}

fn call(dispatcher: &Dispatcher, runtime: &Runtime, name: &str, arguments: &[Value]) -> Value {
    dispatcher
        .block_on(runtime.call(name, Arguments::Json(arguments)))
        .expect("no deadlock")
        .expect("an answer")
}

/// What works whatever happens at `/slow`.
fn others_go_on(dispatcher: &Dispatcher, runtime: &Runtime, other: &Runtime) {
    expect(
        dispatcher,
        other,
        &[
            ("open f /data a crw", "ok"),
            ("write f 0 text", "4"),
            ("sync f", "ok"),
            ("read f 9 0", "text, end"),
            ("list /data", "a=RegularFile"),
            ("open g /data b cw", "ok"),
            ("rename /data b /data c", "ok"),
            ("unlink /data c", "ok"),
        ],
    );
    call(dispatcher, runtime, "sleep", &[json!([1000, 1000])]);
    let churned = call(dispatcher, runtime, "churn", &[json!(3)]);
    assert_eq!(churned, json!({ "ok": 3 }));
}

/// What parks a call, and on what.
const PARK: &[(&[&str], u32)] = &[
    (&["open f /slow read r", "read f 9 0"], ask::READ),
    (
        &["open f /slow read r", "input i f 0", "take i 9"],
        ask::READ,
    ),
    (&["stat-at /slow lookup-1 f"], ask::LOOKUP),
    (&["list /slow"], ask::READDIR),
    (&["open f /slow lookup-2 r"], ask::LOOKUP),
    (&["hash-at /slow lookup-3 -"], ask::LOOKUP),
    (&["open f /slow stat r", "stat f"], ask::GETATTR),
];

#[test]
fn whoever_waits_for_it_is_parked_and_nobody_else() {
    with_own_mounts(
        "whoever_waits_for_it_is_parked_and_nobody_else",
        |stalled| {
            let dispatcher = live();
            let (runtime, other) = stalled.load(&dispatcher);
            // As many at once as its lane lets run.
            let parked: Vec<_> = PARK[..4]
                .iter()
                .map(|(lines, kind)| {
                    let task = start(&dispatcher, &runtime, lines);
                    stalled.stuck(&dispatcher, *kind, 1);
                    task
                })
                .collect();
            others_go_on(&dispatcher, &runtime, &other);
            assert!(parked.iter().all(|task| !task.is_finished()));
            // The end waits for none of them.
            drop((parked, runtime, other, dispatcher));
        },
    );
}

#[test]
fn whoever_waits_for_it_is_told_of_its_end() {
    with_own_mounts("whoever_waits_for_it_is_told_of_its_end", |stalled| {
        let dispatcher = live();
        let (runtime, _) = stalled.load(&dispatcher);
        for (lines, kind) in PARK {
            let parked = start(&dispatcher, &runtime, lines);
            stalled.stuck(&dispatcher, *kind, 1);
            stalled.end();
            let ended = dispatcher.block_on(parked).expect("no deadlock");
            let answers = ended.expect("answers");
            let told = answers
                .as_array()
                .into_iter()
                .flatten()
                .any(|answer| answer.as_str().is_some_and(|answer| answer.ends_with("io")));
            assert!(told, "{lines:?}: {answers}");
            stalled.begin();
        }
    });
}

#[test]
fn closing_what_is_stuck_holds_up_nobody() {
    with_own_mounts("closing_what_is_stuck_holds_up_nobody", |stalled| {
        let dispatcher = live();
        let (runtime, other) = stalled.load(&dispatcher);
        // More files than the blocking pool has threads, and closing none of them ends.
        for _ in 0..3 {
            let kept = script(&dispatcher, &runtime, &["keep 20 /slow read files"]);
            assert_eq!(kept, ["20"]);
        }
        stalled.stuck(&dispatcher, ask::FLUSH, 1);
        others_go_on(&dispatcher, &runtime, &other);
        // Nor does that hold up who opens more of them.
        let opened = script(&dispatcher, &runtime, &["open f /slow read r", "type f"]);
        assert_eq!(opened, ["ok", "RegularFile"]);
        let read = ["open f /slow read r", "read f 1 0"];
        let parked: Vec<Task<Value>> = (0..20)
            .map(|_| start(&dispatcher, &runtime, &read))
            .collect();
        stalled.stuck(&dispatcher, ask::READ, 1);
        others_go_on(&dispatcher, &runtime, &other);
        drop(parked);
        others_go_on(&dispatcher, &runtime, &other);
        // The end waits for none of it.
        drop((runtime, other, dispatcher));
    });
}

#[test]
fn what_cannot_be_closed_does_not_pile_up() {
    with_own_mounts("what_cannot_be_closed_does_not_pile_up", |stalled| {
        // A call may have 64 of them, and 32 may wait to be closed.
        let few = Rlimit {
            current: Some(128),
            maximum: Some(128),
        };
        setrlimit(Resource::Nofile, few).expect("a limit");
        let dispatcher = live();
        let (runtime, _) = stalled.load(&dispatcher);
        let keep = ["keep 20 /slow read files", "open f /data a crw"];
        let answers: Vec<String> = (0..10)
            .map(|_| {
                let answers = script(&dispatcher, &runtime, &keep);
                assert_eq!(answers[1], "ok");
                answers[0].clone()
            })
            .collect();
        assert_eq!(answers[0], "20");
        assert_eq!(answers[9], "0 then busy");
    });
}

#[test]
fn more_than_its_lane_takes_is_busy() {
    with_own_mounts("more_than_its_lane_takes_is_busy", |stalled| {
        let dispatcher = live();
        let (runtime, other) = stalled.load(&dispatcher);
        let greedy = [
            "open f /slow read r",
            "park 20000 f 1",
            "stat-at /slow torn -",
        ];
        assert_eq!(
            script(&dispatcher, &runtime, &greedy),
            // Four have a thread, and 16,384 wait for one.
            ["ok", "3612 failed: busy", "busy"]
        );
        others_go_on(&dispatcher, &runtime, &other);
        // With the call its places went; the threads that are stuck stop nobody else there.
        let answers = script(&dispatcher, &runtime, &["stat-at /slow torn -"]);
        assert!(answers[0].starts_with("RegularFile"), "{answers:?}");
    });
}

/// Of the same entry, so that one's own entry is no more patient than others.
#[test]
fn a_call_that_waits_for_much_stops_no_other_at_the_same_filesystem() {
    with_own_mounts(
        "a_call_that_waits_for_much_stops_no_other_at_the_same_filesystem",
        |stalled| {
            let dispatcher = live();
            let (runtime, other) = stalled.load(&dispatcher);
            let greedy = ["open f /slow read r", "park 16388 f 1"];
            let parked = start(&dispatcher, &runtime, &greedy);
            stalled.stuck(&dispatcher, ask::READ, 4);
            for _ in 0..10 {
                let answers = script(&dispatcher, &runtime, &["stat-at /slow torn -"]);
                assert!(answers[0].starts_with("RegularFile"), "{answers:?}");
            }
            others_go_on(&dispatcher, &runtime, &other);
            assert!(!parked.is_finished());
        },
    );
}

#[test]
fn a_read_that_fails_halfway_is_not_the_end_of_the_file() {
    with_own_mounts(
        "a_read_that_fails_halfway_is_not_the_end_of_the_file",
        |stalled| {
            let dispatcher = live();
            let (runtime, _) = stalled.load(&dispatcher);
            let answers = script(
                &dispatcher,
                &runtime,
                &[
                    "open f /slow torn r",
                    "read f 100 3996",
                    "read f 100 4096",
                    "read f 8192 0",
                    "read f 150 3946",
                    "input i f 3996",
                    "take i 8192",
                    "take i 8192",
                    "take i 8192",
                ],
            );
            let text = |count: usize| "x".repeat(count);
            assert_eq!(answers[..3], ["ok".to_owned(), text(100), "io".to_owned()]);
            assert!(answers[3].starts_with("4096 bytes, "), "{answers:?}");
            assert!(!answers[3].ends_with("end"), "{answers:?}");
            assert_eq!(answers[4], text(150));
            assert_eq!(answers[5..], ["ok", &text(100), "failed: io", "closed"]);
        },
    );
}

/// The guest syncs the data first, and then the whole file.
#[test]
fn sync_asks_the_filesystem_and_tells_its_answer() {
    with_own_mounts("sync_asks_the_filesystem_and_tells_its_answer", |stalled| {
        let dispatcher = live();
        let (runtime, _) = stalled.load(&dispatcher);
        let lines = [
            ("open f /slow torn r", "ok"),
            ("sync f", "io"),
            ("open g /slow full r", "ok"),
            ("sync g", "insufficient-space"),
        ];
        expect(&dispatcher, &runtime, &lines);
    });
}
