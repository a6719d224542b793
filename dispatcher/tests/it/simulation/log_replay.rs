//! Runs that replay a log, and where they differ from it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::sim::{Difference, Log, LogError, Picker};
use wippy_dispatcher::{Dispatcher, Error, Handle, Record, RngStream, Simulation};

use super::world::{self, Sink};
use super::{simulation, trace};

const MILLI: Duration = Duration::from_millis(1);

#[test]
fn the_world_is_replayed_whatever_the_picker() {
    let pickers = [
        Picker::Uniform,
        Picker::RoundRobin,
        Picker::PriorityChange { depth: 4 },
    ];
    for (seed, picker) in (0..).zip(pickers) {
        let (first, second) = (Sink::new(), Sink::new());
        let recorded = world::run(world::settings(seed).picker(picker).log(first.clone()));
        let recorded = recorded.expect("run");
        recorded.finish_log().expect("a sink");
        // The picks are the log's; the picker of the settings does not matter.
        let settings = world::settings(seed).replay(first.log());
        let replayed = world::run(settings.log(second.clone())).expect("the same run");
        replayed.finish_log().expect("the same end");
        let (one, other) = (trace(&recorded), trace(&replayed));
        assert_eq!((one.hash(), one.length()), (other.hash(), other.length()));
        let difference = Log::difference(&first.log(), &second.log());
        assert_eq!(difference.expect("whole"), None);
    }
}

/// A program that may be changed: its tasks draw so many bytes, in turns.
#[derive(Clone, Copy)]
struct Program {
    tasks: usize,
    rounds: usize,
    /// How many bytes the last round of task 1 draws.
    last_draw: usize,
}

const PROGRAM: Program = Program {
    tasks: 3,
    rounds: 5,
    last_draw: 8,
};

fn run(program: Program, settings: Simulation) -> (Dispatcher, Result<(), Error>) {
    let dispatcher = simulation(settings);
    let handle = dispatcher.handle();
    let tasks: Vec<_> = (0..program.tasks)
        .map(|number| {
            let body = draw(handle.clone(), program, number);
            dispatcher.spawn(body).expect("room")
        })
        .collect();
    let ended = dispatcher.block_on(async move {
        for task in tasks {
            task.await.expect("not cancelled");
        }
    });
    let ended = ended.and_then(|()| dispatcher.finish_log());
    (dispatcher, ended)
}

async fn draw(handle: Handle, program: Program, number: usize) {
    for round in 1..=program.rounds {
        handle.sleep(MILLI).await.expect("timer");
        let length = match (number, round == program.rounds) {
            (1, true) => program.last_draw,
            _ => 8,
        };
        let drawn = handle.fill_random(RngStream::Insecure, &mut vec![0; length]);
        drawn.expect("own thread");
    }
}

fn record(program: Program) -> Log {
    let sink = Sink::new();
    let (_, ended) = run(program, Simulation::new(2).log(sink.clone()));
    ended.expect("run");
    sink.log()
}

fn diverged(error: Error) -> Box<Difference> {
    match error {
        Error::Diverged(difference) => difference,
        other => panic!("{other}"),
    }
}

#[test]
fn one_byte_more_is_the_record_that_differs() {
    let log = record(PROGRAM);
    let changed = Program {
        last_draw: 9,
        ..PROGRAM
    };
    let (dispatcher, ended) = run(changed, Simulation::new(2).replay(log.clone()));
    let difference = diverged(ended.expect_err("another draw"));
    let (left, right) = (difference.left(), difference.right());
    assert!(matches!(left, Some(Record::Draw { length: 8, .. })));
    assert!(matches!(right, Some(Record::Draw { length: 9, .. })));
    assert_eq!(difference.running(), Some(1));
    assert_eq!(
        difference.at(),
        dispatcher.handle().now().expect("own thread")
    );
    let records: Vec<Record> = log.records().map_while(Result::ok).collect();
    let number = difference.number() as usize;
    assert_eq!(records.get(number).copied(), left);
    assert_eq!(difference.before(), &records[number - 10..number]);
    // All tasks are named with what they did last.
    let tasks: Vec<u64> = difference.tasks().iter().map(|it| it.task).collect();
    assert_eq!(tasks, [0, 1, 2]);
    for it in difference.tasks() {
        assert_eq!(records[it.number as usize], it.record);
    }
    // It is over: the trace has what is the same, and each further turn says it again.
    assert_eq!(trace(&dispatcher).length(), difference.number());
    let again = dispatcher.turn(None).expect_err("it is over");
    assert_eq!(diverged(again), difference);
    assert_eq!(
        diverged(dispatcher.finish_log().expect_err("over")),
        difference
    );
}

#[test]
fn a_missing_task_is_a_pick_that_differs() {
    let log = record(PROGRAM);
    let changed = Program {
        tasks: 2,
        ..PROGRAM
    };
    let (_, ended) = run(changed, Simulation::new(2).replay(log));
    let difference = diverged(ended.expect_err("a task less"));
    assert_eq!(difference.number(), 0);
    assert!(matches!(
        difference.left(),
        Some(Record::Pick { among: 3, .. })
    ));
    assert!(matches!(
        difference.right(),
        Some(Record::Pick { among: 2, .. })
    ));
    assert!(difference.before().is_empty() && difference.tasks().is_empty());
    // Its text, as a whole.
    let log = record(Program {
        tasks: 1,
        ..PROGRAM
    });
    let changed = Program {
        tasks: 0,
        ..PROGRAM
    };
    let (_, ended) = run(changed, Simulation::new(2).replay(log));
    assert_eq!(
        ended.expect_err("no task").to_string(),
        "the log and the run differ at record 0, at 1.000000000 s, while no task ran:\n  \
         log: pick task 0 of 1\n  \
         run: no further record"
    );
}

