//! What the way from one simulated host to another is like.

use std::fmt;
use std::time::Duration;

use crate::sim::probability::Probability;

/// A link between two hosts, the same in both directions. Each packet's delay is its latency, a jitter
/// that is drawn, and where there is a bandwidth the time that it and what was sent before it take.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::sim::Link;
///
/// let slow = Link::new()
///     .latency(Duration::from_millis(80))
///     .jitter(Duration::from_millis(20))
///     .bandwidth(125_000)
///     .loss(0.01);
/// # let _ = slow;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link {
    pub(crate) latency: Duration,
    pub(crate) jitter: Duration,
    /// Bytes a second; 0 is unlimited.
    pub(crate) bandwidth: u64,
    pub(crate) queue: u64,
    pub(crate) loss: Probability,
    pub(crate) duplication: Probability,
    pub(crate) reordering: Probability,
    pub(crate) reorder_delay: Duration,
}

impl Default for Link {
    fn default() -> Link {
        Link::new()
    }
}

impl Link {
    /// A latency of 1 ms and nothing else: no jitter, no loss, unlimited bandwidth.
    pub fn new() -> Link {
        Link {
            latency: Duration::from_millis(1),
            jitter: Duration::ZERO,
            bandwidth: 0,
            queue: 1 << 20,
            loss: Probability::default(),
            duplication: Probability::default(),
            reordering: Probability::default(),
            reorder_delay: Duration::from_millis(10),
        }
    }

    /// The time that every packet takes.
    pub fn latency(mut self, latency: Duration) -> Link {
        self.latency = latency;
        self
    }

    /// The most that is added to a packet's latency; how much is drawn uniformly.
    pub fn jitter(mut self, jitter: Duration) -> Link {
        self.jitter = jitter;
        self
    }

    /// Bytes a second in each direction, headers of 40 bytes a packet included; 0 is unlimited.
    pub fn bandwidth(mut self, bytes_a_second: u64) -> Link {
        self.bandwidth = bytes_a_second;
        self
    }

    /// How many bytes wait in each direction where there is a bandwidth; a packet that comes when they
    /// are more is lost. Default 1 MiB.
    pub fn queue(mut self, bytes: u64) -> Link {
        self.queue = bytes;
        self
    }

    /// The probability with which a packet is lost. TCP sends it again.
    pub fn loss(mut self, probability: f64) -> Link {
        self.loss = Probability::of(probability);
        self
    }

    /// The probability with which a datagram arrives twice.
    pub fn duplication(mut self, probability: f64) -> Link {
        self.duplication = Probability::of(probability);
        self
    }

    /// The probability with which a datagram is held back, so that later ones overtake it.
    pub fn reordering(mut self, probability: f64) -> Link {
        self.reordering = Probability::of(probability);
        self
    }

    /// The most that a datagram is held back; how much is drawn uniformly. Default 10 ms.
    pub fn reorder_delay(mut self, delay: Duration) -> Link {
        self.reorder_delay = delay;
        self
    }

    /// The most that a packet and its answer take on an idle link.
    pub(crate) fn round_trip(&self) -> Duration {
        (self.latency.saturating_add(self.jitter)).saturating_mul(2)
    }
}

/// Latency, jitter and the longest delay of a datagram in nanoseconds, bandwidth in bytes a second, the
/// queue in bytes, probabilities in parts of 2^32.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "latency {} jitter {} bandwidth {} queue {} loss {} duplication {} reordering {} {}",
            self.latency.as_nanos(),
            self.jitter.as_nanos(),
            self.bandwidth,
            self.queue,
            self.loss.parts(),
            self.duplication.parts(),
            self.reordering.parts(),
            self.reorder_delay.as_nanos(),
        )
    }
}
