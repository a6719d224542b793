//! The settings of a simulation.

use std::net::IpAddr;
use std::time::Duration;

use crate::Error;
use crate::sim::draws::Draws;
use crate::sim::edits::{Edits, RunNotes};
use crate::sim::fault::{Fault, TimedFault};
use crate::sim::limits::Bounds;
use crate::sim::link::Link;
use crate::sim::log::{Log, LogSink};
use crate::sim::net::hosts::Hosts;
use crate::sim::net::network::{Network, NetworkSettings};
use crate::sim::picker::{Picker, PickerSettings};
use crate::sim::probability::Probability;
use crate::sim::swarm::FaultMix;

/// How a simulation behaves. Everything that is not fixed here is drawn from the seed.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::{Dispatcher, Simulation};
///
/// let simulation = Simulation::new(7).yield_cost(Duration::from_nanos(50));
/// let dispatcher = Dispatcher::builder().simulation(simulation).build()?;
/// let handle = dispatcher.handle();
/// let before = handle.now()?;
/// dispatcher.block_on(handle.yield_now())??;
/// assert_eq!(handle.now()? - before, Duration::from_nanos(50));
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Simulation {
    pub(crate) seed: u64,
    pub(crate) yield_cost: Duration,
    pub(crate) job_delay: (Duration, Duration),
    pub(crate) lookup_delay: (Duration, Duration),
    pub(crate) trace_capacity: usize,
    pub(crate) hosts: Vec<(String, Vec<IpAddr>)>,
    pub(crate) links: Vec<(String, String, Link)>,
    pub(crate) default_link: Link,
    pub(crate) loopback: Link,
    pub(crate) timetable: Vec<TimedFault>,
    pub(crate) short_io: Probability,
    pub(crate) spurious: Probability,
    pub(crate) file_errors: Probability,
    pub(crate) file_delay: Duration,
    pub(crate) max_sockets: usize,
    pub(crate) max_datagram_bytes: usize,
    pub(crate) swarm: Option<FaultMix>,
    pub(crate) picker: PickerSettings,
    pub(crate) bounds: Bounds,
    pub(crate) log: Option<LogSink>,
    pub(crate) replay: Option<Log>,
    pub(crate) label: Vec<u8>,
    pub(crate) edits: Edits,
    pub(crate) notes: Option<RunNotes>,
    /// Of how many records a picture is made.
    pub(crate) picture: Option<u64>,
}

impl Simulation {
    /// A simulation of this seed: yields cost 1 µs, blocking jobs take 10 to 500 µs of virtual
    /// time, and the trace keeps its first 100,000 records. There is only the default host. Links have a
    /// latency of 1 ms and lose nothing, packets within a host take 10 µs, one read or write in fifty is
    /// short, and one report of readiness in fifty comes with one that has no reason.
    pub fn new(seed: u64) -> Simulation {
        Simulation {
            seed,
            yield_cost: Duration::from_micros(1),
            job_delay: (Duration::from_micros(10), Duration::from_micros(500)),
            lookup_delay: (Duration::from_micros(200), Duration::from_millis(20)),
            trace_capacity: 100_000,
            hosts: Vec::new(),
            links: Vec::new(),
            default_link: Link::new(),
            loopback: Link::new().latency(Duration::from_micros(10)),
            timetable: Vec::new(),
            short_io: Probability::of(0.02),
            spurious: Probability::of(0.02),
            file_errors: Probability::default(),
            file_delay: Duration::ZERO,
            max_sockets: 16_384,
            max_datagram_bytes: 64 << 20,
            swarm: None,
            picker: PickerSettings::default(),
            bounds: Bounds::default(),
            log: None,
            replay: None,
            label: Vec::new(),
            edits: Edits::new(),
            notes: None,
            picture: None,
        }
    }

    /// The virtual time that a yield takes, at least 1 ns. Computing takes no virtual time, so a task
    /// that spins until a deadline sees it come only because yields do.
    pub fn yield_cost(mut self, cost: Duration) -> Simulation {
        self.yield_cost = cost.max(Duration::from_nanos(1));
        self
    }

    /// The bounds, both included, between which the virtual time of a blocking job is drawn.
    pub fn job_delay(mut self, least: Duration, most: Duration) -> Simulation {
        self.job_delay = (least, most.max(least));
        self
    }

    /// The bounds, both included, between which the virtual time of a name lookup is drawn. Default
    /// 200 µs to 20 ms.
    pub fn lookup_delay(mut self, least: Duration, most: Duration) -> Simulation {
        self.lookup_delay = (least, most.max(least));
        self
    }

    /// How many records the trace keeps; the hash covers all of them in any case.
    pub fn trace_capacity(mut self, records: usize) -> Simulation {
        self.trace_capacity = records;
        self
    }

