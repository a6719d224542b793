//! What can go wrong, and what ends it.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use crate::sim::link::Link;

/// Something that happens to simulated hosts and to the network between them, at a time of the timetable
/// ([`Simulation::at`](crate::Simulation::at)) or at once ([`Handle::inject`](crate::Handle::inject)).
/// Hosts are named.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::sim::Fault;
/// use wippy_dispatcher::Simulation;
///
/// let simulation = Simulation::new(1)
///     .host("a", [])
///     .host("b", [])
///     .at(Duration::from_secs(5), Fault::partition(["a"], ["b"]))
///     .at(Duration::from_secs(9), Fault::heal(["a"], ["b"]));
/// # let _ = simulation;
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing passes between any host of one group and any of the other.
    Partition(Vec<String>, Vec<String>),
    /// Nothing passes from the first group to the second; the other direction is left as it is.
    PartitionOneWay(Vec<String>, Vec<String>),
    /// Ends what the two above began, in both directions.
    Heal(Vec<String>, Vec<String>),
    /// The link between two hosts is like this from now on.
    Link(String, String, Link),
    /// The host loses its power: its tasks are dropped, its sockets vanish. The default host cannot.
    Crash(String, Crash),
    /// The host is there again, and its boot function is called. One that is up crashes first.
    Restart(String),
    /// The host stands still: its tasks do not run, and what arrives waits. Its clocks go on.
    Pause(String),
    /// Ends a pause.
    Resume(String),
    /// The host's clocks run faster than virtual time by so many parts per million; slower where that is
    /// negative. Half of the time at most, in either direction.
    ClockDrift(String, i32),
    /// The host's wall clock is set forward by so many nanoseconds, or back where that is negative.
    WallClockStep(String, i64),
    /// What a name lookup answers from now on: on one host, or with `None` on all that have no answer
    /// of their own.
    Name(Option<String>, String, NameAnswer),
}

/// What peers notice of a crash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Crash {
    /// Either of the two below, drawn from the seed.
    #[default]
    Drawn,
    /// Nothing: packets to the host are lost, until it is up again and answers them with resets.
    Silent,
    /// Every connection is reset, as when a program ends and its system lives on.
    Reset,
}

/// The answer to a name lookup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NameAnswer {
    /// These addresses, in this order.
    Addresses(Vec<IpAddr>),
    /// There is no such name.
    NotFound,
    /// The resolver does not answer now.
    Temporary,
    /// The resolver fails.
    Permanent,
    /// What it was without any fault.
    Original,
}

impl Fault {
    /// A [`Fault::Partition`].
    pub fn partition<A, B>(
        one: impl IntoIterator<Item = A>,
        other: impl IntoIterator<Item = B>,
    ) -> Fault
    where
        A: Into<String>,
        B: Into<String>,
    {
        Fault::Partition(names(one), names(other))
    }

    /// A [`Fault::PartitionOneWay`].
    pub fn partition_one_way<A, B>(
        from: impl IntoIterator<Item = A>,
        to: impl IntoIterator<Item = B>,
    ) -> Fault
    where
        A: Into<String>,
        B: Into<String>,
    {
        Fault::PartitionOneWay(names(from), names(to))
    }

    /// A [`Fault::Heal`].
    pub fn heal<A, B>(one: impl IntoIterator<Item = A>, other: impl IntoIterator<Item = B>) -> Fault
    where
        A: Into<String>,
        B: Into<String>,
    {
        Fault::Heal(names(one), names(other))
    }

    /// Its place among the variants.
    pub(crate) fn kind(&self) -> u32 {
        match self {
            Fault::Partition(..) => 0,
            Fault::PartitionOneWay(..) => 1,
            Fault::Heal(..) => 2,
            Fault::Link(..) => 3,
            Fault::Crash(..) => 4,
            Fault::Restart(_) => 5,
            Fault::Pause(_) => 6,
            Fault::Resume(_) => 7,
            Fault::ClockDrift(..) => 8,
            Fault::WallClockStep(..) => 9,
            Fault::Name(..) => 10,
        }
    }

    /// The hosts that it names.
    pub fn hosts(&self) -> Vec<&str> {
        match self {
            Fault::Partition(one, other)
            | Fault::PartitionOneWay(one, other)
            | Fault::Heal(one, other) => one.iter().chain(other).map(String::as_str).collect(),
            Fault::Link(one, other, _) => vec![one, other],
            Fault::Crash(host, _)
            | Fault::Restart(host)
            | Fault::Pause(host)
            | Fault::Resume(host)
            | Fault::ClockDrift(host, _)
            | Fault::WallClockStep(host, _) => vec![host],
            Fault::Name(host, ..) => host.iter().map(String::as_str).collect(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Partition(one, other) => {
                write!(f, "partition {} | {}", one.join(" "), other.join(" "))
            }
            Fault::PartitionOneWay(from, to) => {
                write!(f, "partition {} -> {}", from.join(" "), to.join(" "))
            }
            Fault::Heal(one, other) => write!(f, "heal {} | {}", one.join(" "), other.join(" ")),
            Fault::Link(one, other, link) => write!(f, "link {one} {other} {link}"),
            Fault::Crash(host, how) => write!(f, "crash {host} {how}"),
            Fault::Restart(host) => write!(f, "restart {host}"),
            Fault::Pause(host) => write!(f, "pause {host}"),
            Fault::Resume(host) => write!(f, "resume {host}"),
            Fault::ClockDrift(host, drift) => write!(f, "clock drift {host} {drift} ppm"),
            Fault::WallClockStep(host, step) => write!(f, "wall clock step {host} {step} ns"),
            Fault::Name(host, name, answer) => {
                let host = host.as_deref().unwrap_or("*");
                write!(f, "name {host} {name} {answer}")
            }
        }
    }
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Crash::Drawn => "drawn",
            Crash::Silent => "silent",
            Crash::Reset => "reset",
        })
    }
}

impl fmt::Display for NameAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NameAnswer::Addresses(addresses) => {
                let mut separator = "";
                for address in addresses {
                    write!(f, "{separator}{address}")?;
                    separator = " ";
                }
                return Ok(());
            }
            NameAnswer::NotFound => "not found",
            NameAnswer::Temporary => "temporary failure",
            NameAnswer::Permanent => "permanent failure",
            NameAnswer::Original => "original",
        })
    }
}

fn names<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Vec<String> {
    names.into_iter().map(Into::into).collect()
}

/// A fault of the timetable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TimedFault {
    /// Since the simulation's start.
    pub(crate) after: Duration,
    pub(crate) fault: Fault,
}
