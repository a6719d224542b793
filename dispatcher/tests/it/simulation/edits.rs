//! Runs with edits: faults struck and added, orders of tasks, cuts.

use std::time::Duration;

use wippy_dispatcher::net::UdpSocket;
use wippy_dispatcher::sim::{
    Crash, Cut, Edits, Fault, FaultId, FaultMix, Link, Log, Picker, RunNotes, Switch,
};
use wippy_dispatcher::{Error, Simulation};

use super::world::{self, Sink};
use super::{simulation, trace};

const MILLI: Duration = Duration::from_millis(1);

/// The world with faults of every kind.
fn settings(seed: u64, picker: Picker) -> Simulation {
    let mix = FaultMix::new(400 * MILLI)
        .loss(0.1)
        .latency(5 * MILLI)
        .jitter(5 * MILLI)
        .duplication(0.2)
        .reordering(0.3)
        .short_io(0.3)
        .spurious_readiness(0.3)
        .partitions(2)
        .crashes(2)
        .pauses(2);
    world::settings(seed).picker(picker).swarm(mix)
}

const PICKERS: [Picker; 3] = [
    Picker::Uniform,
    Picker::RoundRobin,
    Picker::PriorityChange { depth: 3 },
];

/// Runs the world, and gives its notes.
fn noted(settings: Simulation) -> RunNotes {
    let notes = RunNotes::new();
    let dispatcher = world::run(settings.note(&notes)).expect("a run");
    drop(dispatcher);
    notes
}

fn listed(notes: &RunNotes) -> Edits {
    let faults = notes.faults();
    let edits = Edits::new().only_listed();
    let edits = faults
        .iter()
        .fold(edits, |edits, found| edits.with(found.id, found.amount));
    edits.order(notes.switches().iter().map(|found| found.switch))
}

