//! Failing runs, made as small as they can be.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::process::Command;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use wippy_dispatcher::net::UdpSocket;
use wippy_dispatcher::sim::{
    Crash, Edits, Fault, FaultMix, Link, Log, Picker, Shrink, ShrinkError, Shrunk, Trial,
};
use wippy_dispatcher::{Dispatcher, Error, Simulation};

use super::simulation;

const MILLI: Duration = Duration::from_millis(1);

type Run = fn(Simulation) -> Option<&'static str>;

/// Shrinks the first seed that fails.
fn shrunk(settings: fn(u64) -> Simulation, run: Run) -> Shrunk<&'static str> {
    let seed = (0..2_000).find(|seed| run(settings(*seed)).is_some());
    let seed = seed.expect("a seed that fails");
    let make = |trial: &Trial| run(trial.set(settings(trial.seed())));
    let shrunk = Shrink::new(seed).run(make).expect("it fails");
    println!("{shrunk}");
    assert!(shrunk.is_minimal, "{shrunk}");
    assert_minimal(&shrunk, settings, run);
    let again = Shrink::new(seed).run(make).expect("it fails");
    assert_eq!(again, shrunk);
    shrunk
}

/// The small run fails, and without any one fault or switch it does not.
fn assert_minimal(shrunk: &Shrunk<&'static str>, settings: fn(u64) -> Simulation, run: Run) {
    let with = |edits: Edits| run(settings(shrunk.seed).edits(edits));
    assert_eq!(with(shrunk.edits.clone()), Some(shrunk.failure));
    for found in &shrunk.faults {
        let rest = with(shrunk.edits.clone().without(found.id));
        assert_ne!(
            rest,
            Some(shrunk.failure),
            "{} is not needed:\n{shrunk}",
            found.id
        );
    }
    for found in &shrunk.switches {
        let rest = with(shrunk.edits.clone().without_switch(found.switch));
        assert_ne!(
            rest,
            Some(shrunk.failure),
            "{} is not needed:\n{shrunk}",
            found.switch
        );
    }
}

fn two_hosts(seed: u64) -> Simulation {
    let mix = FaultMix::new(200 * MILLI)
        .loss(0.1)
        .latency(5 * MILLI)
        .jitter(10 * MILLI)
        .duplication(0.3)
        .reordering(0.3)
        .spurious_readiness(0.3)
        .pauses(2)
        .crashes(3);
    Simulation::new(seed).host("a", []).host("b", []).swarm(mix)
}

/// Sends twenty numbered datagrams, and gives those that arrive at the other host.
fn received(dispatcher: &Dispatcher) -> Result<Vec<u8>, Error> {
    let (a, b) = (dispatcher.host("a")?, dispatcher.host("b")?);
    let received = Rc::new(RefCell::new(Vec::new()));
    let kept = received.clone();
    b.boot(move |handle| {
        let kept = kept.clone();
        async move {
            let socket = UdpSocket::bound(&handle, ([10, 0, 0, 3], 7).into()).expect("a port");
            let mut buffer = [0];
            while socket.recv(&mut buffer).await.is_ok() {
                kept.borrow_mut().push(buffer[0]);
            }
        }
    })?;
    let handle = a.handle();
    let sending = a.spawn(async move {
        let socket = UdpSocket::bound(&handle, ([10, 0, 0, 2], 7).into())?;
        for number in 0..20 {
            socket
                .send(&[number], Some(([10, 0, 0, 3], 7).into()))
                .await?;
            handle.sleep(10 * MILLI).await?;
        }
        Ok::<_, Error>(())
    })?;
    dispatcher.block_on(dispatcher.handle().sleep(Duration::from_secs(2)))??;
    drop(sending);
    let received = received.borrow().clone();
    Ok(received)
}

/// Fails where the fifth datagram does not arrive, and those around it do.
fn fifth_is_lost(settings: Simulation) -> Option<&'static str> {
    let received = received(&simulation(settings)).ok()?;
    let has = |number| received.contains(&number);
    (!has(5) && has(4) && has(6)).then_some("the fifth is lost")
}

