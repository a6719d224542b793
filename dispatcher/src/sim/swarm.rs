//! Faults that a seed draws: which there are, and how strong.

use std::net::IpAddr;
use std::time::Duration;

use crate::sim::draws::{Choice, Draws};
use crate::sim::fault::{Crash, Fault, TimedFault};
use crate::sim::link::Link;
use crate::sim::net::hosts::DEFAULT_HOST;
use crate::sim::probability::Probability;

/// What may go wrong in a run, and how much at most. Each seed has each kind of fault with an even
/// chance, and draws how strong it is. So some runs have one fault alone and some have all of them,
/// which finds more than a run that always has a little of everything.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::sim::FaultMix;
/// use wippy_dispatcher::{Dispatcher, Simulation};
///
/// let mix = FaultMix::new(Duration::from_secs(60)).loss(0.05).partitions(3).crashes(1);
/// let simulation = Simulation::new(11).host("a", []).host("b", []).swarm(mix);
/// Dispatcher::builder().simulation(simulation).build()?;
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct FaultMix {
    horizon: Duration,
    latency: Duration,
    jitter: Duration,
    loss: Probability,
    duplication: Probability,
    reordering: Probability,
    short_io: Probability,
    spurious: Probability,
    partitions: u32,
    crashes: u32,
    pauses: u32,
    clock_drift: u32,
    wall_steps: u32,
    file_errors: Probability,
    file_delay: Duration,
}

/// What a seed has drawn.
pub(crate) struct DrawnFaults {
    pub(crate) default_link: Link,
    pub(crate) timetable: Vec<TimedFault>,
    pub(crate) short_io: Option<Probability>,
    pub(crate) spurious: Option<Probability>,
    pub(crate) file_errors: Probability,
    pub(crate) file_delay: Duration,
}

impl FaultMix {
    /// The most partitions, crashes, pauses and steps of the wall clock that a seed draws, of each. Where more
    /// is asked for, this counts.
    pub const MAX_COUNT: u32 = 10_000;

    /// No faults yet. Those of a timetable begin and end within `horizon` of virtual time.
    pub fn new(horizon: Duration) -> FaultMix {
        let none = Probability::default();
        FaultMix {
            horizon,
            latency: Duration::ZERO,
            jitter: Duration::ZERO,
            loss: none,
            duplication: none,
            reordering: none,
            short_io: none,
            spurious: none,
            partitions: 0,
            crashes: 0,
            pauses: 0,
            clock_drift: 0,
            wall_steps: 0,
            file_errors: none,
            file_delay: Duration::ZERO,
        }
    }

    /// Within which time of the start faults of a timetable begin and end.
    pub fn horizon(&self) -> Duration {
        self.horizon
    }

    /// Up to this much more latency on links for which nothing else is set.
    pub fn latency(mut self, most: Duration) -> FaultMix {
        self.latency = most;
        self
    }

    /// Up to this much jitter on these links.
    pub fn jitter(mut self, most: Duration) -> FaultMix {
        self.jitter = most;
        self
    }

    /// Packets are lost on these links, with up to this probability.
    pub fn loss(mut self, most: f64) -> FaultMix {
        self.loss = Probability::of(most);
        self
    }

    /// Datagrams arrive twice, with up to this probability.
    pub fn duplication(mut self, most: f64) -> FaultMix {
        self.duplication = Probability::of(most);
        self
    }

    /// Datagrams are held back, with up to this probability.
    pub fn reordering(mut self, most: f64) -> FaultMix {
        self.reordering = Probability::of(most);
        self
    }

    /// Reads and writes are short, with up to this probability.
    pub fn short_io(mut self, most: f64) -> FaultMix {
        self.short_io = Probability::of(most);
        self
    }

    /// Readiness is reported without a reason, with up to this probability.
    pub fn spurious_readiness(mut self, most: f64) -> FaultMix {
        self.spurious = Probability::of(most);
        self
    }

    /// Up to so many times two hosts are cut off from each other for a while.
    /// At most [`FaultMix::MAX_COUNT`].
    pub fn partitions(mut self, most: u32) -> FaultMix {
        self.partitions = most.min(FaultMix::MAX_COUNT);
        self
    }

    /// Up to so many times a host crashes and starts again after a while. The default host does not.
    /// At most [`FaultMix::MAX_COUNT`].
    pub fn crashes(mut self, most: u32) -> FaultMix {
        self.crashes = most.min(FaultMix::MAX_COUNT);
        self
    }

    /// Up to so many times a host stands still for a while. The default host does not.
    /// At most [`FaultMix::MAX_COUNT`].
    pub fn pauses(mut self, most: u32) -> FaultMix {
        self.pauses = most.min(FaultMix::MAX_COUNT);
        self
    }

    /// Every host's clocks drift, by up to so many parts per million in either direction.
    pub fn clock_drift(mut self, most_parts_per_million: u32) -> FaultMix {
        self.clock_drift = most_parts_per_million;
        self
    }

    /// Up to so many times a host's wall clock is set forward or back, by an hour at most.
    /// At most [`FaultMix::MAX_COUNT`].
    pub fn wall_clock_steps(mut self, most: u32) -> FaultMix {
        self.wall_steps = most.min(FaultMix::MAX_COUNT);
        self
    }

    /// Operations on files fail, with up to this probability.
    pub fn file_errors(mut self, most: f64) -> FaultMix {
        self.file_errors = Probability::of(most);
        self
    }

