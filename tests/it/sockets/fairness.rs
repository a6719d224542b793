//! Guests that find something to do whenever they ask, and others beside them.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::{Value, json};

use super::Guest;

/// How often a task beside a call ran, and what the call gave.
fn turns_beside(guest: &Guest, method: &str, rounds: u32) -> (u32, Result<Value, String>) {
    guest.call(method, &[json!(0)]).expect("compiled");
    let (handle, turns) = (guest.dispatcher.handle(), Rc::new(Cell::new(0)));
    let count = turns.clone();
    let beside = guest.dispatcher.spawn(async move {
        while handle.yield_now().await.is_ok() {
            count.set(count.get() + 1);
        }
    });
    let result = guest.call(method, &[json!(rounds)]);
    drop(beside);
    (turns.get(), result)
}

/// Datagrams are moved on the dispatcher's thread: who does nothing else gives way by their bytes,
/// not by its calls.
#[test]
fn a_flood_of_datagrams_lets_others_run() {
    let (turns, result) = turns_beside(&Guest::new(), "udp-flood", 40);
    assert_eq!(result, Ok(json!({ "ok": 40 * 8 * 8192 })));
    assert!(turns >= 20, "{turns} turns");
}

#[test]
fn opening_and_closing_lets_others_run() {
    let (turns, result) = turns_beside(&Guest::new(), "open-and-close", 500);
    assert_eq!(result, Ok(Value::Null));
    assert!(turns >= 20, "{turns} turns");
}

#[test]
fn connections_that_come_and_go_let_others_run() {
    let (turns, result) = turns_beside(&Guest::new(), "churn", 200);
    assert_eq!(result, Ok(json!({ "ok": 200 })));
    assert!(turns >= 20, "{turns} turns");
}
