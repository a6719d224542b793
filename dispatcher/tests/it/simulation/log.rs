//! The decision log: what is written, and what is read again.

use std::collections::HashSet;
use std::mem::discriminant;
use std::time::Duration;

use wippy_dispatcher::sim::{Log, LogError, Operation, Picker, Waiter};
use wippy_dispatcher::{Builder, Dispatcher, Error, Event, Record, RngStream, Simulation, WaitSet};

use super::world::{self, Sink};
use super::{simulation, trace};

fn records(log: &Log) -> Vec<Record> {
    log.records()
        .collect::<Result<_, _>>()
        .expect("a whole log")
}

fn log_error(error: Error) -> LogError {
    match error {
        Error::Log(error) => *error,
        other => panic!("{other}"),
    }
}

/// The log of a run of the world, written and finished.
pub fn log_of(seed: u64) -> (Vec<u8>, Dispatcher) {
    let sink = Sink::new();
    let dispatcher = world::run(world::settings(seed).log(sink.clone())).expect("run");
    dispatcher.finish_log().expect("a sink that takes it");
    (sink.bytes(), dispatcher)
}

#[test]
fn a_log_has_the_records_of_the_trace_and_its_hash() {
    let (bytes, dispatcher) = log_of(3);
    let log = Log::read(&bytes[..]).expect("a log");
    let trace = trace(&dispatcher);
    assert_eq!(records(&log), trace.records());
    let mut reading = log.records();
    assert_eq!(reading.by_ref().count() as u64, trace.length());
    let end = reading.end().expect("the end");
    assert_eq!(
        (end.records, end.hash, &end.error),
        (trace.length(), trace.hash(), &None)
    );
    // Few bytes each.
    let a_record = bytes.len() as f64 / trace.length() as f64;
    assert!(a_record < 7.0, "{a_record} bytes a record");
}

#[test]
fn records_of_every_kind_come_back() {
    let mut kinds = HashSet::new();
    for seed in 0..10 {
        let log = Log::read(&log_of(seed).0[..]).expect("a log");
        kinds.extend(records(&log).iter().map(discriminant));
    }
    assert_eq!(kinds.len(), 13);
}

#[test]
fn the_header_says_what_was_run() {
    let sink = Sink::new();
    let settings = Simulation::new(u64::MAX - 3)
        .label(b"retries \xff")
        .picker(Picker::PriorityChange { depth: 3 })
        .priority_change_steps(500)
        .log(sink.clone());
    drop(simulation(settings));
    let log = sink.log();
    let header = log.header();
    assert_eq!(header.seed, u64::MAX - 3);
    assert_eq!(header.label, b"retries \xff");
    assert_eq!(header.picker, Picker::PriorityChange { depth: 3 });
    assert_eq!(header.priority_change_steps, Some(500));
    assert_eq!(header.format, 2);
    assert_eq!(header.crate_version, env!("CARGO_PKG_VERSION"));
    assert!(header.target.contains("linux"), "{}", header.target);
    // The settings' hash says whether all else is the same.
    let hash = |settings: Simulation| {
        let sink = Sink::new();
        drop(simulation(settings.log(sink.clone())));
        sink.log().header().settings
    };
    assert_eq!(hash(Simulation::new(1)), hash(Simulation::new(2)));
    let plain = Simulation::new(1).trace_capacity(3);
    assert_eq!(hash(plain), hash(Simulation::new(1)));
    let other = Simulation::new(1).host("a", []);
    assert_ne!(hash(other), hash(Simulation::new(1)));
    let other = Simulation::new(1).yield_cost(Duration::from_nanos(9));
    assert_ne!(hash(other), hash(Simulation::new(1)));
}

/// A dispatcher that is dropped ends its log, before its tasks end.
#[test]
fn a_log_ends_with_its_dispatcher() {
    let sink = Sink::new();
    let settings = world::settings(4).log(sink.clone());
    let dispatcher = world::run(settings).expect("run");
    let trace = trace(&dispatcher);
    drop(dispatcher);
    assert_eq!(records(&sink.log()), trace.records());
    let dispatcher = simulation(Simulation::new(1));
    // There is nothing to finish.
    dispatcher.finish_log().expect("no log");
    let system = Dispatcher::new().expect("system");
    assert!(matches!(system.finish_log(), Err(Error::NotSimulated(_))));
}

#[test]
fn the_end_says_how_the_run_failed() {
    let sink = Sink::new();
    let dispatcher = simulation(Simulation::new(1).log(sink.clone()));
    let event = Event::new(&dispatcher.handle()).expect("room");
    let deadlock = dispatcher
        .block_on(event.wait())
        .expect_err("nobody sets it");
    dispatcher.finish_log().expect("a sink");
    let log = sink.log();
    let mut records = log.records();
    assert!(records.next().is_none());
    let end = records.end().expect("the end");
    assert_eq!(end.error, Some(deadlock.to_string()));
    // One that goes on has not failed.
    let sink = Sink::new();
    let dispatcher = simulation(Simulation::new(1).log(sink.clone()));
    let event = Event::new(&dispatcher.handle()).expect("room");
    assert!(dispatcher.block_on(event.wait()).is_err());
    let sleep = dispatcher.handle().sleep(Duration::from_millis(1));
    dispatcher.block_on(sleep).expect("run").expect("timer");
    drop(dispatcher);
    let log = sink.log();
    let mut records = log.records();
    assert_eq!(records.by_ref().count(), 3);
    assert_eq!(records.end().expect("the end").error, None);
}

