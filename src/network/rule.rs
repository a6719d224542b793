//! One rule of `wasi.network.allow`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// What a rule of sockets is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// `tcp`
    Tcp,
    /// `udp`
    Udp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        })
    }
}

/// One rule: what it names is permitted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rule {
    /// `tcp:TARGET:PORT`, `udp:TARGET:PORT`: to connect or to send.
    Reach(Protocol, Target, Port),
    /// `tcp-bind:IP:PORT`, `udp-bind:IP:PORT`; `None` is `*`.
    Bind(Protocol, Option<IpAddr>, Port),
    /// `dns:NAME`: to look a name up.
    LookUp(Names),
    /// `http:HOST:PORT`, `https:HOST:PORT`: to send requests to; `None` is `*`.
    Fetch {
        /// `https`
        secure: bool,
        /// The host as a URL names it, in lower case, an IPv6 address without its brackets.
        host: Option<String>,
        /// Its port.
        port: Port,
    },
}

/// Who is at the other end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// `*`
    Any,
    /// A network; one address is the network of all its bits.
    Net {
        /// Its address, without the bits behind the prefix.
        address: IpAddr,
        /// How many bits it has in common with its members.
        prefix: u8,
    },
    /// A name in lower case: the addresses that its lookup returned in this call.
    Host(String),
}

/// A port, or `*`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Port {
    /// `*`
    Any,
    /// This one.
    One(u16),
}

/// Which names may be looked up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Names {
    /// `*`
    Any,
    /// A name in lower case.
    One(String),
    /// `*.NAME`: all names below this one, in lower case.
    Below(String),
}

/// A rule that means nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RuleError {
    /// Its first word is no kind of rule.
    #[error(
        "unknown kind of rule {0:?}: expected tcp, udp, tcp-bind, udp-bind, dns, http or https"
    )]
    Kind(String),
    /// It has no port.
    #[error("expected {0}")]
    Shape(&'static str),
    /// Its port is none.
    #[error("expected a port (0 to 65535) or *, found {0:?}")]
    Port(String),
    /// Its address or network is none.
    #[error("expected {expected}, found {found:?}")]
    Address {
        /// What may stand here.
        expected: &'static str,
        /// What does.
        found: String,
    },
    /// Its prefix is longer than its address.
    #[error("{address} has {bits} bits; a prefix of {prefix:?} is none")]
    Prefix {
        /// The address.
        address: IpAddr,
        /// How many bits it has.
        bits: u8,
        /// What was written.
        prefix: String,
    },
}

const TARGET: &str = "a host name, an address, a network (10.0.0.0/8) or *";
const NAME: &str = "a name, *.NAME or *";

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Rule, RuleError> {
        let text = text.trim();
        let Some((kind, rest)) = text.split_once(':') else {
            return Err(RuleError::Kind(text.to_owned()));
        };
        match kind.to_ascii_lowercase().as_str() {
            "tcp" => reach(Protocol::Tcp, rest),
            "udp" => reach(Protocol::Udp, rest),
            "tcp-bind" => bind(Protocol::Tcp, rest),
            "udp-bind" => bind(Protocol::Udp, rest),
            "dns" => Names::parse(rest).map(Rule::LookUp),
            "http" => fetch(false, rest),
            "https" => fetch(true, rest),
            _ => Err(RuleError::Kind(kind.to_owned())),
        }
    }
}

fn reach(protocol: Protocol, rest: &str) -> Result<Rule, RuleError> {
    let (target, port) = split_port(rest, "tcp:TARGET:PORT or udp:TARGET:PORT")?;
    Ok(Rule::Reach(protocol, Target::parse(target)?, port))
}

fn bind(protocol: Protocol, rest: &str) -> Result<Rule, RuleError> {
    let (address, port) = split_port(rest, "tcp-bind:IP:PORT or udp-bind:IP:PORT")?;
    let address = match address {
        "*" => None,
        text => match unbracketed(text).parse() {
            Ok(address) => Some(address),
            Err(_) => {
                return Err(RuleError::Address {
                    expected: "an address or *",
                    found: text.to_owned(),
                });
            }
        },
    };
    Ok(Rule::Bind(protocol, address, port))
}

