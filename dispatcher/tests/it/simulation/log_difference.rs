//! Where two logs differ.

use std::path::PathBuf;
use std::time::Duration;

use wippy_dispatcher::sim::{Log, LogError};
use wippy_dispatcher::{Event, Record, Simulation};

use super::simulation;
use super::world::{self, Sink};

fn log_of(seed: u64) -> Sink {
    let sink = Sink::new();
    let dispatcher = world::run(world::settings(seed).log(sink.clone())).expect("run");
    dispatcher.finish_log().expect("a sink");
    sink
}

/// A file that is removed again.
struct File(PathBuf);

impl File {
    fn with(name: &str, bytes: &[u8]) -> File {
        let name = format!("wippy-dispatcher-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).expect("a file");
        File(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // It may be gone.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn the_first_record_that_differs_is_found() {
    let (one, other) = (log_of(1), log_of(2));
    let (one_file, other_file) = (
        File::with("one.log", &one.bytes()),
        File::with("other.log", &other.bytes()),
    );
    let (first, second) = (
        Log::open(&one_file.0).expect("a log"),
        Log::open(&other_file.0).expect("a log"),
    );
    let found = Log::difference(&first, &second).expect("whole logs");
    let found = found.expect("other seeds");
    let records =
        |log: &Log| -> Vec<Record> { log.records().collect::<Result<_, _>>().expect("whole") };
    let (left, right) = (records(&first), records(&second));
    let at = left
        .iter()
        .zip(&right)
        .position(|(left, right)| left != right);
    let at = at.expect("other seeds");
    assert_eq!(found.number(), at as u64);
    assert_eq!(
        (found.left(), found.right()),
        (Some(left[at]), Some(right[at]))
    );
    let before = at.saturating_sub(10);
    assert_eq!(found.before(), &left[before..at]);
    let text = found.to_string();
    assert!(
        text.starts_with("the first and the second differ at record "),
        "{text}"
    );
    assert!(text.ends_with("\nthe seeds differ: 1 and 2"), "{text}");
    // Files and memory are the same, and reading again gives the same.
    let in_memory = Log::difference(&one.log(), &second).expect("whole logs");
    assert_eq!(in_memory, Some(found));
    assert_eq!(Log::difference(&first, &first).expect("whole"), None);
}

#[test]
fn headers_alone_make_no_difference() {
    let log = |label: &[u8]| {
        let sink = Sink::new();
        let dispatcher = simulation(Simulation::new(1).label(label).log(sink.clone()));
        let sleep = dispatcher.handle().sleep(Duration::from_millis(1));
        dispatcher.block_on(sleep).expect("run").expect("timer");
        drop(dispatcher);
        sink.log()
    };
    let difference = Log::difference(&log(b"one"), &log(b"other"));
    assert_eq!(difference.expect("whole"), None);
}

/// Equal records and another end: one of the runs failed.
#[test]
fn ends_make_a_difference() {
    let log = |deadlocks: bool| {
        let sink = Sink::new();
        let dispatcher = simulation(Simulation::new(1).log(sink.clone()));
        let event = Event::new(&dispatcher.handle()).expect("room");
        if deadlocks {
            assert!(dispatcher.block_on(event.wait()).is_err());
        }
        drop(dispatcher);
        sink.log()
    };
    let found = Log::difference(&log(true), &log(false)).expect("whole");
    let found = found.expect("one has failed");
    assert_eq!(
        (found.number(), found.left(), found.right()),
        (0, None, None)
    );
    let text = found.to_string();
    assert!(
        text.contains("the first ended: deadlock at 1.000000000 s"),
        "{text}"
    );
    assert!(
        text.ends_with("the second ended: without an error"),
        "{text}"
    );
}

/// What a log says is not for a terminal to act upon.
#[test]
fn labels_are_printed_without_control_characters() {
    let log = |seed: u64, label: &[u8]| {
        let sink = Sink::new();
        let settings = Simulation::new(seed).label(label).log(sink.clone());
        let dispatcher = simulation(settings);
        let job = dispatcher.handle().unblock(|| ());
        dispatcher.block_on(job).expect("run").expect("job");
        drop(dispatcher);
        sink.log()
    };
    let found = Log::difference(&log(1, b"\x1b[2J"), &log(2, b"\0\n"));
    let text = found.expect("whole").expect("other delays").to_string();
    let expected = r#"the labels differ: "\x1b[2J" and "\x00\n""#;
    assert!(text.ends_with(expected), "{text}");
}

/// A log that goes on where the other one ends.
#[test]
fn the_longer_log_differs_where_the_shorter_one_ends() {
    let log = |millis: u64| {
        let sink = Sink::new();
        let dispatcher = simulation(Simulation::new(1).log(sink.clone()));
        for _ in 0..millis {
            let sleep = dispatcher.handle().sleep(Duration::from_millis(1));
            dispatcher.block_on(sleep).expect("run").expect("timer");
        }
        drop(dispatcher);
        sink.log()
    };
    let found = Log::difference(&log(2), &log(3)).expect("whole");
    let found = found.expect("one is longer");
    assert_eq!((found.number(), found.left()), (6, None));
    let text = found.to_string();
    assert!(
        text.ends_with("\nthe first ended: without an error"),
        "{text}"
    );
    assert!(matches!(found.right(), Some(Record::Advance { .. })));
}

#[test]
fn a_log_that_is_not_whole_is_an_error() {
    let bytes = log_of(3).bytes();
    let whole = Log::read(&bytes[..]).expect("a log");
    let cut = Log::read(&bytes[..bytes.len() - 1]).expect("a header");
    for (one, other) in [(&whole, &cut), (&cut, &whole)] {
        let difference = Log::difference(one, other);
        assert!(matches!(difference, Err(LogError::Cut { .. })));
    }
}