#[test]
fn one_lost_packet_is_left() {
    let shrunk = shrunk(two_hosts, fifth_is_lost);
    assert!(shrunk.before.faults > 10, "{shrunk}");
    let [fault] = shrunk.faults.as_slice() else {
        panic!("{shrunk}");
    };
    assert_eq!(fault.id.kind(), "loss");
    assert_eq!(fault.to_string(), "datagram of 1 bytes from a to b is lost");
    assert_eq!(fault.at, 50 * MILLI);
    assert!(shrunk.switches.is_empty(), "{shrunk}");
}

/// Fails where the receiver boots again while datagrams come: what is sent meanwhile is lost in a row.
fn three_are_lost_in_a_row(settings: Simulation) -> Option<&'static str> {
    let received = received(&simulation(settings.default_link(Link::new()))).ok()?;
    let lost = |first: u8| (first..first + 3).all(|number| !received.contains(&number));
    let is_back = received.iter().max() >= Some(&18);
    ((3..15).any(lost) && is_back).then_some("three in a row")
}

fn crashes(seed: u64) -> Simulation {
    let mix = FaultMix::new(200 * MILLI)
        .jitter(2 * MILLI)
        .pauses(2)
        .crashes(3);
    Simulation::new(seed).host("a", []).host("b", []).swarm(mix)
}

#[test]
fn one_crash_is_left() {
    let shrunk = shrunk(crashes, three_are_lost_in_a_row);
    let [fault] = shrunk.faults.as_slice() else {
        panic!("{shrunk}");
    };
    assert_eq!(fault.id.kind(), "timed");
    assert!(
        fault.to_string().starts_with("crash b drawn, for "),
        "{fault}"
    );
}

