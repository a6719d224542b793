//! When a service that failed is started again.

use std::time::Duration;

use crate::registry::Lifecycle;

/// The pauses between the starts of one service (`lifecycle.restart`).
#[derive(Clone, Debug)]
pub(super) struct Pauses {
    initial: Duration,
    longest: Duration,
    factor: f64,
    /// 0: without bound.
    attempts_max: u32,
    stable: Duration,
    attempts: u32,
    next: Duration,
}

impl Pauses {
    /// Where nothing is written: 1 s at first, twice as long each time, up to 30 s, for ever; a
    /// service is stable after 5 s.
    pub fn new(lifecycle: &Lifecycle) -> Pauses {
        let restart = &lifecycle.restart;
        let initial = restart.initial_delay.unwrap_or(Duration::from_secs(1));
        Pauses {
            initial,
            longest: restart.max_delay.unwrap_or(Duration::from_secs(30)),
            factor: restart.backoff_factor.unwrap_or(2.0),
            attempts_max: restart.max_attempts.unwrap_or(0),
            stable: lifecycle.stable_threshold.unwrap_or(Duration::from_secs(5)),
            attempts: 0,
            next: initial,
        }
    }

    /// The pause before the next start of a service that ran for `ran`; `None` when it was
    /// started often enough.
    pub fn after(&mut self, ran: Duration) -> Option<Duration> {
        if ran >= self.stable {
            (self.attempts, self.next) = (0, self.initial);
        }
        if self.attempts_max != 0 && self.attempts >= self.attempts_max {
            return None;
        }
        self.attempts = self.attempts.saturating_add(1);
        let pause = self.next.min(self.longest);
        let longer = self.next.as_secs_f64() * self.factor;
        self.next = match Duration::try_from_secs_f64(longer) {
            Ok(longer) => longer.min(self.longest),
            Err(_) => self.longest,
        };
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Restart;

    fn seconds(lifecycle: &Lifecycle, ran: &[u64]) -> Vec<Option<u64>> {
        let mut pauses = Pauses::new(lifecycle);
        let after = |&ran: &u64| pauses.after(Duration::from_secs(ran)).map(|p| p.as_secs());
        ran.iter().map(after).collect()
    }

    #[test]
    fn pauses_grow_to_their_bound_and_start_anew_after_a_stable_run() {
        let default = Lifecycle::default();
        let all = |list: &[u64]| list.iter().copied().map(Some).collect::<Vec<_>>();
        let ran = [0, 0, 0, 0, 0, 0, 0, 5, 4];
        assert_eq!(
            seconds(&default, &ran),
            all(&[1, 2, 4, 8, 16, 30, 30, 1, 2])
        );
    }

    #[test]
    fn attempts_are_bounded_where_a_bound_is_written() {
        let lifecycle = Lifecycle {
            restart: Restart {
                initial_delay: Some(Duration::from_secs(3)),
                max_delay: Some(Duration::from_secs(2)),
                backoff_factor: Some(1e300),
                max_attempts: Some(2),
            },
            ..Lifecycle::default()
        };
        assert_eq!(seconds(&lifecycle, &[0, 0, 0]), [Some(2), Some(2), None]);
        assert_eq!(
            seconds(&lifecycle, &[0, 0, 9, 0, 0]),
            [Some(2), Some(2), Some(2), Some(2), None]
        );
    }
}
