//! What the process and the machine have used so far.

use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The processor time that this process has used, over all its threads.
pub(super) fn processor_time() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// The most memory that this process has had so far, in bytes. None where `/proc` does not say.
pub(super) fn peak_memory() -> Option<u64> {
    peak_of(&fs::read_to_string("/proc/self/status").ok()?)
}

fn peak_of(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The time that all processors together were busy, and have had, since the machine's start, in ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticks {
    busy: u64,
    all: u64,
    processors: usize,
}

impl Ticks {
    /// Those so far. None where `/proc` does not say.
    pub(super) fn now() -> Option<Ticks> {
        Ticks::of(&fs::read_to_string("/proc/stat").ok()?)
    }

    fn of(stat: &str) -> Option<Ticks> {
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        // user, nice, system, idle, iowait, irq, softirq, steal; guests' time is in that of users.
        let fields: Vec<u64> = line
            .split_whitespace()
            .take(8)
            .map(|field| field.parse().ok())
            .collect::<Option<_>>()?;
        let all: u64 = fields.iter().sum();
        let idle = fields.get(3)? + fields.get(4)?;
        let is_one = |line: &&str| line.starts_with("cpu") && !line.starts_with("cpu ");
        Some(Ticks {
            busy: all.checked_sub(idle)?,
            all,
            processors: stat.lines().filter(is_one).count(),
        })
    }

    /// How many processors were busy since `earlier`. None where too little has passed to tell.
    pub(super) fn busy_since(self, earlier: Ticks) -> Option<f64> {
        let all = self.all.checked_sub(earlier.all)?;
        let busy = self.busy.checked_sub(earlier.busy)?;
        (all >= 20).then(|| self.processors as f64 * busy as f64 / all as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_in_kibibytes() {
        assert_eq!(peak_of("Name:\tx\nVmHWM:\t    8192 kB\n"), Some(8192 << 10));
        assert_eq!(peak_of("Name:\tx\n"), None);
        assert_eq!(peak_of("VmHWM:\t18446744073709551615 kB\n"), None);
    }

    #[test]
    fn ticks_are_busy_where_they_are_not_idle() {
        let before =
            Ticks::of("cpu  10 0 10 70 10 0 0 0 0 0\ncpu0 1 2 3\ncpu1 4\nintr 5").expect("ticks");
        let after = Ticks::of("cpu  40 0 20 120 20 0 0 0 0 0\ncpu0 1\ncpu1 2\n").expect("ticks");
        assert_eq!(after.busy_since(before), Some(0.8));
        assert_eq!(before.busy_since(before), None);
        assert!(Ticks::of("cpu  1 2 x").is_none());
    }
}