fn fetch(secure: bool, rest: &str) -> Result<Rule, RuleError> {
    let (host, port) = split_port(rest, "http:HOST:PORT or https:HOST:PORT")?;
    let host = match host {
        "*" => None,
        text => {
            let host = unbracketed(text);
            if !is_name(host) && host.parse::<IpAddr>().is_err() {
                return Err(RuleError::Address {
                    expected: "a host or *",
                    found: text.to_owned(),
                });
            }
            Some(plain(host))
        }
    };
    Ok(Rule::Fetch { secure, host, port })
}

fn split_port<'a>(rest: &'a str, shape: &'static str) -> Result<(&'a str, Port), RuleError> {
    let (host, port) = rest.rsplit_once(':').ok_or(RuleError::Shape(shape))?;
    let port = match port {
        "*" => Port::Any,
        text => match text.parse() {
            Ok(port) if text.bytes().all(|byte| byte.is_ascii_digit()) => Port::One(port),
            _ => return Err(RuleError::Port(text.to_owned())),
        },
    };
    Ok((host, port))
}

/// `[::1]` as `::1`.
fn unbracketed(text: &str) -> &str {
    text.strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text)
}

/// A name as it is compared: in lower case and without its last dot.
pub(super) fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn is_name(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    text.split('.').all(|label| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    })
}

impl Target {
    fn parse(text: &str) -> Result<Target, RuleError> {
        if text == "*" {
            return Ok(Target::Any);
        }
        // Both `[2001:db8::]/32` and `[2001:db8::/32]` are written.
        let inner = unbracketed(text);
        let (address, prefix) = match inner.split_once('/') {
            Some((address, prefix)) => (unbracketed(address), Some(prefix)),
            None => (inner, None),
        };
        match (address.parse::<IpAddr>(), prefix) {
            (Ok(address), None) => Ok(Target::net(address, bits(address))),
            (Ok(address), Some(prefix)) => match prefix.parse::<u8>() {
                Ok(length) if length <= bits(address) => Ok(Target::net(address, length)),
                _ => Err(RuleError::Prefix {
                    address,
                    bits: bits(address),
                    prefix: prefix.to_owned(),
                }),
            },
            (Err(_), None) if is_name(text) && !looks_numeric(text) => {
                Ok(Target::Host(plain(text)))
            }
            _ => Err(RuleError::Address {
                expected: TARGET,
                found: text.to_owned(),
            }),
        }
    }

    fn net(address: IpAddr, prefix: u8) -> Target {
        Target::Net {
            address: masked(address, prefix),
            prefix,
        }
    }
}

/// `10.0.0` and `1.2.3.400` are errors, no names: no top-level domain is a number.
fn looks_numeric(text: &str) -> bool {
    let last = text.trim_end_matches('.').rsplit('.').next();
    last.is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()))
}

fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let drop = 32 - u32::from(prefix.min(32));
            let mask = u32::MAX.checked_shl(drop).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let drop = 128 - u32::from(prefix.min(128));
            let mask = u128::MAX.checked_shl(drop).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}

/// Whether an address lies in a network. An IPv4 address in IPv6's clothes is an IPv4 address.
pub(super) fn holds(net: IpAddr, prefix: u8, address: IpAddr) -> bool {
    let address = address.to_canonical();
    net.is_ipv4() == address.is_ipv4() && masked(address, prefix) == net
}

impl Port {
    pub(super) fn holds(self, port: u16) -> bool {
        match self {
            Port::Any => true,
            Port::One(one) => one == port,
        }
    }
}

impl Names {
    fn parse(text: &str) -> Result<Names, RuleError> {
        if text == "*" {
            return Ok(Names::Any);
        }
        let (name, below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        if !is_name(name) {
            return Err(RuleError::Address {
                expected: NAME,
                found: text.to_owned(),
            });
        }
        Ok(match below {
            true => Names::Below(plain(name)),
            false => Names::One(plain(name)),
        })
    }

    /// `name` is [`plain`].
    pub(super) fn holds(&self, name: &str) -> bool {
        match self {
            Names::Any => true,
            Names::One(one) => one == name,
            Names::Below(parent) => name
                .strip_suffix(parent.as_str())
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        }
    }
}

impl Rule {
    /// Whether it permits to bind.
    pub(super) fn binds(&self, protocol: Protocol, local: SocketAddr) -> bool {
        match self {
            Rule::Bind(of, address, port) => {
                *of == protocol
                    && address.is_none_or(|address| address == local.ip().to_canonical())
                    && port.holds(local.port())
            }
            _ => false,
        }
    }
}
