//! The entropy seam: all randomness that the dispatcher gives out or uses.

use std::cell::RefCell;

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};
use rustix::rand::{GetRandomFlags, getrandom};

use crate::Error;

/// What randomness is for. A simulation draws each from its own stream of one seed, so that more
/// draws from one do not change another.
///
/// ```
/// use wippy_dispatcher::{Dispatcher, RngStream};
///
/// let draw = |seed| {
///     let mut bytes = [0; 8];
///     let handle = Dispatcher::simulated(seed)?;
///     handle.handle().fill_random(RngStream::Secure, &mut bytes)?;
///     Ok::<_, wippy_dispatcher::Error>(bytes)
/// };
/// assert_eq!(draw(1)?, draw(1)?);
/// assert_ne!(draw(1)?, draw(2)?);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RngStream {
    /// For secrets: the kernel's generator, except in a simulation.
    Secure,
    /// Fast and not for secrets: seeded from the kernel once.
    Insecure,
}

/// What draws from a stream of its own: guests and the program, and the simulation's own choices.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Random(RngStream),
    /// How long simulated work takes.
    Delay,
    /// Which task goes next.
    Pick,
}

impl Purpose {
    /// The number of its stream. It decides what a seed gives, so it must not change.
    fn index(self) -> usize {
        match self {
            Purpose::Random(RngStream::Secure) => 0,
            Purpose::Random(RngStream::Insecure) => 1,
            Purpose::Delay => 2,
            Purpose::Pick => 3,
        }
    }
}

pub(crate) enum Entropy {
    /// `None` until the first insecure draw.
    System(RefCell<Option<Box<ChaCha12Rng>>>),
    Seeded(Box<RefCell<[ChaCha12Rng; 4]>>),
}

impl Entropy {
    pub(crate) fn system() -> Entropy {
        Entropy::System(RefCell::new(None))
    }

    pub(crate) fn seeded(seed: u64) -> Entropy {
        let stream = |number| {
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            rng.set_stream(number);
            rng
        };
        let streams = [stream(0), stream(1), stream(2), stream(3)];
        Entropy::Seeded(Box::new(RefCell::new(streams)))
    }

    pub(crate) fn fill(&self, purpose: Purpose, buffer: &mut [u8]) -> Result<(), Error> {
        match self {
            Entropy::Seeded(streams) => {
                streams.borrow_mut()[purpose.index()].fill_bytes(buffer);
                Ok(())
            }
            Entropy::System(_) if purpose == Purpose::Random(RngStream::Secure) => kernel(buffer),
            Entropy::System(rng) => {
                let mut rng = rng.borrow_mut();
                let rng = match &mut *rng {
                    Some(rng) => rng,
                    empty => {
                        let mut seed = [0; 32];
                        kernel(&mut seed)?;
                        empty.insert(Box::new(ChaCha12Rng::from_seed(seed)))
                    }
                };
                rng.fill_bytes(buffer);
                Ok(())
            }
        }
    }

    /// A number below `bound`, which must not be zero. The bias of the remainder is below 2^-32 for
    /// bounds below 2^32, and all that occur are.
    pub(crate) fn below(&self, purpose: Purpose, bound: u64) -> Result<u64, Error> {
        let mut bytes = [0; 8];
        self.fill(purpose, &mut bytes)?;
        debug_assert!(bound > 0, "there is no number below zero");
        Ok(u64::from_le_bytes(bytes) % bound.max(1))
    }
}

/// Fills from `getrandom(2)`, which may be interrupted or answer less than was asked.
fn kernel(mut buffer: &mut [u8]) -> Result<(), Error> {
    while !buffer.is_empty() {
        match getrandom(&mut *buffer, GetRandomFlags::empty()) {
            Ok(filled) => buffer = &mut buffer[filled..],
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURPOSES: [Purpose; 4] = [
        Purpose::Random(RngStream::Secure),
        Purpose::Random(RngStream::Insecure),
        Purpose::Delay,
        Purpose::Pick,
    ];

    fn draw(entropy: &Entropy, purpose: Purpose) -> [u8; 16] {
        let mut bytes = [0; 16];
        entropy.fill(purpose, &mut bytes).expect("entropy");
        bytes
    }

    #[test]
    fn streams_of_one_seed_are_independent_and_repeat() {
        let (a, b) = (Entropy::seeded(1), Entropy::seeded(1));
        let expected = PURPOSES.map(|purpose| [draw(&a, purpose), draw(&a, purpose)]);
        // More of one stream, and another order, shift no other.
        for (purpose, expected) in PURPOSES.into_iter().zip(expected).rev() {
            assert_eq!([draw(&b, purpose), draw(&b, purpose)], expected);
            draw(&b, purpose);
        }
        let mut all = expected.as_flattened().to_vec();
        all.extend(PURPOSES.map(|purpose| draw(&Entropy::seeded(2), purpose)));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 12);
    }

    #[test]
    fn the_kernels_generator_fills_large_buffers() {
        let mut bytes = vec![0; 1 << 20];
        Entropy::system()
            .fill(Purpose::Random(RngStream::Secure), &mut bytes)
            .expect("getrandom");
        for part in bytes.chunks(1 << 16) {
            assert!(part.iter().any(|&byte| byte != 0));
        }
    }
}
