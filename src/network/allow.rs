//! What the rules of an entry permit.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::rule::{Protocol, Rule, Target, holds, plain};

/// How many addresses of one name are remembered.
const ADDRESSES_MAX: usize = 256;

/// What an entry may reach. Clones share the rules.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Allow {
    rules: Option<Arc<[Rule]>>,
}

impl Allow {
    /// Whatever the imports grant: there is no list.
    pub fn everything() -> Allow {
        Allow::default()
    }

    /// What these rules permit, and nothing else.
    pub fn only(rules: Vec<Rule>) -> Allow {
        Allow {
            rules: Some(rules.into()),
        }
    }

    /// Whether there is a list at all.
    pub fn is_limited(&self) -> bool {
        self.rules.is_some()
    }

    fn any(&self, permits: impl Fn(&Rule) -> bool) -> bool {
        match &self.rules {
            None => true,
            Some(rules) => rules.iter().any(permits),
        }
    }

    /// Whether a socket may connect or send to an address.
    pub fn reaches(&self, protocol: Protocol, remote: SocketAddr, known: &LookedUp) -> bool {
        self.any(|rule| match rule {
            Rule::Reach(of, target, port) => {
                *of == protocol
                    && port.holds(remote.port())
                    && match target {
                        Target::Any => true,
                        Target::Net { address, prefix } => holds(*address, *prefix, remote.ip()),
                        Target::Host(name) => known.has(name, remote.ip()),
                    }
            }
            _ => false,
        })
    }

    /// Whether a socket may be bound to an address; port 0 is a port of its own here.
    pub fn binds(&self, protocol: Protocol, local: SocketAddr) -> bool {
        self.any(|rule| rule.binds(protocol, local))
    }

    /// Whether a name may be looked up: by a rule of its own, or because a rule for sockets names
    /// it. A numeric address needs no lookup.
    pub fn looks_up(&self, name: &str) -> bool {
        if name.parse::<IpAddr>().is_ok() {
            return true;
        }
        let name = plain(name);
        self.any(|rule| match rule {
            Rule::LookUp(names) => names.holds(&name),
            Rule::Reach(_, Target::Host(host), _) => *host == name,
            _ => false,
        })
    }

    /// Whether a request may go to a host and port, the host as a URL names it.
    pub fn fetches(&self, secure: bool, host: &str, port: u16) -> bool {
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let host = plain(bare.unwrap_or(host));
        self.any(|rule| match rule {
            Rule::Fetch {
                secure: of,
                host: one,
                port: on,
            } => *of == secure && one.as_ref().is_none_or(|one| *one == host) && on.holds(port),
            _ => false,
        })
    }

