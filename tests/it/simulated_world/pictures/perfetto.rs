//! The trace-event format.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};
use wippy_dispatcher::sim::Fate;

use super::drawn;

type Event = Map<String, Value>;

/// A number of microseconds, in nanoseconds; by its digits, so that nothing is rounded.
fn nanos(event: &Event, key: &str) -> u64 {
    let micros = event[key].as_f64().expect("a number");
    let nanos = (micros * 1e3).round();
    assert!(
        (micros * 1e3 - nanos).abs() < 1e-3,
        "{micros} is no nanoseconds"
    );
    nanos as u64
}

fn text<'a>(event: &'a Event, key: &str) -> &'a str {
    event[key].as_str().expect("text")
}

fn thread(event: &Event) -> (u64, u64) {
    let number = |key: &str| event[key].as_u64().expect("a number");
    (number("pid"), number("tid"))
}

fn events(text: &str) -> Vec<Event> {
    let trace: Value = serde_json::from_str(text).expect("JSON");
    let events = trace["traceEvents"].as_array().expect("events").iter();
    events
        .map(|event| event.as_object().expect("an event").clone())
        .collect()
}

#[test]
fn slices_follow_one_another_and_flows_are_within_them() {
    let picture = drawn();
    let events = events(&picture.perfetto());
    let timed: Vec<&Event> = events.iter().filter(|it| text(it, "ph") != "M").collect();
    assert!(
        timed.is_sorted_by_key(|event| nanos(event, "ts")),
        "in the order of times"
    );

    // Of a thread's slices one begins when that before it has ended, or within it.
    let mut slices: HashMap<(u64, u64), Vec<(u64, u64)>> = HashMap::new();
    for event in timed.iter().filter(|it| text(it, "ph") == "X") {
        let (from, length) = (nanos(event, "ts"), nanos(event, "dur"));
        assert!(length > 0, "{event:?}");
        slices
            .entry(thread(event))
            .or_default()
            .push((from, from + length));
    }
    for of_thread in slices.values() {
        let mut open: Vec<u64> = Vec::new();
        for &(from, until) in of_thread {
            open.retain(|end| *end > from);
            assert!(
                open.iter().all(|end| *end >= until),
                "{from} to {until} crosses another"
            );
            open.push(until);
        }
    }

    let mut flows: HashMap<u64, Vec<(&str, u64)>> = HashMap::new();
    for event in timed
        .iter()
        .filter(|it| matches!(text(it, "ph"), "s" | "f"))
    {
        let at = nanos(event, "ts");
        let around = slices.get(&thread(event)).into_iter().flatten();
        let is_around = around
            .clone()
            .any(|(from, until)| (*from..*until).contains(&at));
        assert!(is_around, "no slice has this end of a flow: {event:?}");
        let id = event["id"].as_u64().expect("a number");
        flows.entry(id).or_default().push((text(event, "ph"), at));
    }
    let arrive = picture.messages.iter().filter(|message| {
        let Fate::Arrives(at) = message.fate else {
            return false;
        };
        at <= picture.end
    });
    assert_eq!(flows.len(), arrive.count());
    assert!(flows.len() > 50, "{}", flows.len());
    for flow in flows.values() {
        assert!(
            matches!(flow[..], [("s", sent), ("f", arrives)] if sent < arrives),
            "{flow:?}"
        );
    }
}

#[test]
fn everything_has_a_name_and_nothing_is_lost() {
    let picture = drawn();
    let events = events(&picture.perfetto());
    let of_kind = |kind: &str| {
        events
            .iter()
            .filter(move |it| text(it, "ph") == kind)
            .collect::<Vec<_>>()
    };
    let names = of_kind("M");
    let named: HashSet<(u64, u64)> = names.iter().map(|event| thread(event)).collect();
    for event in &events {
        assert!(
            named.contains(&thread(event)),
            "a thread without a name: {event:?}"
        );
    }
    let processes = names.iter().filter(|it| text(it, "name") == "process_name");
    let processes: Vec<&str> = processes
        .map(|it| it["args"]["name"].as_str().expect("text"))
        .collect();
    assert_eq!(
        processes,
        ["faults", "default", "server", "client", "writer"]
    );

    let instants: Vec<&str> = of_kind("i").iter().map(|it| text(it, "name")).collect();
    for wanted in [
        "partition client | server",
        "crash writer drawn",
        "restart writer",
    ] {
        assert!(instants.contains(&wanted), "{wanted}: {instants:?}");
    }
    let lost = picture
        .messages
        .iter()
        .filter(|it| !matches!(it.fate, Fate::Arrives(_)));
    let lost_here = instants
        .iter()
        .filter(|it| it.ends_with("is lost") || it.ends_with("is kept by a partition"));
    assert_eq!(lost_here.count(), lost.count());
    let output = instants
        .iter()
        .find(|it| it.starts_with("stdout: </script>"));
    assert!(output.is_some(), "{instants:?}");

    // Each run is in a slice of its task, each wait that can be seen is one.
    let slices = of_kind("X");
    let records = slices
        .iter()
        .filter_map(|it| it["args"]["records"].as_array());
    let runs: usize = records.map(Vec::len).sum();
    assert_eq!(
        runs,
        picture
            .tasks
            .iter()
            .map(|task| task.runs.len())
            .sum::<usize>()
    );
    let waits = slices.iter().filter_map(|it| it["args"]["for"].as_str());
    let seen = picture.tasks.iter().flat_map(|task| &task.waits);
    let seen = seen.filter(|wait| (wait.until - wait.from).as_nanos() > 1);
    assert_eq!(waits.count(), seen.count());
    assert!(
        slices
            .iter()
            .any(|it| text(it, "name").starts_with("waits for"))
    );
}
