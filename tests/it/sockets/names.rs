//! Lookups.

use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::json;
use wippy::Arguments;
use wippy_dispatcher::Dispatcher;

use super::{Guest, IMPORTS};
use crate::support::Project;

#[test]
fn a_numeric_address_is_its_own_answer_at_once() {
    let guest = Guest::new();
    assert_eq!(
        guest.lines("look-up", &[json!("10.1.2.3")]),
        ["at once", "10.1.2.3"]
    );
    assert_eq!(
        guest.lines("look-up", &[json!("2001:db8::7")]),
        ["at once", "2001:db8:0:0:0:0:0:7"]
    );
}

#[test]
fn a_name_is_looked_up_meanwhile() {
    let guest = Guest::new();
    let answer = guest.lines("look-up", &[json!("localhost")]);
    let (first, addresses) = answer.split_first().expect("an answer");
    assert_eq!(first, "later");
    assert!(!addresses.is_empty());
    for address in addresses {
        assert!(
            address.starts_with("127.") || address == "0:0:0:0:0:0:0:1",
            "{address}"
        );
    }
}

#[test]
fn what_is_no_name_is_an_invalid_argument() {
    let guest = Guest::new();
    let (label, long) = ("a".repeat(64), "a.".repeat(150));
    let umlauts = "\u{fc}".repeat(300);
    for name in [
        "",
        ".",
        "..",
        "a b",
        "a..b",
        "a..",
        "\u{3002}",
        "127.0.0.1:80",
        "[::1]:80",
        "fe80::1%lo",
        "a\u{0}b",
        &label,
        &long,
        &umlauts,
    ] {
        let answer = guest.lines("look-up", &[json!(name)]);
        assert_eq!(answer, ["invalid-argument"], "{name:?}");
    }
}

/// Short forms of IPv4 are the resolver's business: they need the right to ask it, which a rule of
/// addresses does not give.
#[test]
fn a_short_form_of_an_address_is_a_lookup() {
    let guest = Guest::new();
    for name in ["127.1", "0x7f000001"] {
        let answer = guest.lines("look-up", &[json!(name)]);
        let known = [
            "127.0.0.1",
            "name-unresolvable",
            "temporary-resolver-failure",
        ];
        let last = answer.last().expect("a line");
        assert!(known.contains(&last.as_str()), "{name}: {answer:?}");
    }
    let denied = super::allow::answer("['tcp:127.0.0.1:*']", "look-up", &[json!("127.1")]);
    assert_eq!(denied, json!(["access-denied"]));
    let known = super::allow::answer("['tcp:10.0.0.1:*']", "look-up", &[json!("127.0.0.1")]);
    assert_eq!(known, json!(["at once", "127.0.0.1"]));
}

/// `invalid.` exists nowhere; a machine without a resolver cannot say so.
#[test]
fn a_name_that_nobody_has_is_unresolvable_in_any_script() {
    let guest = Guest::new();
    for name in ["no-such-host.invalid", "bücher.invalid"] {
        let answer = guest.lines("look-up", &[json!(name)]);
        assert!(
            answer == ["name-unresolvable"] || answer == ["temporary-resolver-failure"],
            "{answer:?}"
        );
    }
}

/// Names that begin with `slow`, and whether they are answered by now.
#[derive(Default)]
struct Slow {
    state: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Slow {
    fn resolve(&self, name: &str) -> Vec<IpAddr> {
        let mut state = self.state.lock().expect("lock");
        if name.starts_with("slow") {
            state.0 += 1;
            self.changed.notify_all();
            // Longer than all else takes, and no hang.
            let too_long = Duration::from_secs(30);
            let waited = self
                .changed
                .wait_timeout_while(state, too_long, |state| !state.1);
            drop(waited.expect("lock"));
        }
        vec![IpAddr::from([127, 0, 0, 7])]
    }

    fn asked(&self) -> usize {
        self.state.lock().expect("lock").0
    }

    fn answer(&self) {
        self.state.lock().expect("lock").1 = true;
        self.changed.notify_all();
    }
}

/// Twenty calls wait for a name each: of one entry, and of twenty.
#[test]
fn names_that_nobody_answers_stop_no_other_lookup() {
    for entries in [1, 20] {
        let slow = Arc::new(Slow::default());
        let resolver = slow.clone();
        let dispatcher = Dispatcher::builder()
            .resolver(move |name| Ok(resolver.resolve(name)))
            .build()
            .expect("a dispatcher");
        let mut project = Project::new();
        for entry in 0..=entries {
            let name = format!("look-up-{entry}");
            project.function(&name, "sockets", "sockets#look-up", IMPORTS, &[]);
        }
        let runtime = project.load(&dispatcher);
        let look_up = |entry: usize, name: String| {
            let runtime = runtime.clone();
            async move {
                let (entry, arguments) = (format!("look-up-{entry}"), [json!(name)]);
                let called = runtime.call(&entry, Arguments::Json(&arguments)).await;
                called.expect("an answer")
            }
        };
        let waiting: Vec<_> = (0..20)
            .map(|call| {
                let lookup = look_up(call % entries, format!("slow{call}.test"));
                dispatcher.spawn(lookup).expect("a task")
            })
            .collect();
        for _ in 0..10_000 {
            if slow.asked() == 20 {
                break;
            }
            let moment = Some(Duration::from_millis(1));
            dispatcher.turn(moment).expect("a turn");
        }
        assert_eq!(slow.asked(), 20, "all are asked for at once");
        // Of an entry whose calls wait, and of another.
        for entry in [0, entries] {
            let fast = look_up(entry, "fast.test".to_owned());
            let answer = dispatcher.block_on(fast).expect("no deadlock");
            assert_eq!(answer, json!(["later", "127.0.0.7"]));
        }
        assert!(waiting.iter().all(|task| !task.is_finished()));
        slow.answer();
        for task in waiting {
            let answer = dispatcher.block_on(task).expect("no deadlock");
            let answer = answer.expect("not cancelled");
            assert_eq!(answer, json!(["later", "127.0.0.7"]));
        }
    }
}
