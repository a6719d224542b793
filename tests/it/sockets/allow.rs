//! `wasi.network.allow`.

use std::fmt::Display;
use std::net::{Ipv4Addr, TcpListener};

use serde_json::{Value, json};
use wippy::Arguments;

use super::IMPORTS;
use crate::support::{Project, live};

/// Entries over one guest with rules of their own, each for one function.
struct Asked {
    project: Project,
    names: Vec<(String, Vec<Value>)>,
}

impl Asked {
    fn new() -> Asked {
        Asked {
            project: Project::new(),
            names: Vec::new(),
        }
    }

    fn ask(&mut self, rules: &str, method: &str, arguments: &[Value]) {
        let name = format!("ask-{}", self.names.len());
        let wasi = format!("{{network: {{allow: {rules}}}}}");
        let path = format!("sockets#{method}");
        let fields: [(&str, &dyn Display); 1] = [("wasi", &wasi)];
        self.project
            .function(&name, "sockets", &path, IMPORTS, &fields);
        self.names.push((name, arguments.to_vec()));
    }

    fn may(&mut self, rules: &str, what: &str, last: u8, port: u16) {
        self.ask(rules, "may", &[json!(what), json!(last), json!(port)]);
    }

    /// What they answer, in order.
    fn answers(&self) -> Vec<Value> {
        let dispatcher = live();
        let runtime = self.project.load(&dispatcher);
        let call = |(name, arguments): &(String, Vec<Value>)| {
            dispatcher
                .block_on(runtime.call(name, Arguments::Json(arguments)))
                .expect("no deadlock")
                .expect("a value")
        };
        self.names.iter().map(call).collect()
    }
}

/// What one of them answers.
pub(super) fn answer(rules: &str, method: &str, arguments: &[Value]) -> Value {
    let mut asked = Asked::new();
    asked.ask(rules, method, arguments);
    asked.answers().swap_remove(0)
}

#[test]
fn connecting_sending_and_binding_need_a_rule_each() {
    let peer = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = peer.local_addr().expect("an address").port();
    let bind = "'udp-bind:127.0.0.1:0'";
    let cases = [
        ("[]", "tcp", 1, "access-denied"),
        (&format!("['tcp:127.0.0.1:{port}']"), "tcp", 1, "ok"),
        (
            &format!("['tcp:127.0.0.1:{port}']"),
            "tcp",
            2,
            "access-denied",
        ),
        (&format!("['tcp:127.0.0.0/8:{port}']"), "tcp", 1, "ok"),
        ("['tcp:127.0.0.1:1']", "tcp", 1, "access-denied"),
        ("['udp:*:*']", "tcp", 1, "access-denied"),
        (&format!("[{bind}, 'udp:*:{port}']"), "udp", 1, "ok"),
        (
            &format!("[{bind}, 'udp:127.0.0.2:*']"),
            "udp",
            1,
            "access-denied",
        ),
        (
            &format!("[{bind}, 'udp:127.0.0.2:*']"),
            "udp-connected",
            1,
            "access-denied",
        ),
        (
            &format!("[{bind}, 'udp:127.0.0.2:*']"),
            "udp-connected",
            2,
            "ok",
        ),
        ("['udp:*:*']", "udp", 1, "access-denied"),
        ("['tcp:*:*', 'udp:*:*']", "tcp-bind", 1, "access-denied"),
        ("['tcp-bind:127.0.0.2:*']", "tcp-bind", 2, "ok"),
        ("['tcp-bind:127.0.0.2:*']", "tcp-bind", 1, "access-denied"),
        ("['udp-bind:*:0']", "udp-bind", 1, "access-denied"),
    ];
    let mut asked = Asked::new();
    for (rules, what, last, expected) in cases {
        let port = if what.ends_with("-bind") && expected == "ok" {
            0
        } else {
            port
        };
        asked.may(rules, what, last, port);
    }
    for (answer, case) in asked.answers().iter().zip(cases) {
        assert_eq!(answer, case.3, "{case:?}");
    }
}

#[test]
fn a_name_needs_a_rule_and_a_rule_of_a_host_permits_what_its_lookup_returned() {
    // Without IPv6 in the server, an address of that family is refused by nobody but the peer.
    let peer = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = peer.local_addr().expect("an address").port();
    let rule = format!("['tcp:localhost:{port}']");
    let look = [json!("localhost")];
    let go = [json!("localhost"), json!(port)];
    let mut asked = Asked::new();
    asked.ask("['dns:example.com']", "look-up", &look);
    asked.ask("['dns:*']", "look-up", &look);
    asked.ask(&rule, "look-up", &look);
    asked.ask("['dns:localhost']", "look-up-and-connect", &go);
    asked.ask(&rule, "look-up-and-connect", &go);
    asked.may(&rule, "tcp", 1, port);
    let answers = asked.answers();
    assert_eq!(answers[0], json!(["access-denied"]));
    assert_eq!(answers[1][0], "later");
    assert_eq!(answers[2][0], "later");
    // A right to look up is no right to connect.
    let denied = answers[3].as_array().expect("outcomes");
    assert!(!denied.is_empty() && denied.iter().all(|outcome| outcome == "access-denied"));
    let reached = answers[4].as_array().expect("outcomes");
    assert!(reached.contains(&json!("ok")), "{reached:?}");
    assert!(!reached.contains(&json!("access-denied")), "{reached:?}");
    // The same address without the lookup, in a call of its own.
    assert_eq!(answers[5], "access-denied");
}