/// Has the task run again without time moving.
async fn again() {
    let mut is_again = false;
    poll_fn(|cx| match std::mem::replace(&mut is_again, true) {
        true => Poll::Ready(()),
        false => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

/// Runs tasks that write their number and their step, five steps each.
fn steps(settings: Simulation, tasks: usize) -> Vec<(usize, u32)> {
    let dispatcher = simulation(settings);
    let written = Rc::new(RefCell::new(Vec::new()));
    for number in 0..tasks {
        let written = written.clone();
        let task = async move {
            for step in 0..5 {
                written.borrow_mut().push((number, step));
                again().await;
            }
        };
        dispatcher.spawn(task).expect("room").detach();
    }
    let sleep = dispatcher.handle().sleep(MILLI);
    // A run that is cut has done what counts before.
    let _ = dispatcher.block_on(sleep);
    written.borrow().clone()
}

/// Whether the first of two steps was done before the second.
fn before(written: &[(usize, u32)], first: (usize, u32), second: (usize, u32)) -> bool {
    let place = |step| written.iter().position(|it| *it == step);
    match (place(first), place(second)) {
        (Some(first), Some(second)) => first < second,
        _ => false,
    }
}

fn uniform(seed: u64) -> Simulation {
    Simulation::new(seed)
}

fn priorities(seed: u64) -> Simulation {
    let depth = Picker::PriorityChange { depth: 3 };
    Simulation::new(seed)
        .picker(depth)
        .priority_change_steps(20)
}

/// Fails where the last step of one task comes before the third of another that began earlier.
fn one_is_late(settings: Simulation) -> Option<&'static str> {
    let written = steps(settings, 5);
    before(&written, (3, 4), (1, 2)).then_some("one is late")
}

#[test]
fn one_switch_is_left() {
    for settings in [uniform, priorities] {
        let shrunk = shrunk(settings, one_is_late);
        let [found] = shrunk.switches.as_slice() else {
            panic!("{shrunk}");
        };
        assert!(found.switch.task == 1 && found.switch.run <= 2, "{shrunk}");
    }
}

/// Two tasks are late, each behind one of its own.
fn two_are_late(settings: Simulation) -> Option<&'static str> {
    let written = steps(settings, 6);
    let is_late = |one, other| before(&written, (other, 3), (one, 1));
    let others = !is_late(0, 2) && !is_late(0, 4) && !is_late(2, 4);
    (is_late(0, 1) && is_late(2, 3) && others).then_some("two are late")
}

#[test]
fn two_switches_are_left() {
    let shrunk = shrunk(uniform, two_are_late);
    let mut tasks: Vec<u64> = shrunk
        .switches
        .iter()
        .map(|found| found.switch.task)
        .collect();
    tasks.sort_unstable();
    assert_eq!(tasks, [0, 2], "{shrunk}");
}

/// What has failed is not run any further.
#[test]
fn the_run_is_cut_where_it_has_failed() {
    let shrunk = shrunk(uniform, one_is_late);
    assert!(shrunk.edits.cut().is_some(), "{shrunk}");
    assert!(shrunk.after.records < shrunk.before.records, "{shrunk}");
}

#[test]
fn a_run_that_passes_is_not_shrunk() {
    let passes = |_: &Trial| None::<()>;
    assert_eq!(Shrink::new(4).run(passes), Err(ShrinkError::Passes(4)));
}

/// A program that depends on something else than its seed.
#[test]
fn a_run_that_is_another_one_each_time_is_not_shrunk() {
    let runs = Cell::new(0);
    let run = |trial: &Trial| {
        runs.set(runs.get() + 1);
        let dispatcher = simulation(trial.set(Simulation::new(trial.seed())));
        let sleep = dispatcher.handle().sleep(runs.get() * MILLI);
        dispatcher.block_on(sleep).expect("run").expect("timer");
        Some("it fails")
    };
    assert_eq!(Shrink::new(4).run(run), Err(ShrinkError::OtherRun(4)));
}

#[test]
fn the_budget_bounds_the_runs_and_what_is_left_still_fails() {
    let seed = (0..2_000).find(|seed| fifth_is_lost(two_hosts(*seed)).is_some());
    let seed = seed.expect("a seed that fails");
    for budget in [0, 3, 5, 9] {
        let runs = Cell::new(0);
        let told = Cell::new(0);
        let shrunk = Shrink::new(seed).budget(budget).progress(|now| {
            assert_eq!(now.runs, runs.get());
            told.set(told.get() + 1);
        });
        let shrunk = shrunk.run(|trial| {
            runs.set(runs.get() + 1);
            fifth_is_lost(trial.set(two_hosts(trial.seed())))
        });
        let shrunk = shrunk.expect("it fails");
        assert_eq!(shrunk.runs, runs.get());
        assert_eq!(runs.get(), budget.max(3));
        assert_eq!(told.get(), runs.get() - 3);
        assert!(!shrunk.is_minimal);
        let small = two_hosts(seed).edits(shrunk.edits);
        assert_eq!(fifth_is_lost(small), Some("the fifth is lost"));
    }
}

/// What the program offers is left out where it is not needed.
#[test]
fn parts_are_left_out() {
    let run = |trial: &Trial| {
        let has = |part: &str| !trial.edits().leaves_out(part);
        let dispatcher = simulation(trial.set(Simulation::new(trial.seed())));
        let slept = dispatcher.block_on(dispatcher.handle().sleep(MILLI));
        slept.is_ok().then_some(())?;
        (has("second") && (has("first") || has("third"))).then_some("it fails")
    };
    let parts = ["first", "second", "third"].map(str::to_owned);
    let shrunk = Shrink::new(4).parts(parts).run(run).expect("it fails");
    let left_out: Vec<&str> = shrunk.edits.left_out().collect();
    assert_eq!(left_out, ["first"]);
}

/// One that edits have already is shrunk on from there.
#[test]
fn an_edited_run_is_shrunk() {
    let crash = Fault::Crash("b".to_owned(), Crash::Silent);
    let pause = Fault::Pause("a".to_owned());
    let edits = Edits::new().at(50 * MILLI, crash).at(150 * MILLI, pause);
    let calm = |seed| Simulation::new(seed).host("a", []).host("b", []);
    let fails = |settings: Simulation| {
        let received = received(&simulation(settings)).ok()?;
        (received.len() < 10).then_some("most are lost")
    };
    let shrunk = Shrink::new(1)
        .edits(edits)
        .run(|trial| fails(trial.set(calm(1))));
    let shrunk = shrunk.expect("it fails");
    let ids: Vec<String> = shrunk
        .faults
        .iter()
        .map(|found| found.id.to_string())
        .collect();
    assert_eq!(ids, ["added:0"], "{shrunk}");
    assert_eq!(fails(calm(1).edits(shrunk.edits)), Some("most are lost"));
}

const LOG: &str = "WIPPY_TEST_SHRUNK_LOG";

/// What the next test starts in a process of its own: nothing but the log says which run it is.
#[test]
fn replays_the_log_that_it_is_given() {
    let Ok(path) = std::env::var(LOG) else { return };
    let log = Log::open(path).expect("a log");
    let settings = two_hosts(log.header().seed).replay(log);
    let dispatcher = simulation(settings);
    let received =
        received(&dispatcher).map_or_else(|error| error.to_string(), |it| format!("{it:?}"));
    dispatcher.finish_log().expect("the whole log");
    println!("received: {received}");
}

#[test]
fn another_process_replays_the_log_of_a_shrunk_run() {
    let shrunk = shrunk(two_hosts, fifth_is_lost);
    let path = std::env::temp_dir().join(format!("wippy-shrunk-{}.log", std::process::id()));
    let file = std::fs::File::create(&path).expect("a file");
    let settings = two_hosts(shrunk.seed).edits(shrunk.edits).log(file);
    let dispatcher = simulation(settings);
    let expected =
        received(&dispatcher).map_or_else(|error| error.to_string(), |it| format!("{it:?}"));
    dispatcher.finish_log().expect("a sink");
    let test = "simulation::shrink::replays_the_log_that_it_is_given";
    let child = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", test, "--nocapture"])
        .env(LOG, &path)
        .output()
        .expect("a process");
    std::fs::remove_file(&path).expect("the file");
    let printed = String::from_utf8_lossy(&child.stdout);
    assert!(
        printed.contains(&format!("received: {expected}")),
        "{expected}: {printed}"
    );
}

/// Twenty blocking jobs, one after the other: fails where the host crashes behind the seventh.
fn crash_behind_the_seventh_job(settings: Simulation) -> Option<&'static str> {
    let dispatcher = simulation(settings);
    let done = Rc::new(Cell::new(0));
    let count = done.clone();
    let host = dispatcher.host("a").ok()?;
    let handle = host.handle();
    let jobs = host.spawn(async move {
        for _ in 0..20 {
            if let Ok(Ok(())) = handle.unblock(|| ()).await.map(Ok::<(), ()>) {
                count.set(count.get() + 1);
            }
        }
    });
    let end = dispatcher.handle().sleep(Duration::from_secs(1));
    dispatcher.block_on(end).ok()?.ok()?;
    drop(jobs);
    (done.get() == 7).then_some("seven are done")
}

/// Without the delays of the jobs the crash would find all of them done.
#[test]
fn a_crash_is_moved_to_where_the_program_is_as_far() {
    let settings = |seed| {
        let mix = FaultMix::new(10 * MILLI).crashes(1);
        Simulation::new(seed).host("a", []).swarm(mix)
    };
    let shrunk = shrunk(settings, crash_behind_the_seventh_job);
    let kinds: Vec<_> = shrunk.faults.iter().map(|it| it.id.kind()).collect();
    assert_eq!(kinds, ["timed"], "{shrunk}");
    assert!(shrunk.before.faults > 7, "{shrunk}");
}
