//! How many places a pool has that follows its load.

use std::time::Duration;

use wippy_dispatcher::Instant;

/// How long the oldest caller waits before there is one place more.
const GROW_AFTER: Duration = Duration::from_millis(10);
/// How long a place is idle before there is one less.
const SHRINK_AFTER: Duration = Duration::from_secs(30);

/// Between one place and a bound: one more each time that the oldest caller has waited for 10 ms,
/// at most one in 10 ms; one less for each 30 s in which not all were in use.
#[derive(Debug)]
pub(super) struct Adaptive {
    max: u32,
    /// When the last place was added.
    grown: Option<Instant>,
    /// Since when not all places are in use, or the last one was taken away.
    idle_since: Option<Instant>,
}

impl Adaptive {
    /// For a pool that begins with one place.
    pub(super) fn new(max: u32) -> Adaptive {
        Adaptive {
            max,
            grown: None,
            idle_since: None,
        }
    }

    /// When there will be one more than these places, if a caller who has waited `since` then is
    /// still the oldest. `None` at the bound.
    pub(super) fn grows_at(&self, places: u32, since: Instant) -> Option<Instant> {
        let after_last = self.grown.map_or(since, |grown| grown.max(since));
        (places < self.max).then(|| after_last + GROW_AFTER)
    }

    /// One place was added.
    pub(super) fn grew(&mut self, now: Instant) {
        self.grown = Some(now);
        self.idle_since = None;
    }

    /// How many of these places are to be taken away, `free` of which nobody has.
    pub(super) fn shrinks_by(&mut self, places: u32, free: u32, now: Instant) -> u32 {
        let Some(since) = self.idle_since else {
            return 0;
        };
        let periods = now.since(since).as_secs() / SHRINK_AFTER.as_secs();
        let most = free.min(places.saturating_sub(1));
        let fewer = u32::try_from(periods).unwrap_or(u32::MAX).min(most);
        if fewer > 0 {
            self.idle_since = Some(now);
        }
        fewer
    }

    /// A place is not in use from now on.
    pub(super) fn set_idle(&mut self, now: Instant) {
        self.idle_since.get_or_insert(now);
    }

    /// All places are in use from now on.
    pub(super) fn set_busy(&mut self) {
        self.idle_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn it_grows_step_by_step_to_its_bound() {
        let mut adaptive = Adaptive::new(3);
        assert_eq!(adaptive.grows_at(1, at(5)), Some(at(5) + GROW_AFTER));
        adaptive.grew(at(6));
        assert_eq!(adaptive.grows_at(2, at(5)), Some(at(6) + GROW_AFTER));
        assert_eq!(adaptive.grows_at(2, at(7)), Some(at(7) + GROW_AFTER));
        assert_eq!(adaptive.grows_at(3, at(7)), None);
    }

    #[test]
    fn what_is_idle_goes_one_by_one_and_never_the_last() {
        let mut adaptive = Adaptive::new(8);
        assert_eq!(adaptive.shrinks_by(8, 8, at(1_000)), 0, "never in use");
        adaptive.set_idle(at(0));
        assert_eq!(adaptive.shrinks_by(8, 8, at(29)), 0);
        assert_eq!(adaptive.shrinks_by(8, 8, at(30)), 1);
        assert_eq!(adaptive.shrinks_by(7, 7, at(59)), 0);
        assert_eq!(adaptive.shrinks_by(7, 7, at(91)), 2);
        adaptive.set_busy();
        assert_eq!(adaptive.shrinks_by(5, 5, at(1_000)), 0);
        adaptive.set_idle(at(1_000));
        adaptive.set_idle(at(1_020));
        assert_eq!(
            adaptive.shrinks_by(5, 2, at(9_000)),
            2,
            "what is in use stays"
        );
        assert_eq!(
            adaptive.shrinks_by(3, 3, at(90_000)),
            2,
            "the last one stays"
        );
    }
}
