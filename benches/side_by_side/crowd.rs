//! Guests that sleep all at once: when they start, and what counts of it. The peer includes this file too.

use serde_json::Value;

use crate::cpu;

/// The sleeps of each guest at its begin and at its end that do not count, because others still start or already end.
pub const BESIDE: usize = 1;

/// When each of `guests` starts, in nanoseconds from the first on, ascending: all over the period, in an order without pattern.
pub fn starts(guests: u32, period_us: u32) -> Vec<u64> {
    let period = u64::from(period_us) * 1000;
    let scattered = |number: u32| u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15) % period;
    let mut starts: Vec<u64> = (0..guests).map(scattered).collect();
    starts.sort_unstable();
    starts
}

/// The processor time between the last start and the first end.
#[derive(Default)]
pub struct Window {
    begun: Option<(u64, u64)>,
    ended: Option<(u64, u64)>,
}

impl Window {
    /// All have started; `now` is the monotonic clock.
    pub fn begin(&mut self, now: u64) {
        self.begun = Some((now, cpu::now()));
    }

    /// One has ended. Only the first time counts.
    pub fn end(&mut self, now: u64) {
        self.ended.get_or_insert_with(|| (now, cpu::now()));
    }

    /// The processor time, and how many sleeps ended meanwhile: guests by time by the mean length of a sleep. None
    /// where one has ended before all had started.
    pub fn cost(&self, guests: u32, period_us: u32, late: &[u64]) -> Option<(u64, f64)> {
        let (begun, computed) = self.begun?;
        let (ended, all) = self.ended?;
        let length = ended.checked_sub(begun)? as f64;
        let late = late.iter().sum::<u64>() as f64 / late.len().max(1) as f64;
        let sleeps = f64::from(guests) * length / (f64::from(period_us) * 1000.0 + late);
        Some((all.checked_sub(computed)?, sleeps))
    }
}

/// The sleeps of a guest that count.
pub fn counting(value: &Value) -> Vec<u64> {
    let times: Vec<u64> = value
        .as_array()
        .map(|times| times.iter().filter_map(Value::as_u64).collect())
        .unwrap_or_default();
    let last = times.len().saturating_sub(BESIDE);
    times.get(BESIDE..last).unwrap_or_default().to_vec()
}
