//! Logs that are not as they were written: an error that says where, and never more.

use proptest::prelude::*;
use wippy_dispatcher::sim::{Log, LogError};
use wippy_dispatcher::{Dispatcher, Record, RngStream, Simulation};

use super::simulation;
use super::world::Sink;

/// A log of so many draws, and a label.
fn log_of(draws: usize) -> Vec<u8> {
    let sink = Sink::new();
    let settings = Simulation::new(5).label(b"damage").log(sink.clone());
    let dispatcher: Dispatcher = simulation(settings);
    let handle = dispatcher.handle();
    for _ in 0..draws {
        let drawn = handle.fill_random(RngStream::Secure, &mut [0; 3]);
        drawn.expect("own thread");
    }
    dispatcher.finish_log().expect("a sink");
    sink.bytes()
}

fn read(bytes: &[u8]) -> Result<Vec<Record>, LogError> {
    Log::read(bytes)?.records().collect()
}

/// The places to damage: all of a log of one block, and some of one of several, those around the ends of
/// its blocks among them.
fn places() -> Vec<(Vec<u8>, Vec<usize>)> {
    let (small, large) = (log_of(30), log_of(7_000));
    assert!(large.len() > 2 * (32 << 10));
    let all = (0..small.len()).collect();
    let around = |block: usize| (block * (32 << 10)..block * (32 << 10) + 250).step_by(7);
    let end = large.len() - 60..large.len();
    let some = (0..large.len()).step_by(4_001);
    let some = some.chain(around(1)).chain(around(2)).chain(end).collect();
    vec![(small, all), (large, some)]
}

#[test]
fn a_log_that_is_cut_anywhere_says_how_long_it_is() {
    for (whole, places) in places() {
        let expected = read(&whole).expect("whole");
        for length in places {
            let error = read(&whole[..length]).expect_err("it is cut");
            assert!(
                matches!(error, LogError::Cut { at } if at == length as u64),
                "{length}: {error}"
            );
            // What is whole before that is given first.
            if let Ok(log) = Log::read(&whole[..length]) {
                let first: Vec<Record> = log.records().map_while(Result::ok).collect();
                assert_eq!(first, expected[..first.len()]);
                assert!(log.records().last().expect("an error").is_err());
            }
        }
    }
}

#[test]
fn a_byte_that_is_changed_anywhere_is_noticed_at_or_before_it() {
    for (whole, places) in places() {
        for place in places {
            for flip in [0x01, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[place] ^= flip;
                match read(&bytes).expect_err("it is damaged") {
                    LogError::NotALog => assert!(place < 8),
                    LogError::Format(_) => assert!((8..12).contains(&place)),
                    LogError::Damaged { at, .. } => assert!(at <= place as u64),
                    // A length that is wrong.
                    LogError::Cut { at } => assert_eq!(at, bytes.len() as u64),
                    other => panic!("{place}: {other}"),
                }
            }
        }
    }
}

#[test]
fn bytes_behind_the_end_are_noticed() {
    let mut bytes = log_of(3);
    let length = bytes.len() as u64;
    bytes.push(0);
    let error = read(&bytes).expect_err("a byte more");
    assert!(matches!(error, LogError::Damaged { at, .. } if at == length));
    let text =
        format!("the decision log is damaged at byte {length}: bytes follow the end of the log");
    assert_eq!(error.to_string(), text);
}

/// Blocks that change places, or are left out, have hashes that are right for other places only.
#[test]
fn blocks_that_are_left_out_are_noticed() {
    let bytes = log_of(7_000);
    let length = |at: usize| {
        let bytes = bytes[at..at + 4].try_into().expect("four bytes");
        u32::from_le_bytes(bytes) as usize + 12
    };
    let first = 12 + length(12);
    let second = first + length(first);
    let without = [&bytes[..first], &bytes[second..]].concat();
    let error = read(&without).expect_err("a block is missing");
    assert!(matches!(error, LogError::Damaged { at, .. } if at == first as u64));
}

#[test]
fn a_newer_format_says_so() {
    let mut bytes = log_of(1);
    bytes[8] = 3;
    let error = read(&bytes).expect_err("of the future");
    assert!(matches!(error, LogError::Format(3)));
    assert!(error.to_string().contains("version 3"), "{error}");
}

#[test]
fn what_cannot_be_opened_is_named() {
    let error = Log::open("/there/is/none.log").expect_err("no file");
    assert!(
        matches!(&error, LogError::Open { path, .. } if path.ends_with("none.log")),
        "{error}"
    );
    assert!(error.to_string().contains("/there/is/none.log"), "{error}");
    // A directory is opened, and cannot be read.
    assert!(Log::open("/").is_err());
}

proptest! {
    /// Whatever follows a right beginning, or nothing right at all.
    #[test]
    fn any_bytes_are_an_error(bytes: Vec<u8>, kept in 0usize..200) {
        prop_assert!(read(&bytes).is_err());
        let mut mixed = log_of(3);
        mixed.truncate(kept);
        if mixed.len() == kept {
            mixed.extend(&bytes);
            let _ = read(&mixed);
        }
    }
}