#[test]
fn the_text_says_what_was_before() {
    let program = Program {
        tasks: 2,
        rounds: 1,
        ..PROGRAM
    };
    let log = record(program);
    let changed = Program {
        last_draw: 3,
        ..program
    };
    let (_, ended) = run(changed, Simulation::new(2).replay(log));
    let text = ended.expect_err("another draw").to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("the log and the run differ at record ")
            && lines[0].ends_with(", at 1.001000000 s, while task 1 ran:"),
        "{text}"
    );
    assert!(lines[1].starts_with("  log: draw 8 bytes ("), "{text}");
    assert!(lines[2].starts_with("  run: draw 3 bytes ("), "{text}");
    for expected in [
        "before it, in both:",
        ": advance to 1.001000000 s",
        ": timer due for timer 0",
        "what each task did last:",
        "  task 1: task 1 finds timer ",
    ] {
        assert!(text.contains(expected), "{expected} is not in:\n{text}");
    }
}

/// A run that ends too early differs when it is finished, one that goes on too long when it goes on.
#[test]
fn runs_of_other_lengths_differ() {
    let longer = Program {
        rounds: 6,
        ..PROGRAM
    };
    let (_, ended) = run(PROGRAM, Simulation::new(2).replay(record(longer)));
    let difference = diverged(ended.expect_err("shorter"));
    assert!(matches!(difference.left(), Some(Record::Advance { .. })));
    assert_eq!(difference.running(), None);
    let (_, ended) = run(longer, Simulation::new(2).replay(record(PROGRAM)));
    let difference = diverged(ended.expect_err("longer"));
    assert!(difference.right().is_some());
    // A run that goes on after the whole log.
    let log = record(PROGRAM);
    let (dispatcher, ended) = run(PROGRAM, Simulation::new(2).replay(log.clone()));
    ended.expect("the same");
    drop(dispatcher);
    let dispatcher = simulation(Simulation::new(2).replay(log));
    let handle = dispatcher.handle();
    let all: Vec<_> = (0..3)
        .map(|number| {
            let body = draw(handle.clone(), PROGRAM, number);
            dispatcher.spawn(body).expect("room")
        })
        .collect();
    for task in all {
        let ended = dispatcher.block_on(task).expect("the same");
        ended.expect("not cancelled");
    }
    let sleep = dispatcher.block_on(handle.sleep(MILLI));
    let difference = diverged(sleep.expect_err("more than the log"));
    assert_eq!(difference.left(), None);
    assert!(matches!(difference.right(), Some(Record::Advance { .. })));
    let text = difference.to_string();
    assert!(text.contains("\n  log: no further record\n"), "{text}");
}

#[test]
fn a_log_of_another_simulation_is_refused() {
    let log = record(PROGRAM);
    let refused = |settings: Simulation| {
        let built = Dispatcher::builder().simulation(settings).build();
        match built.expect_err("refused") {
            Error::Log(error) => *error,
            other => panic!("{other}"),
        }
    };
    let seed = refused(Simulation::new(3).replay(log.clone()));
    assert!(matches!(
        seed,
        LogError::OtherSeed {
            log: 2,
            simulation: 3
        }
    ));
    let settings = Simulation::new(2).yield_cost(MILLI).replay(log);
    assert!(matches!(refused(settings), LogError::OtherSettings { .. }));
}

/// A log that is cut or damaged is followed as far as it is whole, and then says what is wrong with it.
#[test]
fn a_damaged_log_ends_the_run() {
    let many = Program {
        rounds: 3_000,
        ..PROGRAM
    };
    let sink = Sink::new();
    let (_, ended) = run(many, Simulation::new(2).log(sink.clone()));
    ended.expect("run");
    let whole = sink.bytes();
    let cut = &whole[..whole.len() - 30];
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 4;
    for bytes in [cut, &damaged] {
        let log = Log::read(bytes).expect("a header");
        let good = log.records().map_while(Result::ok).count() as u64;
        let (dispatcher, ended) = run(many, Simulation::new(2).replay(log));
        let error = ended.expect_err("the log is not whole");
        let Error::Log(error) = error else {
            panic!("{error}");
        };
        assert!(matches!(
            *error,
            LogError::Cut { .. } | LogError::Damaged { .. }
        ));
        assert!(good > 0 && trace(&dispatcher).length() == good);
    }
}

/// What a run that has diverged holds is dropped with it.
#[test]
fn the_tasks_of_a_run_that_has_diverged_are_dropped() {
    struct Dropped(Rc<Cell<u32>>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    let log = record(PROGRAM);
    let dispatcher = simulation(Simulation::new(2).replay(log));
    let dropped = Rc::new(Cell::new(0));
    for _ in 0..7 {
        let held = Dropped(dropped.clone());
        let body = async move {
            std::future::pending::<()>().await;
            drop(held);
        };
        dispatcher.spawn(body).expect("room").detach();
    }
    assert!(matches!(dispatcher.turn(None), Err(Error::Diverged(_))));
    assert_eq!(dropped.get(), 0);
    drop(dispatcher);
    assert_eq!(dropped.get(), 7);
}
