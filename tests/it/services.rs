//! Services: processes that `wippy run` starts, keeps running and stops.

#[path = "services_signals.rs"]
mod signals;

use std::fmt::Display;
use std::time::Duration;

use wippy::services::{Ended, Plan, supervise};
use wippy::stdio::{InputSource, PipeReader, Sink, Stdio, pipe};
use wippy_dispatcher::{Dispatcher, Event};

use crate::support::{Project, hash_of, live, simulated};

/// The processes that services are made of, and the two kinds of hosts.
fn project() -> Project {
    let mut project = Project::new();
    project.entry("terminal", "terminal.host", &[]);
    project.entry("host", "process.host", &[]);
    project.command("exits", "exits", "[wasi:cli]", &[]);
    project.command("args", "args", "[wasi:cli, wasi:io]", &[]);
    let hash = hash_of("sleeper");
    let fields: [(&str, &dyn Display); 5] = [
        ("fs", &"guests"),
        ("path", &"sleeper.wasm"),
        ("hash", &hash),
        ("method", &"sleep-series"),
        ("imports", &"[wasi:clocks, wasi:io]"),
    ];
    project.entry("sleeper", "process.wasm", &fields);
    project
}

/// Adds a service that is started with the project; `lifecycle` is what stands beside that.
fn service(project: &mut Project, name: &str, process: &str, input: &str, lifecycle: &str) {
    let lifecycle = format!("{{auto_start: true{lifecycle}}}");
    let fields: [(&str, &dyn Display); 4] = [
        ("process", &process),
        ("host", &"terminal"),
        ("input", &input),
        ("lifecycle", &lifecycle),
    ];
    project.entry(name, "process.service", &fields);
}

/// What a supervised project left: how its services ended, after how long, and what they printed.
struct Kept {
    ended: Vec<(String, Ended)>,
    after: Duration,
    printed: String,
}

/// Keeps the services running in virtual time, until they have ended or `stop` has passed.
fn keep(project: &Project, stop: Option<Duration>) -> Kept {
    keep_on(&simulated(), project, stop)
}

fn keep_on(dispatcher: &Dispatcher, project: &Project, stop: Option<Duration>) -> Kept {
    let handle = dispatcher.handle();
    let runtime = project.load(dispatcher);
    let (reader, writer) = pipe(&handle, 1 << 16).expect("a pipe");
    let stdio = Stdio::new(
        InputSource::Empty,
        Sink::Pipe(writer),
        Sink::Pipe(pipe(&handle, 1 << 16).expect("a pipe").1),
    );
    let stopped = Event::new(&handle).expect("an event");
    if let Some(stop) = stop {
        let (handle, stopped) = (handle.clone(), stopped.clone());
        let stopping = async move {
            handle.sleep(stop).await.expect("a sleep");
            stopped.set();
        };
        dispatcher.spawn(stopping).expect("a task").detach();
    }
    let plan = Plan::new(runtime.registry()).expect("a plan");
    let begun = handle.now().expect("the time");
    let ended = dispatcher
        .block_on(supervise(&runtime, plan, stdio, &stopped))
        .expect("no deadlock")
        .expect("a running dispatcher");
    Kept {
        ended: ended.into_iter().map(|(id, end)| (id.name, end)).collect(),
        after: handle.now().expect("the time") - begun,
        printed: read(&reader),
    }
}

fn read(reader: &PipeReader) -> String {
    let bytes = reader.read(1 << 16).unwrap_or_default();
    String::from_utf8(bytes).expect("text")
}

fn ended(name: &str, end: Ended) -> Vec<(String, Ended)> {
    vec![(name.to_owned(), end)]
}

/// Yields cost virtual microseconds; services wait for seconds.
fn assert_seconds(after: Duration, seconds: u64) {
    let from = Duration::from_secs(seconds);
    assert!(
        from <= after && after < from + Duration::from_millis(50),
        "{after:?}"
    );
}