/// What is ready at once has no completion; what is waited for has one, and then whoever waits finds it.
#[test]
fn completion_and_consumption_are_records_of_their_own() {
    let dispatcher = simulation(Simulation::new(1));
    let handle = dispatcher.handle();
    let event = Event::new(&handle).expect("room");
    let waits = event.clone();
    let waiting = dispatcher.spawn(async move { waits.wait().await });
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    event.set();
    let waiting = dispatcher.block_on(waiting.expect("room")).expect("run");
    waiting.expect("not cancelled").expect("own thread");
    dispatcher
        .block_on(event.wait())
        .expect("run")
        .expect("set");
    dispatcher
        .block_on(handle.unblock(|| ()))
        .expect("run")
        .expect("job");
    let mut set = WaitSet::new(&handle).expect("room");
    set.add_event(&event, 5).expect("room");
    set.add_deadline(handle.now().expect("own thread"), 6)
        .expect("room");
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    set.take_fired(&mut Vec::new()).expect("own thread");

    let is_about_waiting = |record: &&Record| {
        matches!(
            record,
            Record::Completion { .. } | Record::Consumption { .. }
        )
    };
    let trace = trace(&dispatcher);
    let found: Vec<Record> = trace
        .records()
        .iter()
        .filter(is_about_waiting)
        .copied()
        .collect();
    let completion = |operation, waiter| Record::Completion { operation, waiter };
    let consumption = |task, waiter| Record::Consumption { task, waiter };
    let member = |tag| Waiter::Member { set: 0, tag };
    let expected = [
        completion(Operation::Readable, Waiter::Listener(0)),
        consumption(Some(0), Waiter::Listener(0)),
        completion(Operation::Job, Waiter::Timer(0)),
        consumption(None, Waiter::Timer(0)),
        completion(Operation::Timer, member(6)),
        // The event was set when it was added.
        consumption(None, member(5)),
        consumption(None, member(6)),
    ];
    assert_eq!(found, expected);
}

/// In the world too: no future is ready by a wake that was not recorded.
#[test]
fn every_future_that_is_ready_was_notified() {
    let (bytes, _) = log_of(5);
    let log = Log::read(&bytes[..]).expect("a log");
    let (mut notified, mut consumed) = (HashSet::new(), 0);
    for record in records(&log) {
        match record {
            Record::Completion { waiter, .. } => {
                notified.insert(waiter);
            }
            Record::Consumption { waiter, .. } => {
                assert!(notified.remove(&waiter), "{record}");
                consumed += 1;
            }
            _ => {}
        }
    }
    assert!(consumed > 100, "{consumed}");
}

/// Settings are shared by threads that run one seed each, logs by those that read them.
#[test]
fn settings_and_logs_may_be_used_on_any_thread() {
    fn check<T: Clone + Send + Sync>() {}
    check::<Simulation>();
    check::<Builder>();
    check::<Log>();
    check::<LogError>();
}

#[test]
fn settings_that_cannot_be_are_errors() {
    let long = Simulation::new(1).label(&[0; 65_537]).log(Sink::new());
    let built = Dispatcher::builder().simulation(long).build();
    let error = log_error(built.expect_err("a label that is too long"));
    assert!(matches!(error, LogError::LabelTooLong(65_537)));
    let most = Simulation::new(1).label(&[0; 65_536]).log(Sink::new());
    drop(simulation(most));
    let shared = Simulation::new(1).log(Sink::new());
    drop(simulation(shared.clone()));
    let second = Dispatcher::builder().simulation(shared).build();
    let error = log_error(second.expect_err("one log"));
    assert!(matches!(error, LogError::Taken));
}

/// A sink that fails ends the run, wherever it fails, and what it has is not taken for a whole log.
#[test]
fn a_sink_that_fails_ends_the_run() {
    let (whole, _) = log_of(6);
    let (header, half) = (80, whole.len() / 2);
    for bound in [0, 5, header, half, whole.len() - 9, whole.len() - 1] {
        let sink = Sink::with_bound(bound);
        let dispatcher = world::run(world::settings(6).log(sink.clone()));
        let (error, again) = match dispatcher {
            Err(error) => (error, None),
            Ok(dispatcher) => {
                let error = dispatcher.finish_log().expect_err("no room");
                (error, dispatcher.finish_log().err())
            }
        };
        let text = "cannot write the decision log: the disk is full";
        assert_eq!(error.to_string(), text);
        assert!(matches!(log_error(error), LogError::Write(_)));
        assert!(again.is_none_or(|again| again.to_string() == text));
        assert_eq!(sink.bytes().len(), bound);
        let read = Log::read(&sink.bytes()[..]);
        let read = read.and_then(|log| log.records().collect::<Result<Vec<_>, _>>());
        assert!(matches!(read, Err(LogError::Cut { .. })));
    }
}

/// A block that cannot be written ends the run there and then.
#[test]
fn a_sink_that_fails_ends_the_turn() {
    let sink = Sink::with_bound(40_000);
    let dispatcher = simulation(Simulation::new(1).log(sink.clone()));
    let handle = dispatcher.handle();
    let drawing = dispatcher.spawn(async move {
        let mut draws = 0;
        while draws < 1_000_000 {
            let drawn = handle.fill_random(RngStream::Secure, &mut [0; 4]);
            drawn.expect("own thread");
            draws += 1;
            if draws % 100 == 0 {
                handle.yield_now().await.expect("own thread");
            }
        }
    });
    let drawing = drawing.expect("room");
    let ended = dispatcher.block_on(drawing);
    let error = log_error(ended.expect_err("no room"));
    assert!(matches!(error, LogError::Write(_)));
    let records = trace(&dispatcher).length();
    // Ten bytes a draw: two blocks of 32 KiB.
    assert!((5_000..7_500).contains(&records), "{records}");
    // It does not go on.
    assert!(matches!(dispatcher.turn(None), Err(Error::Log(_))));
    assert_eq!(trace(&dispatcher).length(), records);
}
