//! A poll over a timer and input says which came first.

use std::io::{Read, Write, pipe};
use std::time::Duration;

use wippy::stdio::PipeWriter;
use wippy::stdio::Stdio;
use wippy::stdio::{InputSource, Sink};

use super::{project, run, start, streams};
use crate::support::{live, simulated};

/// What `stdin-race` prints over a real pipe.
fn race(milliseconds: &str, sent: Option<&[u8]>, stays_open: bool) -> String {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let (stdin, mut feed) = pipe().expect("a pipe");
    let (mut printed, stdout) = pipe().expect("a pipe");
    feed.write_all(sent.unwrap_or_default()).expect("a reader");
    let feed = Some(feed).filter(|_| stays_open);
    let stdio = streams(&dispatcher, Some(stdin.into()), Some(stdout.into()), None);
    assert_eq!(
        run(&dispatcher, &runtime, stdio, &["stdin-race", milliseconds]),
        0
    );
    drop(feed);
    let mut text = String::new();
    printed.read_to_string(&mut text).expect("text");
    text
}

#[test]
fn a_poll_over_a_timer_and_input_says_which_came_first() {
    const HOUR: &str = "3600000";
    assert_eq!(race("1", None, true), "0 timer\n");
    assert_eq!(race(HOUR, Some(b"hello"), true), "1 stdin: hello\n");
    assert_eq!(race(HOUR, None, false), "1 stdin closed\n");
}

/// The same in virtual time: the input's turn comes so many microseconds after the start of a
/// timer of ten milliseconds.
fn simulated_race(
    after: Option<u64>,
    event: impl FnOnce(PipeWriter) -> Option<PipeWriter>,
) -> (String, Duration) {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let runtime = project().load(&dispatcher);
    let make = || wippy::stdio::pipe(&handle, 4096).expect("a pipe");
    let ((stdin, feed), (printed, stdout), (_, stderr)) = (make(), make(), make());
    let stdio = Stdio::new(
        InputSource::Pipe(stdin),
        Sink::Pipe(stdout),
        Sink::Pipe(stderr),
    );
    dispatcher
        .block_on(async {
            let entry = runtime
                .registry()
                .command("stdin-race")
                .expect("an entry")
                .clone();
            runtime
                .prepare(&entry.id.to_string())
                .await
                .expect("compiled");
            let begun = handle.now().expect("a clock");
            let task = start(&dispatcher, &runtime, stdio, &["stdin-race", "10"]);
            let feed = match after {
                Some(microseconds) => {
                    handle
                        .sleep(Duration::from_micros(microseconds))
                        .await
                        .expect("sleep");
                    event(feed)
                }
                None => Some(feed),
            };
            task.await.expect("not cancelled");
            drop(feed);
            let text = printed.next(4096).await.expect("a pipe").expect("text");
            (
                String::from_utf8(text).expect("text"),
                handle.now().expect("a clock") - begun,
            )
        })
        .expect("no deadlock")
}

#[test]
fn in_virtual_time_the_first_of_timer_and_input_ends_the_poll() {
    let write = |feed: PipeWriter| {
        feed.write(b"early").expect("a reader");
        Some(feed)
    };
    let ten = Duration::from_millis(10);
    assert_eq!(simulated_race(None, Some), ("0 timer\n".to_owned(), ten));
    assert_eq!(
        simulated_race(Some(9_999), write),
        ("1 stdin: early\n".to_owned(), Duration::from_micros(9_999))
    );
    assert_eq!(simulated_race(Some(9_999), |_| None).0, "1 stdin closed\n");
    assert_eq!(simulated_race(Some(10_001), |_| None).0, "0 timer\n");
}
