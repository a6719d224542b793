//! What the figures were measured on, and what of that spoils them.

use serde::{Deserialize, Serialize};

/// The machine and the process's place on it, as `/proc` and `/sys` tell. What cannot be read is `None`, empty or "unknown".
#[derive(Clone, Serialize, Deserialize, Debug)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// How many cores the system has online.
    pub cores: usize,
    /// Those that this process may use, as a list such as `0-1`.
    pub allowed: String,
    /// Whether two hardware threads share a core.
    pub threads_share_cores: Option<bool>,
    /// What runs this machine, where it is a virtual one.
    pub hypervisor: Option<String>,
    /// The kernel's release.
    pub kernel: String,
    /// The kernel's preemption model, as its version names it.
    pub preemption: String,
    /// What the clock is read from.
    pub clock_source: String,
    /// The governor of the processor's frequency; none where the system does not govern it.
    pub governor: Option<String>,
    /// The driver and the governor of idle states.
    pub idle: String,
    /// The idle states of the first core; none where the system knows none and halts.
    pub idle_states: Vec<IdleState>,
    /// This process's timer slack, in nanoseconds: how much later than asked a plain timeout may end.
    pub timer_slack: Option<u64>,
    /// The scheduling policy of this process.
    pub policy: String,
    /// Cores that the scheduler leaves alone.
    pub isolated: String,
    /// Cores without a tick.
    pub without_tick: String,
    /// The load averages of 1, 5 and 15 minutes.
    pub load: String,
    /// Memory, in MiB.
    pub memory: u64,
    /// How much memory may be locked, which io_uring needs on old kernels.
    pub lockable: String,
    /// `kernel.io_uring_disabled`: 0 allowed, 1 for the privileged only, 2 forbidden.
    pub io_uring_disabled: Option<u64>,
}

/// How deep a core sleeps, and how long it takes to come back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct IdleState {
    /// Its name.
    pub name: String,
    /// The latency that the system assumes, in microseconds.
    pub latency: u64,
    /// Whether it is switched off.
    pub disabled: bool,
}

/// Something that spoils figures.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct Warning {
    /// What was found.
    pub found: String,
    /// Which figures it spoils, and how.
    pub spoils: String,
}

/// Half of a core busy with something else shows in most figures.
const BUSY: f64 = 0.5;