    /// Remembers what a lookup returned, for the rules that name its host.
    pub fn remember(&self, known: &mut LookedUp, name: &str, address: IpAddr) {
        let Some(rules) = &self.rules else { return };
        let name = plain(name);
        let names_it = |rule: &Rule| match rule {
            Rule::Reach(_, Target::Host(host), _) => *host == name,
            _ => false,
        };
        if rules.iter().any(names_it) {
            let addresses = known.names.entry(name).or_default();
            if addresses.len() < ADDRESSES_MAX && !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
}

/// What the lookups of one call returned, for the names in its entry's rules.
#[derive(Clone, Default, Debug)]
pub struct LookedUp {
    names: HashMap<String, Vec<IpAddr>>,
}

impl LookedUp {
    fn has(&self, name: &str, address: IpAddr) -> bool {
        self.names
            .get(name)
            .is_some_and(|addresses| addresses.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(rules: &[&str]) -> Allow {
        let rules = rules.iter().map(|rule| rule.parse().expect("a rule"));
        Allow::only(rules.collect())
    }

    fn to(address: &str) -> SocketAddr {
        address.parse().expect("an address")
    }

    fn tcp(allow: &Allow, address: &str) -> bool {
        allow.reaches(Protocol::Tcp, to(address), &LookedUp::default())
    }

    #[test]
    fn no_list_permits_everything_and_an_empty_one_nothing() {
        for (allow, expected) in [(Allow::everything(), true), (allow(&[]), false)] {
            assert_eq!(tcp(&allow, "1.2.3.4:5"), expected);
            assert_eq!(allow.binds(Protocol::Udp, to("0.0.0.0:0")), expected);
            assert_eq!(allow.looks_up("example.com"), expected);
            assert_eq!(allow.fetches(true, "example.com", 443), expected);
            assert_eq!(allow.is_limited(), !expected);
        }
    }

    #[test]
    fn addresses_networks_and_ports_are_compared() {
        let allow = allow(&[
            "tcp:127.0.0.1:80",
            "tcp:10.1.0.0/16:*",
            "tcp:[2001:db8::]/32:443",
            "tcp:[::1]:7",
            "udp:*:53",
        ]);
        for permitted in [
            "127.0.0.1:80",
            "10.1.255.3:9",
            "[2001:db8:1::9]:443",
            "[::1]:7",
            "[::ffff:127.0.0.1]:80",
        ] {
            assert!(tcp(&allow, permitted), "{permitted}");
        }
        for refused in [
            "127.0.0.1:81",
            "127.0.0.2:80",
            "10.2.0.0:9",
            "[2001:db9::]:443",
            "[::1]:8",
            "1.1.1.1:53",
        ] {
            assert!(!tcp(&allow, refused), "{refused}");
        }
        let known = LookedUp::default();
        assert!(allow.reaches(Protocol::Udp, to("9.9.9.9:53"), &known));
        assert!(!allow.reaches(Protocol::Udp, to("9.9.9.9:54"), &known));
    }

    #[test]
    fn the_whole_address_space_is_a_network() {
        let allow = allow(&["tcp:0.0.0.0/0:*", "tcp:::/0:1"]);
        assert!(tcp(&allow, "255.1.2.3:4"));
        assert!(tcp(&allow, "[ff::1]:1"));
        assert!(!tcp(&allow, "[ff::1]:2"));
    }

    #[test]
    fn binding_and_connecting_are_different_rights() {
        let allow = allow(&["tcp-bind:127.0.0.1:0", "udp-bind:*:7000"]);
        assert!(allow.binds(Protocol::Tcp, to("127.0.0.1:0")));
        assert!(!allow.binds(Protocol::Tcp, to("127.0.0.1:80")));
        assert!(!allow.binds(Protocol::Tcp, to("0.0.0.0:0")));
        assert!(allow.binds(Protocol::Udp, to("[::]:7000")));
        assert!(!tcp(&allow, "127.0.0.1:0"));
    }

    #[test]
    fn a_host_permits_what_its_lookup_returned() {
        let allow = allow(&["tcp:Db.Example:5432"]);
        let mut known = LookedUp::default();
        let address = to("10.0.0.5:5432");
        assert!(allow.looks_up("db.example."));
        assert!(!allow.looks_up("other.example"));
        assert!(allow.looks_up("10.0.0.5"));
        assert!(!allow.reaches(Protocol::Tcp, address, &known));
        allow.remember(&mut known, "other.example", address.ip());
        assert!(!allow.reaches(Protocol::Tcp, address, &known));
        allow.remember(&mut known, "DB.example", address.ip());
        assert!(allow.reaches(Protocol::Tcp, address, &known));
        assert!(!allow.reaches(Protocol::Udp, address, &known));
        assert!(!allow.reaches(Protocol::Tcp, to("10.0.0.5:80"), &known));
    }

    #[test]
    fn names_and_hosts_are_compared_without_case() {
        let allow = allow(&[
            "dns:*.Example.com",
            "dns:one.test",
            "https:API.test:443",
            "http:*:80",
        ]);
        assert!(allow.looks_up("a.b.EXAMPLE.com"));
        assert!(!allow.looks_up("example.com"));
        assert!(!allow.looks_up("badexample.com"));
        assert!(allow.looks_up("ONE.test."));
        assert!(allow.fetches(true, "api.TEST", 443));
        assert!(!allow.fetches(true, "api.test", 444));
        assert!(!allow.fetches(false, "api.test", 443));
        assert!(allow.fetches(false, "[::1]", 80));
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        let cases = [
            (
                "tpc:a:1",
                "unknown kind of rule \"tpc\": expected tcp, udp, tcp-bind, udp-bind, dns, http or https",
            ),
            (
                "example.com",
                "unknown kind of rule \"example.com\": expected tcp, udp, tcp-bind, udp-bind, dns, http or https",
            ),
            (
                "tcp:example.com",
                "expected tcp:TARGET:PORT or udp:TARGET:PORT",
            ),
            (
                "tcp:a:65536",
                "expected a port (0 to 65535) or *, found \"65536\"",
            ),
            (
                "tcp:a:+1",
                "expected a port (0 to 65535) or *, found \"+1\"",
            ),
            (
                "tcp:10.0.0:1",
                "expected a host name, an address, a network (10.0.0.0/8) or *, found \"10.0.0\"",
            ),
            (
                "tcp:*.example.com:1",
                "expected a host name, an address, a network (10.0.0.0/8) or *, found \"*.example.com\"",
            ),
            (
                "tcp:10.0.0.0/33:1",
                "10.0.0.0 has 32 bits; a prefix of \"33\" is none",
            ),
            (
                "udp-bind:host:1",
                "expected an address or *, found \"host\"",
            ),
            ("dns:a b", "expected a name, *.NAME or *, found \"a b\""),
            ("http:/x:80", "expected a host or *, found \"/x\""),
        ];
        for (rule, expected) in cases {
            let error = rule.parse::<Rule>().expect_err(rule);
            assert_eq!(error.to_string(), expected, "{rule}");
        }
    }
}
