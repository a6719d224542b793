//! Clocks: what holds whatever the time is.

use serde_json::{Value, json};

use super::over_both_drivers;
use super::world::World;

over_both_drivers!(
    the_monotonic_clock_never_goes_back,
    the_wall_clock_has_a_date,
    sleeps_are_never_short,
    each_timer_of_a_poll_fires_once,
    times_that_never_come_and_times_that_are_past,
    a_program_of_the_standard_library_sleeps,
    preview_1_waits_for_clocks,
);

fn number(world: &World, method: &str, arguments: &[Value]) -> u64 {
    let value = world.call(method, arguments).expect("no trap");
    value.as_u64().expect("a number")
}

fn the_monotonic_clock_never_goes_back(world: &World) {
    let checked = world.call("monotonic-check", &[json!(3000)]);
    assert_eq!(checked, Ok(json!(true)));
    assert!(number(world, "monotonic-resolution", &[]) > 0);
}

fn the_wall_clock_has_a_date(world: &World) {
    let now = || -> (u64, u32) {
        let now = world.call("wall-now", &[]).expect("no trap");
        serde_json::from_value(now).expect("a time")
    };
    // Simulations begin at the turn of the century.
    assert!(now().0 > 946_684_800, "{:?}", now());
    assert!(now().1 < 1_000_000_000);
    let resolution = world.call("wall-resolution", &[]).expect("no trap");
    assert_ne!(resolution, json!([0, 0]));
}

fn sleeps_are_never_short(world: &World) {
    let slept = number(world, "sleep-series", &[json!([300, 0, 1, 700])]);
    assert!(slept >= 1_001_000, "{slept}");
    // The guest traps where one ends early.
    let over = world.call("overshoot", &[json!(200), json!(5)]);
    let over = over.expect("none was early");
    assert_eq!(over.as_array().map(Vec::len), Some(5));
}

/// Their order is that of their deadlines; a machine that is late has several in one answer.
fn each_timer_of_a_poll_fires_once(world: &World) {
    let fired = world.call("sleep-poll", &[json!([900, 0, 300, 300, 5])]);
    let mut fired: Vec<u32> = serde_json::from_value(fired.expect("no trap")).expect("a list");
    if world.is_simulated() {
        assert_eq!(fired, [1, 4, 2, 3, 0]);
    }
    fired.sort_unstable();
    assert_eq!(fired, [0, 1, 2, 3, 4]);
}

fn times_that_never_come_and_times_that_are_past(world: &World) {
    assert_eq!(world.call("forever", &[]), Ok(json!(true)));
}

fn a_program_of_the_standard_library_sleeps(world: &World) {
    let ended = world.run(&["ticker", "1", "3"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 3);
    for (line, number) in lines.iter().zip(1..) {
        let prefix = format!("tick {number} of 3, ");
        assert!(line.starts_with(&prefix), "{line}");
    }
    let ended = world.run(&["ticker"]);
    assert_eq!(ended.code, 1);
    assert_eq!(ended.stderr, "usage: ticker PERIOD-MS TIMES\n");
}

/// Three clocks through `poll_oneoff`: the shortest ends it, and is the one event.
fn preview_1_waits_for_clocks(world: &World) {
    let hour = 3_600_000_000_000u64;
    let mut lines = Vec::new();
    for (index, timeout) in [hour, 2_000_000, hour].into_iter().enumerate() {
        let at = index * 48;
        lines.push(format!("put64 {at} {}", index + 70));
        lines.push(format!("put64 {} 0", at + 8));
        lines.push(format!("put32 {} 1", at + 16));
        lines.push(format!("put64 {} {timeout}", at + 24));
        lines.push(format!("put64 {} 0", at + 40));
    }
    lines.push("raw poll_oneoff @0 @4096 3 @8192".to_owned());
    // The number of events; of the first its user data, its error and its kind.
    lines.extend(["u32 8192", "u64 4096", "u16 4104", "u8 4106"].map(str::to_owned));
    let lines: Vec<String> = lines.iter().map(|line| line.replace(' ', "\t")).collect();
    let answers = world.lines("script", &[json!(lines)]);
    assert_eq!(answers[15..], ["0", "1", "71", "0", "0"]);
}
