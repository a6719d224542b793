//! What else a machine did during a run.

use std::fs;

use crate::machine::Warning;

/// What the processors have done since the machine was started, and which part of it this process and its children.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Activity {
    /// All, idle time included, in ticks of a hundredth of a second.
    all: u64,
    /// Spent on programs and the kernel.
    busy: u64,
    /// Taken by the host of a virtual machine.
    stolen: u64,
    /// Of this process and of its children that have ended.
    own: u64,
}

/// The share of the machine's time from which on others are named.
const OTHERS: f64 = 0.03;
/// The share of the machine's time from which on the host is named.
const STOLEN: f64 = 0.005;

impl Activity {
    /// Until now. Where the system does not tell, nothing has been done.
    pub fn now() -> Activity {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let own = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        Activity::parse(&stat, &own)
    }

    fn parse(stat: &str, own: &str) -> Activity {
        let first = stat.lines().next().unwrap_or_default();
        let ticks: Vec<u64> = first
            .split_whitespace()
            .skip(1)
            .filter_map(|word| word.parse().ok())
            .collect();
        let tick = |at: usize| ticks.get(at).copied().unwrap_or(0);
        // user, nice, system, idle, iowait, irq, softirq, steal; guests are part of user.
        let idle = tick(3) + tick(4);
        let stolen = tick(7);
        let busy = tick(0) + tick(1) + tick(2) + tick(5) + tick(6);
        let own = own.rsplit_once(')').map_or("", |(_, fields)| fields);
        let own = own
            .split_whitespace()
            .skip(11)
            .take(4)
            .filter_map(|word| word.parse::<u64>().ok())
            .sum();
        Activity {
            all: idle + stolen + busy,
            busy,
            stolen,
            own,
        }
    }

    /// What of the time since an earlier look spoils the figures that were measured in it.
    pub fn warnings_since(&self, earlier: &Activity) -> Vec<Warning> {
        let passed = |of: fn(&Activity) -> u64| of(self).saturating_sub(of(earlier)) as f64;
        let all = passed(|activity| activity.all).max(1.0);
        let others =
            (passed(|activity| activity.busy) - passed(|activity| activity.own)).max(0.0) / all;
        let stolen = passed(|activity| activity.stolen) / all;
        let mut warnings = Vec::new();
        if others > OTHERS {
            warnings.push(Warning {
                found: format!(
                    "other programs that took {:.0} % of the machine's time during the run",
                    others * 100.0
                ),
                spoils: "All figures, high percentiles most: run it where nothing else does."
                    .to_owned(),
            });
        }
        if stolen > STOLEN {
            warnings.push(Warning {
                found: format!(
                    "a host that took {:.1} % of the machine's time during the run",
                    stolen * 100.0
                ),
                spoils: "High percentiles are the host's.".to_owned(),
            });
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(user: u64, idle: u64, stolen: u64, own: u64) -> Activity {
        let stat = format!("cpu  {user} 0 0 {idle} 0 0 0 {stolen} 0 0\ncpu0 1 1 1\n");
        let own = format!("7 (a name) with) S 1 2 3 4 5 6 7 8 9 10 {own} 0 0 0 20 0");
        Activity::parse(&stat, &own)
    }

    #[test]
    fn only_others_are_named() {
        let before = at(100, 1000, 0, 10);
        // All of the work is its own.
        assert_eq!(at(300, 1800, 0, 210).warnings_since(&before), Vec::new());
        // Half of it is not.
        let warnings = at(300, 1800, 0, 110).warnings_since(&before);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].found.contains("10 %"), "{warnings:?}");
    }

    #[test]
    fn the_host_is_named() {
        let warnings = at(0, 900, 100, 0).warnings_since(&at(0, 0, 0, 0));
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].found.contains("10.0 %"), "{warnings:?}");
    }

    #[test]
    fn a_system_that_tells_nothing_has_no_warnings() {
        let nothing = Activity::parse("", "");
        assert_eq!(nothing.warnings_since(&nothing), Vec::new());
    }
}
