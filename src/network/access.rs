//! What one call may reach, and what it was refused.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use super::allow::{Allow, LookedUp};
use super::rule::Protocol;
use crate::one_line::OneLine;

/// How many refused targets of one call are warned of. Later ones are logged for debugging only.
const WARNINGS_MAX: usize = 16;

/// What a call may reach. What is refused is logged with the rule that would permit it: a guest
/// sees only `access-denied`, and often hides that too.
#[derive(Clone, Debug)]
pub struct NetworkAccess {
    allow: Allow,
    /// The entry's ID.
    entry: String,
    /// The rules are options of the command line rather than the entry's `network.allow`.
    by_options: bool,
    /// The rules that would permit what was warned of.
    warned: BTreeSet<String>,
}

impl NetworkAccess {
    /// What these rules permit to a call of an entry.
    pub fn new(allow: Allow, entry: impl Into<String>, by_options: bool) -> NetworkAccess {
        NetworkAccess {
            allow,
            entry: entry.into(),
            by_options,
            warned: BTreeSet::new(),
        }
    }

    /// Whether a socket may connect or send to an address.
    pub fn reaches(&mut self, protocol: Protocol, remote: SocketAddr, known: &LookedUp) -> bool {
        self.allow.reaches(protocol, remote, known)
            || self.refuse(|| format!("{protocol}:{remote}"))
    }

    /// Whether a socket may be bound to an address; port 0 is a port of its own here.
    pub fn binds(&mut self, protocol: Protocol, local: SocketAddr) -> bool {
        self.allow.binds(protocol, local) || self.refuse(|| format!("{protocol}-bind:{local}"))
    }

    /// Whether a name may be looked up. A numeric address needs no lookup.
    pub fn looks_up(&mut self, name: &str) -> bool {
        self.allow.looks_up(name) || self.refuse(|| format!("dns:{name}"))
    }

    /// Whether a request may go to a host and port, the host as a URL names it.
    pub fn fetches(&mut self, secure: bool, host: &str, port: u16) -> bool {
        let scheme = if secure { "https" } else { "http" };
        self.allow.fetches(secure, host, port) || self.refuse(|| format!("{scheme}:{host}:{port}"))
    }

    /// Remembers what a lookup returned, for the rules that name its host.
    pub fn remember(&self, known: &mut LookedUp, name: &str, address: IpAddr) {
        self.allow.remember(known, name, address);
    }

    /// Warns of a refusal, or logs it for debugging where its target is not new; false. `rule` would
    /// permit it: the target alone, nothing else of a request.
    fn refuse(&mut self, rule: impl FnOnce() -> String) -> bool {
        let rule = OneLine(&rule()).to_string();
        let target = rule.split_once(':').map_or("", |(_, target)| target);
        if self.warned.len() >= WARNINGS_MAX || self.warned.contains(&rule) {
            tracing::debug!(target: "network", "{}: {target} is refused", self.entry);
        } else {
            let remedy = match self.by_options {
                true => format!("give --allow {rule}"),
                false => format!("add `- {rule:?}` to its wasi.network.allow"),
            };
            tracing::warn!(target: "network", "{}: {target} is refused; {remedy}", self.entry);
            self.warned.insert(rule);
        }
        false
    }
}

/// Rules of an entry whose name does not matter, because nothing is refused or nobody reads logs.
impl From<Allow> for NetworkAccess {
    fn from(allow: Allow) -> NetworkAccess {
        NetworkAccess::new(allow, "", false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_of_a_refusal_permits_its_target() {
        let none = Allow::only(Vec::new());
        let mut access = NetworkAccess::from(none);
        let (v4, v6) = ("10.0.0.1:80", "[2001:db8::1]:443");
        for address in [v4, v6].map(|text| text.parse().expect("an address")) {
            for protocol in [Protocol::Tcp, Protocol::Udp] {
                assert!(!access.reaches(protocol, address, &LookedUp::default()));
                assert!(!access.binds(protocol, address));
            }
        }
        assert!(!access.looks_up("example.com"));
        assert!(access.looks_up("127.0.0.1"));
        assert!(!access.fetches(true, "example.com", 443));
        assert!(!access.fetches(false, "[::1]", 8080));
        let rules = access.warned.iter().map(|rule| rule.parse().expect(rule));
        let mut again = NetworkAccess::from(Allow::only(rules.collect()));
        for address in [v4, v6].map(|text| text.parse().expect("an address")) {
            for protocol in [Protocol::Tcp, Protocol::Udp] {
                assert!(again.reaches(protocol, address, &LookedUp::default()));
                assert!(again.binds(protocol, address));
            }
        }
        assert!(again.looks_up("example.com"));
        assert!(again.fetches(true, "example.com", 443));
        assert!(again.fetches(false, "[::1]", 8080));
        assert!(again.warned.is_empty());
    }

    #[test]
    fn the_warnings_of_a_call_are_bounded() {
        let mut access = NetworkAccess::from(Allow::only(Vec::new()));
        for number in 0..1000 {
            assert!(!access.looks_up(&format!("host-{}", number % 500)));
        }
        assert_eq!(access.warned.len(), WARNINGS_MAX);
    }
}
