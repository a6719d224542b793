//! How likely a fault is.

/// A probability in parts of 2^32, so that the same number means the same on every machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Probability(u64);

impl Probability {
    pub(crate) const ALWAYS: u64 = 1 << 32;
    pub(crate) const EVEN: Probability = Probability(Probability::ALWAYS / 2);

    /// From 0 to 1; what lies outside counts as the nearer of the two, and what is no number as 0.
    pub(crate) fn of(probability: f64) -> Probability {
        // The conversion saturates, and what is no number becomes 0.
        Probability(((probability * Probability::ALWAYS as f64) as u64).min(Probability::ALWAYS))
    }

    /// Parts of 2^32.
    pub(crate) fn parts(self) -> u64 {
        self.0
    }

    pub(crate) fn from_parts(parts: u64) -> Probability {
        Probability(parts.min(Probability::ALWAYS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_count_as_the_nearest() {
        assert_eq!(Probability::of(-1.0).parts(), 0);
        assert_eq!(Probability::of(f64::NAN).parts(), 0);
        assert_eq!(Probability::of(0.5).parts(), 1 << 31);
        assert_eq!(Probability::of(7.0).parts(), Probability::ALWAYS);
    }
}