    /// Adds a host. Without addresses it gets one of each family: the first host 10.0.0.2 and fd00::2,
    /// the second 10.0.0.3, and so on; the default host has 10.0.0.1. Its name resolves to its addresses
    /// in this order. A name that is no host name, one that another host has, and an address that
    /// another host has are errors of [`Builder::build`](crate::Builder::build).
    pub fn host(mut self, name: &str, addresses: impl IntoIterator<Item = IpAddr>) -> Simulation {
        let addresses = addresses.into_iter().collect();
        self.hosts.push((name.to_owned(), addresses));
        self
    }

    /// The link between two hosts, in both directions.
    pub fn link(mut self, one: &str, other: &str, link: Link) -> Simulation {
        self.links.push((one.to_owned(), other.to_owned(), link));
        self
    }

    /// The link between any two hosts for which no other is set. Default [`Link::new`].
    pub fn default_link(mut self, link: Link) -> Simulation {
        self.default_link = link;
        self
    }

    /// The way from a host to itself. Default: a latency of 10 µs and nothing else.
    pub fn loopback(mut self, link: Link) -> Simulation {
        self.loopback = link;
        self
    }

    /// Has a fault take effect so long after the start. Those of the same time take effect in the order
    /// in which they were given.
    pub fn at(mut self, after: Duration, fault: Fault) -> Simulation {
        self.timetable.push(TimedFault { after, fault });
        self
    }

    /// The probability with which a read or write of a TCP connection does less than it could. Default
    /// 0.02.
    pub fn short_io(mut self, probability: f64) -> Simulation {
        self.short_io = Probability::of(probability);
        self
    }

    /// The probability with which a direction is reported ready without a reason: when the other one
    /// becomes ready, and after an operation that took the last there was. Default 0.02.
    pub fn spurious_readiness(mut self, probability: f64) -> Simulation {
        self.spurious = Probability::of(probability);
        self
    }

    /// How many sockets a host may have; one more is `EMFILE`. Connections that were closed and still deliver
    /// what was written are not sockets; with them it may have begun twice as many, and one more is
    /// `ENOBUFS`. Default 16,384.
    pub fn max_sockets(mut self, sockets: usize) -> Simulation {
        self.max_sockets = sockets;
        self
    }

    /// How many bytes of datagrams may be on their way, each counted as 256 bytes more than it has; one more
    /// is `ENOBUFS`. Default 64 MiB.
    pub fn max_datagram_bytes(mut self, bytes: usize) -> Simulation {
        self.max_datagram_bytes = bytes;
        self
    }

    /// Has the seed draw which faults there are, and how strong: see [`FaultMix`].
    pub fn swarm(mut self, mix: FaultMix) -> Simulation {
        self.swarm = Some(mix);
        self
    }

    /// Which of the tasks that can run goes next. Default [`Picker::Uniform`].
    pub fn picker(mut self, picker: Picker) -> Simulation {
        self.picker.picker = picker;
        self
    }

    /// About how many picks a run has, for [`Picker::PriorityChange`]: its changes of priorities are drawn
    /// among so many. Where it is not set, the seed draws a number between 16 and 2^20, small ones as
    /// often as large ones.
    pub fn priority_change_steps(mut self, picks: u64) -> Simulation {
        self.picker.steps = Some(picks);
        self
    }

    /// Draws what the mix of faults leaves to the seed. Gives what it adds to the latency of links.
    pub(crate) fn mix(&mut self, draws: &mut Draws) -> Duration {
        let Some(mix) = self.swarm.take() else {
            return Duration::ZERO;
        };
        let latency = self.default_link.latency;
        let drawn = mix.draw(draws, &self.hosts, self.default_link);
        self.default_link = drawn.default_link;
        self.timetable.extend(drawn.timetable);
        (self.file_errors, self.file_delay) = (drawn.file_errors, drawn.file_delay);
        if let Some(short_io) = drawn.short_io {
            self.short_io = short_io;
        }
        if let Some(spurious) = drawn.spurious {
            self.spurious = spurious;
        }
        self.default_link.latency - latency
    }

    /// The hosts and the links between them.
    ///
    /// # Errors
    /// a `HostError`.
    pub(crate) fn network(&self) -> Result<Network, Error> {
        let mut hosts = Hosts::new();
        for (name, addresses) in &self.hosts {
            hosts.add(name, addresses)?;
        }
        let settings = NetworkSettings {
            short_io: self.short_io,
            spurious: self.spurious,
            max_sockets: self.max_sockets,
            max_datagram_bytes: self.max_datagram_bytes,
        };
        let mut network = Network::new(hosts, self.default_link, self.loopback, settings);
        for (one, other, link) in &self.links {
            let (one, other) = (network.hosts.number(one)?, network.hosts.number(other)?);
            network.links.set(one, other, *link);
        }
        Ok(network)
    }
}