#[test]
fn a_service_that_fails_is_started_again_until_its_attempts_are_used_up() {
    let mut project = project();
    let restart =
        ", restart: {initial_delay: 1s, backoff_factor: 3, max_delay: 5s, max_attempts: 3}";
    service(&mut project, "failing", "exits", "[code, 3]", restart);
    let kept = keep(&project, None);
    assert_eq!(
        kept.ended,
        ended("failing", Ended::Failed("status 3".to_owned()))
    );
    // 1 s, 3 s, and 5 s rather than 9.
    assert_seconds(kept.after, 9);
}

#[test]
fn a_service_that_is_done_is_not_started_again() {
    let mut project = project();
    service(&mut project, "done", "exits", "[ok]", "");
    let kept = keep(&project, None);
    assert_eq!(kept.ended, ended("done", Ended::Done));
    assert_seconds(kept.after, 0);
}

#[test]
fn its_input_is_the_words_of_a_command_or_the_values_of_a_function() {
    let mut project = project();
    service(&mut project, "words", "args", "[one, 2, {three: [4]}]", "");
    let kept = keep(&project, None);
    assert_eq!(kept.ended, ended("words", Ended::Done));
    let expected = "arg 0: args\narg 1: one\narg 2: 2\narg 3: {\"three\":[4]}\n";
    assert!(kept.printed.starts_with(expected), "{}", kept.printed);

    let mut project = self::project();
    service(
        &mut project,
        "values",
        "sleeper",
        "[[1000000, 2000000]]",
        "",
    );
    let kept = keep(&project, None);
    // A number is a status, and 3,000,000,000 ns is none.
    assert_eq!(kept.ended, ended("values", Ended::Done));
    assert_seconds(kept.after, 3);
}

#[test]
fn a_service_starts_behind_what_it_depends_on_and_not_without_it() {
    let mut project = project();
    service(
        &mut project,
        "third",
        "args",
        "[third]",
        ", depends_on: [second]",
    );
    service(
        &mut project,
        "second",
        "args",
        "[second]",
        ", depends_on: [first]",
    );
    service(&mut project, "first", "args", "[first]", "");
    let printed = keep(&project, None).printed;
    let at = |word: &str| printed.find(&format!("arg 1: {word}\n")).expect(word);
    assert!(
        at("first") < at("second") && at("second") < at("third"),
        "{printed}"
    );

    // Its start takes longer than it may: no compiler needs 0 ns.
    let mut project = self::project();
    let lifecycle = ", start_timeout: 0s, restart: {initial_delay: 1ms, max_attempts: 1}";
    service(&mut project, "slow", "args", "[slow]", lifecycle);
    service(
        &mut project,
        "waiting",
        "args",
        "[waiting]",
        ", depends_on: [slow]",
    );
    let kept = keep_on(&live(), &project, None);
    let text = |name: &str| {
        let end = kept.ended.iter().find(|(ended, _)| ended == name);
        match end {
            Some((_, Ended::Failed(text))) => text.clone(),
            other => panic!("{name}: {other:?}"),
        }
    };
    assert_eq!(text("slow"), "not ready within its start_timeout of 0ns");
    assert_eq!(
        text("waiting"),
        "it depends on test:slow, which did not start"
    );
    assert_eq!(kept.printed, "");
}

#[test]
fn a_stop_ends_what_still_runs_at_once() {
    let mut project = project();
    service(&mut project, "hour", "sleeper", "[[3600000000]]", "");
    service(
        &mut project,
        "failing",
        "exits",
        "[err]",
        ", restart: {initial_delay: 1h}",
    );
    service(&mut project, "done", "exits", "[ok]", "");
    let kept = keep(&project, Some(Duration::from_secs(10)));
    assert_eq!(kept.ended, ended("done", Ended::Done));
    assert_seconds(kept.after, 10);
}