#[test]
fn a_run_whose_faults_and_switches_are_listed_is_the_same_run() {
    let mut kinds = std::collections::BTreeSet::new();
    for picker in PICKERS {
        for seed in 0..12 {
            let logs = [Sink::new(), Sink::new()];
            let notes = noted(settings(seed, picker).log(logs[0].clone()));
            let edited = settings(seed, picker).edits(listed(&notes));
            let again = noted(edited.log(logs[1].clone()));
            let logs = logs.map(|sink| sink.log());
            if let Ok(Some(difference)) = Log::difference(&logs[0], &logs[1]) {
                panic!("seed {seed}, {picker}: {difference}");
            }
            assert_eq!(again.hash(), notes.hash(), "seed {seed}, {picker}");
            assert_eq!(again.faults(), notes.faults());
            assert_eq!(again.switches(), notes.switches());
            kinds.extend(notes.faults().iter().map(|found| found.id.kind()));
            assert_eq!(notes.switches().is_empty(), picker == Picker::RoundRobin);
        }
    }
    // All but faults that edits add.
    let all = [
        "delay",
        "duplicate",
        "job",
        "latency",
        "lookup",
        "loss",
        "reorder",
        "reset",
        "short-io",
        "spurious",
        "timed",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn notes_change_nothing() {
    let plain = world::run(settings(3, Picker::Uniform)).expect("a run");
    let notes = noted(settings(3, Picker::Uniform));
    assert_eq!(
        (notes.records(), notes.hash()),
        (trace(&plain).length(), trace(&plain).hash())
    );
    assert!(notes.time() >= 500 * MILLI);
}

/// Sends datagrams, and says which arrive.
fn datagrams(settings: Simulation) -> Result<Vec<u8>, Error> {
    let settings = settings.host("a", []).host("b", []);
    let dispatcher = simulation(settings.default_link(Link::new().loss(0.3).jitter(MILLI)));
    let (a, b) = (
        dispatcher.host("a")?.handle(),
        dispatcher.host("b")?.handle(),
    );
    let receiver = UdpSocket::bound(&b, ([10, 0, 0, 3], 7).into())?;
    let sender = UdpSocket::bound(&a, ([10, 0, 0, 2], 7).into())?;
    for number in 0..100 {
        sender.try_send(&[number], Some(([10, 0, 0, 3], 7).into()))?;
    }
    dispatcher.block_on(dispatcher.handle().sleep(Duration::from_secs(1)))??;
    let mut received = Vec::new();
    let mut buffer = [0];
    while receiver.try_recv(&mut buffer).is_ok() {
        received.push(buffer[0]);
    }
    Ok(received)
}

fn sorted(mut numbers: Vec<u8>) -> Vec<u8> {
    numbers.sort_unstable();
    numbers
}

/// What is struck or added changes nothing else: not which others are lost, and not how late they are.
#[test]
fn an_edit_of_one_packet_leaves_the_others_as_they_are() {
    let notes = RunNotes::new();
    let received = datagrams(Simulation::new(5).note(&notes)).expect("a run");
    let lost = notes.faults().into_iter().map(|found| found.id);
    let lost: Vec<FaultId> = lost.filter(|id| id.kind() == "loss").collect();
    assert_eq!(lost.len() + received.len(), 100);
    let number = |id: &FaultId| match id {
        FaultId::Loss { packet, .. } => *packet as u8,
        other => panic!("{other}"),
    };
    let order_without = |all: &[u8], one: u8| {
        all.iter()
            .copied()
            .filter(|it| *it != one)
            .collect::<Vec<_>>()
    };
    for id in [lost[0], lost[lost.len() / 2]] {
        let settings = Simulation::new(5).edits(Edits::new().without(id));
        let more = datagrams(settings).expect("a run");
        assert_eq!(more.len(), received.len() + 1);
        assert!(more.contains(&number(&id)));
        assert_eq!(order_without(&more, number(&id)), received);
    }
    for one in [received[0], received[received.len() / 2]] {
        let id = FaultId::Loss {
            from: 1,
            to: 2,
            packet: one.into(),
        };
        let fewer = datagrams(Simulation::new(5).edits(Edits::new().with(id, 0))).expect("a run");
        assert_eq!(fewer, order_without(&received, one));
    }
    let none = datagrams(Simulation::new(5).edits(Edits::new().only_listed()));
    assert_eq!(none.expect("a run"), (0..100).collect::<Vec<_>>());
    // One that is late by an edit comes last.
    let late = FaultId::Delay {
        from: 1,
        to: 2,
        packet: received[3].into(),
    };
    let settings = Simulation::new(5).edits(Edits::new().with(late, 900_000_000));
    let last = datagrams(settings).expect("a run");
    assert_eq!(last.last(), Some(&received[3]));
    assert_eq!(sorted(last), sorted(received));
}

/// Whether the host is up at certain times.
fn states(edits: Edits) -> Vec<bool> {
    let crash = |host: &str| Fault::Crash(host.to_owned(), Crash::Drawn);
    let restart = |host: &str| Fault::Restart(host.to_owned());
    let settings = Simulation::new(1).host("a", []).edits(edits);
    let settings = settings
        .at(10 * MILLI, crash("a"))
        .at(20 * MILLI, restart("a"));
    let dispatcher = simulation(settings.at(30 * MILLI, crash("a")));
    let mut states = Vec::new();
    for _ in 0..4 {
        let sleep = dispatcher.handle().sleep(10 * MILLI);
        states.push(dispatcher.host("a").expect("a host").is_up());
        dispatcher.block_on(sleep).expect("run").expect("timer");
    }
    states.push(dispatcher.host("a").expect("a host").is_up());
    states
}

/// A restart without its crash would be one.
#[test]
fn a_fault_of_the_timetable_is_struck_with_its_end() {
    assert_eq!(states(Edits::new()), [true, false, true, false, false]);
    let first = Edits::new().without(FaultId::Timed(0));
    assert_eq!(states(first), [true, true, true, false, false]);
    let both = Edits::new().only_listed();
    assert_eq!(states(both.clone()), [true; 5]);
    let second = both.clone().with(FaultId::Timed(2), 30_000_000);
    assert_eq!(states(second), [true, true, true, false, false]);
    // One that is moved takes its end with it.
    let moved = both.clone().with(FaultId::Timed(0), 25_000_000);
    assert_eq!(states(moved), [true, true, true, false, true]);
    let never = both.with(FaultId::Timed(0), u64::MAX);
    assert_eq!(states(never), [true; 5]);
    let crash = Fault::Crash("a".to_owned(), Crash::Silent);
    let added = Edits::new().only_listed().at(15 * MILLI, crash);
    assert_eq!(states(added), [true, true, false, false, false]);
}

#[test]
fn an_added_fault_of_an_unknown_host_is_refused() {
    let edits = Edits::new().at(MILLI, Fault::Pause("nobody".to_owned()));
    let settings = Simulation::new(1).edits(edits);
    let built = wippy_dispatcher::Dispatcher::builder()
        .simulation(settings)
        .build();
    assert!(
        built
            .expect_err("no such host")
            .to_string()
            .contains("nobody")
    );
}

/// The order in which three tasks run, each three times.
fn order(edits: Edits) -> Vec<u64> {
    let dispatcher = simulation(Simulation::new(1).edits(edits));
    for _ in 0..3 {
        let task = async {
            for _ in 0..2 {
                let mut is_again = false;
                std::future::poll_fn(|cx| match std::mem::replace(&mut is_again, true) {
                    true => std::task::Poll::Ready(()),
                    false => {
                        cx.waker().wake_by_ref();
                        std::task::Poll::Pending
                    }
                })
                .await;
            }
        };
        dispatcher.spawn(task).expect("room").detach();
    }
    let sleep = dispatcher.handle().sleep(MILLI);
    dispatcher.block_on(sleep).expect("run").expect("timer");
    let picks = trace(&dispatcher);
    let picks = picks.records().iter().filter_map(|record| match record {
        wippy_dispatcher::Record::Pick { task, .. } => Some(*task),
        _ => None,
    });
    picks.collect()
}

#[test]
fn tasks_go_first_in_first_out_but_for_those_that_are_put_off() {
    let put_off = |task, run, until| Switch { task, run, until };
    let order_with = |switches: &[Switch]| order(Edits::new().order(switches.iter().copied()));
    assert_eq!(order_with(&[]), [0, 1, 2, 0, 1, 2, 0, 1, 2]);
    let last = [put_off(0, 1, None)];
    assert_eq!(order_with(&last), [0, 1, 2, 1, 2, 1, 2, 0, 0]);
    let until = [put_off(0, 1, Some((2, 1)))];
    assert_eq!(order_with(&until), [0, 1, 2, 1, 2, 0, 1, 2, 0]);
    let two = [put_off(0, 0, Some((1, 1))), put_off(2, 0, None)];
    assert_eq!(order_with(&two), [1, 1, 0, 1, 0, 0, 2, 2, 2]);
    // What never comes is waited for until nothing else can run.
    let never = [put_off(1, 0, Some((7, 0))), put_off(9, 9, None)];
    assert_eq!(order_with(&never), [0, 2, 0, 2, 0, 2, 1, 1, 1]);
    // Where all are put off, the first one goes.
    let all = [0, 1, 2].map(|task| put_off(task, 0, None));
    assert_eq!(order_with(&all), [0, 0, 0, 1, 1, 1, 2, 2, 2]);
}

#[test]
fn a_log_has_its_edits_and_is_replayed_with_them() {
    let notes = noted(settings(2, Picker::Uniform));
    let mut kept = notes.faults();
    kept.retain(|found| found.id.kind() != "delay");
    let edits = kept
        .iter()
        .fold(Edits::new().only_listed(), |edits, found| {
            edits.with(found.id, found.amount)
        });
    let edits = edits
        .order(notes.switches().iter().skip(5).map(|found| found.switch))
        .leave_out("something");
    let sink = Sink::new();
    let written = settings(2, Picker::Uniform)
        .edits(edits.clone())
        .log(sink.clone());
    let dispatcher = world::run(written).expect("a run");
    dispatcher.finish_log().expect("a sink");
    assert_eq!(sink.log().header().edits, edits);
    // The settings of the replay know nothing of them.
    let again =
        world::run(settings(2, Picker::RoundRobin).replay(sink.log())).expect("the same run");
    again.finish_log().expect("the whole log");
    assert_eq!(trace(&again).hash(), trace(&dispatcher).hash());
    assert_eq!(again.edits().expect("a simulation"), edits);
}

#[test]
fn too_many_edits_for_a_log_are_refused() {
    let switches = (0..100_000).map(|run| Switch {
        task: 1_000_000,
        run,
        until: None,
    });
    let settings = Simulation::new(1)
        .edits(Edits::new().order(switches))
        .log(Sink::new());
    let built = wippy_dispatcher::Dispatcher::builder()
        .simulation(settings)
        .build();
    let error = built.expect_err("too long").to_string();
    assert!(error.contains("may have 1048576"), "{error}");
}

#[test]
fn a_run_is_cut_behind_a_record_or_at_a_time() {
    let sink = Sink::new();
    let whole = world::run(settings(4, Picker::Uniform).log(sink.clone())).expect("a run");
    whole.finish_log().expect("a sink");
    let records = trace(&whole).length();
    let cut = |settings: Simulation, cut| {
        let notes = RunNotes::new();
        let settings = settings.edits(Edits::new().until(cut)).note(&notes);
        let error = world::run(settings).expect_err("it is cut");
        assert!(matches!(error, Error::Cut(_)), "{error}");
        notes
    };
    for at in [1, records / 2] {
        let notes = cut(settings(4, Picker::Uniform), Cut::Records(at));
        // The step in which it is made is done.
        assert!(
            (at..at + 60).contains(&notes.records()),
            "{} of {at}",
            notes.records()
        );
        // A replay is cut there as well.
        let again = cut(
            settings(4, Picker::Uniform).replay(sink.log()),
            Cut::Records(at),
        );
        assert_eq!(again.hash(), notes.hash());
    }
    let notes = cut(settings(4, Picker::Uniform), Cut::Time(100 * MILLI));
    assert_eq!(notes.time(), 100 * MILLI);
    // Behind the end there is nothing to cut.
    let later = Edits::new().until(Cut::Records(records + 1));
    world::run(settings(4, Picker::Uniform).edits(later)).expect("the whole run");
}

/// The log of a run that was cut is whole, and so is a replay that is cut earlier.
#[test]
fn a_log_that_goes_on_is_no_difference_where_the_run_is_cut() {
    let sink = Sink::new();
    let sleeps = |settings: Simulation| {
        let dispatcher = simulation(settings);
        let sleeps = |number| dispatcher.block_on(dispatcher.handle().sleep(number * MILLI));
        let ended = (1..20).find_map(|number| sleeps(number).err());
        (ended, dispatcher.finish_log())
    };
    let (ended, finished) = sleeps(Simulation::new(1).log(sink.clone()));
    assert!(ended.is_none() && finished.is_ok());
    let edits = Edits::new().until(Cut::Records(20));
    let (ended, finished) = sleeps(Simulation::new(1).replay(sink.log()).edits(edits));
    assert!(matches!(ended, Some(Error::Cut(_))));
    finished.expect("as far as it goes");
}

#[test]
fn edits_are_written_and_read() {
    let link = Link::new().latency(3 * MILLI).loss(0.25).bandwidth(1_000);
    let names = |hosts: &[&str]| {
        hosts
            .iter()
            .map(|host| (*host).to_owned())
            .collect::<Vec<_>>()
    };
    let edits = Edits::new()
        .only_listed()
        .without(FaultId::Timed(3))
        .without(FaultId::Spurious {
            host: 1,
            occasion: 2,
        })
        .with(FaultId::Latency, 5)
        .with(
            FaultId::ShortIo {
                host: 0,
                operation: u64::MAX,
            },
            u64::MAX,
        )
        .with(
            FaultId::Loss {
                from: 0,
                to: u32::MAX,
                packet: 0,
            },
            17,
        )
        .at(MILLI, Fault::Crash("a".to_owned(), Crash::Reset))
        .at(MILLI, Fault::Link("a".to_owned(), "b".to_owned(), link))
        .at(
            2 * MILLI,
            Fault::PartitionOneWay(names(&["a", "b"]), names(&["c"])),
        )
        .at(2 * MILLI, Fault::Heal(names(&["a"]), names(&["c", "d"])))
        .at(3 * MILLI, Fault::ClockDrift("a".to_owned(), -5))
        .at(3 * MILLI, Fault::WallClockStep("a".to_owned(), i64::MIN))
        .without(FaultId::Added(1))
        .order([
            Switch {
                task: 1,
                run: 2,
                until: None,
            },
            Switch {
                task: 3,
                run: 4,
                until: Some((5, 6)),
            },
        ])
        .leave_out("host a b")
        .until(Cut::Records(7));
    let text = edits.to_string();
    assert_eq!(text.parse(), Ok(edits), "{text}");
    assert_eq!(Edits::new().to_string(), "");
    for wrong in [
        "nothing",
        "only faults",
        "without loss:1:2",
        "with delay:1-2:3",
        "with loss:1-2:3=4",
        "with loss:1-2:3:4",
        "with latency:1=4",
        "with timed:-1=5",
        "with timed:3",
        "with timed:4294967296=5",
        "at 5 crash",
        "at 5 partition a |",
        "at 5 link a b latency 1",
        "at x crash a",
        "switch:1.2",
        "order\nswitch:1",
        "order\nswitch:1.2:3",
        "leave a",
        "until 5",
        "until time -5",
        " only",
    ] {
        let error = wrong.parse::<Edits>().expect_err(wrong).to_string();
        assert!(error.contains("is no edit"), "{error}");
    }
}

#[test]
fn many_faults_are_added_by_lines() {
    let mut edits = Edits::new().without(FaultId::Latency);
    for place in 0..20_000_u32 {
        edits = edits.at(place * MILLI, Fault::Pause("a".to_owned()));
    }
    let edits = edits.without(FaultId::Added(7));
    assert_eq!(edits.to_string().parse(), Ok(edits));
}

#[test]
fn a_seed_draws_no_more_faults_of_a_kind_than_there_may_be() {
    let most = FaultMix::MAX_COUNT;
    for set in [
        FaultMix::partitions,
        FaultMix::crashes,
        FaultMix::pauses,
        FaultMix::wall_clock_steps,
    ] {
        let mix = || FaultMix::new(400 * MILLI);
        assert_eq!(set(mix(), u32::MAX), set(mix(), most));
        assert_ne!(set(mix(), most), set(mix(), most - 1));
        let settings = Simulation::new(1).host("a", []).swarm(set(mix(), u32::MAX));
        simulation(settings);
    }
}
