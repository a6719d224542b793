//! What a simulation draws for itself: faults and delays, each kind from a stream of its own.

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};

use crate::sim::probability::Probability;

/// What is drawn. One draw more of one kind does not shift another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Choice {
    /// Whether a packet is lost.
    Loss,
    /// How much later than its link's latency a packet arrives.
    Jitter,
    /// Whether a datagram arrives twice.
    Duplication,
    /// Whether a datagram is held back, and for how long.
    Reordering,
    /// Whether a read or write is short, and how short.
    ShortIo,
    /// Whether readiness is reported without a reason.
    Spurious,
    /// How long a name lookup takes.
    NameDelay,
    /// Whether a host's crash resets its connections.
    Crash,
    /// Which faults a seed has.
    Swarm,
    /// What a crash leaves of what is not on the disk.
    Disk,
    /// Whether an operation on a file fails.
    FileError,
    /// How much longer an operation on a file takes.
    FileDelay,
}

const CHOICES: usize = 12;
/// The number of the first stream; those of [`Entropy`](crate::entropy::Entropy) are below. It decides
/// what a seed gives, so it must not change.
const FIRST_STREAM: u64 = 16;

pub(crate) struct Draws([ChaCha12Rng; CHOICES]);

impl Draws {
    pub(crate) fn new(seed: u64) -> Draws {
        Draws(std::array::from_fn(|number| {
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            rng.set_stream(FIRST_STREAM + number as u64);
            rng
        }))
    }

    /// Whether something happens. What never or always happens is not drawn.
    pub(crate) fn chance(&mut self, choice: Choice, probability: Probability) -> bool {
        match probability.parts() {
            0 => false,
            Probability::ALWAYS => true,
            parts => u64::from(self.0[choice as usize].next_u32()) < parts,
        }
    }

    /// A number from 0 to `most`, both included; 0 is not drawn. The bias of the remainder is below
    /// 2^-20 for all durations below three hours in nanoseconds.
    pub(crate) fn up_to(&mut self, choice: Choice, most: u64) -> u64 {
        match most {
            0 => 0,
            u64::MAX => self.0[choice as usize].next_u64(),
            most => self.0[choice as usize].next_u64() % (most + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_certain_is_not_drawn() {
        let (mut a, mut b) = (Draws::new(3), Draws::new(3));
        assert!(!a.chance(Choice::Loss, Probability::of(0.0)));
        assert!(a.chance(Choice::Loss, Probability::of(1.0)));
        assert_eq!(a.up_to(Choice::Loss, 0), 0);
        assert_eq!(
            a.up_to(Choice::Loss, u64::MAX),
            b.up_to(Choice::Loss, u64::MAX)
        );
        assert_ne!(
            a.up_to(Choice::Jitter, u64::MAX),
            b.up_to(Choice::Crash, u64::MAX)
        );
    }

    #[test]
    fn a_chance_comes_about_as_often_as_it_says() {
        let mut draws = Draws::new(1);
        let half = Probability::of(0.5);
        let hits = (0..10_000).filter(|_| draws.chance(Choice::Loss, half));
        assert!((4_800..5_200).contains(&hits.count()));
    }
}