    /// Operations on files take up to this much longer.
    pub fn file_delay(mut self, most: Duration) -> FaultMix {
        self.file_delay = most;
        self
    }

    /// The faults of a seed.
    pub(crate) fn draw(
        &self,
        draws: &mut Draws,
        hosts: &[(String, Vec<IpAddr>)],
        link: Link,
    ) -> DrawnFaults {
        let mut drawing = Drawing(draws);
        let mut link = link;
        let (latency, jitter) = (drawing.time(self.latency), drawing.time(self.jitter));
        link.latency = link.latency.saturating_add(latency);
        link.jitter = link.jitter.saturating_add(jitter);
        let mut likelier = |old: Probability, most: Probability| drawing.probability(most).max(old);
        link.loss = likelier(link.loss, self.loss);
        link.duplication = likelier(link.duplication, self.duplication);
        link.reordering = likelier(link.reordering, self.reordering);
        let short_io = drawing.probability(self.short_io);
        let spurious = drawing.probability(self.spurious);
        let timetable = self.timetable(&mut drawing, hosts);
        // Later kinds are drawn last, so that the seeds of mixes without them stay what they are.
        let file_errors = drawing.probability(self.file_errors);
        let file_delay = drawing.time(self.file_delay);
        DrawnFaults {
            default_link: link,
            timetable,
            file_errors,
            file_delay,
            short_io: (short_io.parts() > 0).then_some(short_io),
            spurious: (spurious.parts() > 0).then_some(spurious),
        }
    }

    fn timetable(
        &self,
        drawing: &mut Drawing<'_>,
        hosts: &[(String, Vec<IpAddr>)],
    ) -> Vec<TimedFault> {
        let mut timetable = Vec::new();
        let named: Vec<&str> = hosts.iter().map(|(name, _)| name.as_str()).collect();
        let mut all = vec![DEFAULT_HOST];
        all.extend(&named);
        let mut add = |after, fault| timetable.push(TimedFault { after, fault });
        for _ in 0..drawing.count(self.partitions) {
            let (one, other) = (drawing.one_of(&all), drawing.one_of(&all));
            let (begins, ends) = drawing.span(self.horizon);
            if let (Some(one), Some(other)) = (one, other)
                && one != other
            {
                add(begins, Fault::partition([one], [other]));
                add(ends, Fault::heal([one], [other]));
            }
        }
        for _ in 0..drawing.count(self.crashes) {
            let host = drawing.one_of(&named);
            let (begins, ends) = drawing.span(self.horizon);
            if let Some(host) = host {
                add(begins, Fault::Crash(host.to_owned(), Crash::Drawn));
                add(ends, Fault::Restart(host.to_owned()));
            }
        }
        for _ in 0..drawing.count(self.pauses) {
            let host = drawing.one_of(&named);
            let (begins, ends) = drawing.span(self.horizon);
            if let Some(host) = host {
                add(begins, Fault::Pause(host.to_owned()));
                add(ends, Fault::Resume(host.to_owned()));
            }
        }
        if drawing.is_on() {
            let most = self.clock_drift.min(1_000_000);
            for host in &all {
                let drift = drawing.up_to(2 * u64::from(most)) as i64 - i64::from(most);
                if drift != 0 {
                    let drift = Fault::ClockDrift((*host).to_owned(), drift as i32);
                    add(Duration::ZERO, drift);
                }
            }
        }
        for _ in 0..drawing.count(self.wall_steps) {
            let host = drawing.one_of(&all);
            let (at, _) = drawing.span(self.horizon);
            let hour = 3_600_000_000_000;
            let step = drawing.up_to(2 * hour) as i64 - hour as i64;
            if let Some(host) = host {
                add(at, Fault::WallClockStep(host.to_owned(), step));
            }
        }
        timetable
    }
}

/// The draws of one mix, all from one stream.
struct Drawing<'a>(&'a mut Draws);

impl Drawing<'_> {
    fn is_on(&mut self) -> bool {
        self.0.up_to(Choice::Swarm, 1) == 1
    }

    fn up_to(&mut self, most: u64) -> u64 {
        self.0.up_to(Choice::Swarm, most)
    }

    fn time(&mut self, most: Duration) -> Duration {
        let (is_on, most) = (self.is_on(), u64::try_from(most.as_nanos()));
        let drawn = self.up_to(most.unwrap_or(u64::MAX));
        Duration::from_nanos(if is_on { drawn } else { 0 })
    }

    fn probability(&mut self, most: Probability) -> Probability {
        let is_on = self.is_on();
        let drawn = self.up_to(most.parts());
        Probability::from_parts(if is_on { drawn } else { 0 })
    }

    fn count(&mut self, most: u32) -> u64 {
        let is_on = self.is_on();
        let drawn = self.up_to(u64::from(most));
        if is_on { drawn } else { 0 }
    }

    fn one_of<'n>(&mut self, names: &[&'n str]) -> Option<&'n str> {
        let last = names.len().checked_sub(1)?;
        Some(names[self.up_to(last as u64) as usize])
    }

    /// A beginning and an end within the horizon.
    fn span(&mut self, horizon: Duration) -> (Duration, Duration) {
        let horizon = u64::try_from(horizon.as_nanos()).unwrap_or(u64::MAX);
        let (one, other) = (self.up_to(horizon), self.up_to(horizon));
        let (begins, ends) = (one.min(other), one.max(other));
        (Duration::from_nanos(begins), Duration::from_nanos(ends))
    }
}