impl Machine {
    /// Its description, a name and a value a line.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let or_none = |text: &str| match text.is_empty() || text == "(null)" {
            true => "none".to_owned(),
            false => text.to_owned(),
        };
        let share = match self.threads_share_cores {
            Some(true) => ", two threads a core",
            Some(false) => ", one thread a core",
            None => "",
        };
        let states: Vec<String> = self
            .idle_states
            .iter()
            .map(|state| {
                let off = if state.disabled { ", off" } else { "" };
                format!("{} ({} µs{off})", state.name, state.latency)
            })
            .collect();
        vec![
            ("Processor", self.processor.clone()),
            (
                "Cores",
                format!("{} online, {} allowed{share}", self.cores, self.allowed),
            ),
            (
                "Virtual",
                self.hypervisor.clone().unwrap_or_else(|| "no".to_owned()),
            ),
            (
                "Kernel",
                format!("{}, preemption {}", self.kernel, self.preemption),
            ),
            ("Clock", self.clock_source.clone()),
            (
                "Frequency governor",
                self.governor.clone().unwrap_or_else(|| "none".to_owned()),
            ),
            (
                "Idle",
                format!("{}; states: {}", self.idle, or_none(&states.join(", "))),
            ),
            (
                "Timer slack",
                self.timer_slack.map_or_else(
                    || "unknown".to_owned(),
                    |nanos| crate::format::duration(nanos as f64),
                ),
            ),
            ("Scheduling policy", self.policy.clone()),
            (
                "Isolated cores",
                format!(
                    "{}; without tick: {}",
                    or_none(&self.isolated),
                    or_none(&self.without_tick)
                ),
            ),
            ("Load before the run", self.load.clone()),
            (
                "Memory",
                format!("{} MiB, lockable {}", self.memory, self.lockable),
            ),
            (
                "io_uring",
                match self.io_uring_disabled {
                    Some(0) => "allowed".to_owned(),
                    Some(1) => "for the privileged only".to_owned(),
                    Some(_) => "forbidden".to_owned(),
                    None => "unknown".to_owned(),
                },
            ),
        ]
    }

    /// What of it spoils figures.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |found: String, spoils: &str| {
            warnings.push(Warning {
                found,
                spoils: spoils.to_owned(),
            });
        };
        if let Some(hypervisor) = &self.hypervisor {
            warn(
                format!("a virtual machine ({hypervisor})"),
                "Arming a timer and waking an idle core leave the machine, and its host may run somebody else: sleeps, \
                 wakes and round trips have more spread, and high percentiles are the host's.",
            );
        }
        if self.cores < 2 {
            warn(
                "one core".to_owned(),
                "The thread that wakes, and the client of the echo, share it with whom they measure.",
            );
        }
        let load = self
            .load
            .split(' ')
            .next()
            .and_then(|load| load.parse::<f64>().ok());
        if load.is_some_and(|load| load >= BUSY) {
            warn(
                format!(
                    "a load of {} before the run",
                    self.load.split(' ').next().unwrap_or("")
                ),
                "Other programs take the processor away: every figure, and high percentiles most.",
            );
        }
        if let Some(governor) = self.governor.as_ref().filter(|name| *name != "performance") {
            warn(
                format!("the frequency governor {governor}"),
                "A core that sleeps much runs slower: sleeps and wakes come later than with the governor performance.",
            );
        }
        let deepest = self.idle_states.iter().filter(|state| !state.disabled);
        if let Some(state) = deepest
            .max_by_key(|state| state.latency)
            .filter(|state| state.latency > 20)
        {
            warn(
                format!(
                    "the idle state {} with {} µs to come back",
                    state.name, state.latency
                ),
                "A parked contender is late by up to that time: sleeps from about 100 µs on, and wakes.",
            );
        }
        if !matches!(
            self.clock_source.as_str(),
            "tsc" | "arch_sys_counter" | "kvm-clock"
        ) {
            warn(
                format!("the clock source {}", self.clock_source),
                "Reading the clock is a system call: rows below a microsecond.",
            );
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet() -> Machine {
        Machine {
            processor: "one".to_owned(),
            cores: 4,
            allowed: "0-3".to_owned(),
            threads_share_cores: Some(false),
            hypervisor: None,
            kernel: "6.18".to_owned(),
            preemption: "PREEMPT".to_owned(),
            clock_source: "tsc".to_owned(),
            governor: Some("performance".to_owned()),
            idle: "driver none, governor menu".to_owned(),
            idle_states: Vec::new(),
            timer_slack: Some(50_000),
            policy: "SCHED_OTHER, nice 0".to_owned(),
            isolated: String::new(),
            without_tick: String::new(),
            load: "0.02 0.10 0.30".to_owned(),
            memory: 1024,
            lockable: "8192 KiB".to_owned(),
            io_uring_disabled: Some(0),
        }
    }

    #[test]
    fn a_quiet_machine_has_no_warnings() {
        assert_eq!(quiet().warnings(), Vec::new());
    }

    #[test]
    fn each_disturbance_is_named() {
        let state = |name: &str, latency, disabled| IdleState {
            name: name.to_owned(),
            latency,
            disabled,
        };
        let machine = Machine {
            hypervisor: Some("Sheep".to_owned()),
            cores: 1,
            load: "3.10 0.10 0.30".to_owned(),
            governor: Some("powersave".to_owned()),
            idle_states: vec![
                state("C1", 2, false),
                state("C6", 170, false),
                state("C9", 900, true),
            ],
            clock_source: "hpet".to_owned(),
            ..quiet()
        };
        let found: Vec<String> = machine
            .warnings()
            .into_iter()
            .map(|warning| warning.found)
            .collect();
        let named = [
            "Sheep",
            "one core",
            "3.10",
            "powersave",
            "C6 with 170 µs",
            "hpet",
        ];
        assert_eq!(found.len(), named.len(), "{found:?}");
        for (found, name) in found.iter().zip(named) {
            assert!(found.contains(name), "{found} does not name {name}");
        }
    }
}
