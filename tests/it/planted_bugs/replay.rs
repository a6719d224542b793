//! The log of a run in which a bug shows.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use wippy_dispatcher::sim::{Log, Picker};

use super::split_decision::BUG;

/// Bytes that a log is written to, and that are looked at afterwards.
#[derive(Clone, Default)]
struct Bytes(Arc<Mutex<Vec<u8>>>);

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Bytes {
    fn log(&self) -> Log {
        let bytes = self.0.lock().expect("no panic").clone();
        Log::read(bytes.as_slice()).expect("a log")
    }
}

/// It is the same run again; the program without the bug leaves it at a record that can be read.
#[test]
fn the_log_of_a_failure_is_replayed_and_tells_the_mended_program_from_it() {
    let found = BUG.search(0, 1_000, Picker::Uniform).expect("it shows");
    let written = Bytes::default();
    let sink = written.clone();
    let logged = BUG.with_settings(found.seed, "buggy", |it| it.log(sink));
    assert_eq!(logged, Err(found.reason.clone()));
    let log = written.log();
    assert!(log.records().count() > 100);

    let again = BUG.with_settings(found.seed, "buggy", |it| it.replay(written.log()));
    assert_eq!(again, Err(found.reason));

    let mended = BUG.with_settings(found.seed, "fixed", |it| it.replay(written.log()));
    let difference = mended.expect_err("it does something else");
    assert!(difference.contains("record "), "{difference}");
    println!("{difference}");
}
