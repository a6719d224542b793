//! What figures were measured on, and what spoils them there.

use std::fs::{self, File};

use serde::{Deserialize, Serialize};

use super::distribution::Distribution;
use super::figure::{Time, digits};
use super::jitter;
use crate::module::Digest;

/// What figures were measured on: the machine and the build.
///
/// ```
/// use wippy::benchmark::Machine;
///
/// let machine = Machine::look();
/// assert!(machine.cores >= 1);
/// assert_eq!(machine.is_debug, cfg!(debug_assertions));
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// How many processors this process may use.
    pub cores: usize,
    /// The kernel's release.
    pub kernel: String,
    /// What sets the processor's frequency, where the kernel says.
    pub governor: Option<String>,
    /// Whether it is a virtual machine.
    pub is_virtual: bool,
    /// The load average over the minute before.
    pub load: Option<f64>,
    /// How late the machine wakes a thread that sleeps 200 µs by system calls alone, again and again, just before:
    /// what waits for time cannot be better for less processor time. None in a simulation.
    #[serde(default)]
    pub jitter: Option<Distribution>,
    /// The version of wippy.
    pub version: String,
    /// What wippy was built for, its level of optimisation and the compiler's flags.
    #[serde(default)]
    pub build: String,
    /// The hash of the program that was running. None in a simulation.
    #[serde(default)]
    pub program: Option<String>,
    /// Whether wippy was built with debug assertions, and hardly optimised.
    pub is_debug: bool,
}

impl Machine {
    /// This one, now. It reads files of `/proc` and `/sys`.
    pub fn look() -> Machine {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let field = |name: &str| {
            let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let unknown = || "unknown".to_owned();
        let governor = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
        Machine {
            processor: field("model name").unwrap_or_else(unknown),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: line("/proc/sys/kernel/osrelease").unwrap_or_else(unknown),
            governor: line(governor),
            is_virtual: field("flags")
                .is_some_and(|flags| flags.split(' ').any(|flag| flag == "hypervisor")),
            load: line("/proc/loadavg")
                .and_then(|text| text.split(' ').next()?.parse().ok())
                .filter(|load: &f64| load.is_finite()),
            jitter: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            build: env!("WIPPY_BUILD").to_owned(),
            program: None,
            is_debug: cfg!(debug_assertions),
        }
    }

    /// What takes longer to find out: a tenth of a second, and reading the program's file.
    pub(super) fn measure() -> (Option<Distribution>, Option<String>) {
        let program = File::open("/proc/self/exe").and_then(Digest::of_reader);
        (
            jitter::measure(),
            program.ok().map(|digest| digest.to_string()),
        )
    }

    /// What spoils figures here; `others`: how many processors other programs used meanwhile.
    pub(super) fn warnings(&self, others: Option<f64>) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.is_debug {
            warnings.push(
                "this is a debug build of wippy: build it with --release before you believe a figure"
                    .to_owned(),
            );
        }
        if let Some(others) = others.filter(|others| *others > 0.1) {
            warnings.push(format!(
                "other programs used {} of {} processors meanwhile: stop them",
                digits(others),
                self.cores
            ));
        }
        if let Some(load) = self.load.filter(|load| *load > 0.5) {
            warnings.push(format!(
                "the load average was {} before: something else runs, or has just run",
                digits(load)
            ));
        }
        if let Some(governor) = self.governor.as_ref().filter(|it| *it != "performance") {
            warnings.push(format!(
                "the processor's frequency changes with its load (governor {governor}): set the governor \
                 performance"
            ));
        }
        if self.cores == 1 {
            warnings.push(
                "there is one processor: whatever else runs, the kernel too, interrupts what is measured"
                    .to_owned(),
            );
        }
        warnings
    }

    /// What another machine has otherwise, each with both values. Neither its load nor its version of wippy.
    pub(super) fn differences(&self, other: &Machine) -> Vec<String> {
        let governor = |it: &Machine| it.governor.clone().unwrap_or_else(|| "unknown".to_owned());
        let build = |it: &Machine| if it.is_debug { "debug" } else { "release" };
        let pairs = [
            ("processor", self.processor.clone(), other.processor.clone()),
            ("cores", self.cores.to_string(), other.cores.to_string()),
            ("kernel", self.kernel.clone(), other.kernel.clone()),
            ("governor", governor(self), governor(other)),
            ("build", build(self).to_owned(), build(other).to_owned()),
        ];
        let different = pairs.into_iter().filter(|(_, here, there)| here != there);
        let lines =
            different.map(|(name, here, there)| format!("{name}: {here:?}, there {there:?}"));
        lines.collect()
    }

    /// One line a fact: its name and its value.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let kind = if self.is_virtual { ", virtual" } else { "" };
        let unknown = || "unknown".to_owned();
        vec![
            (
                "machine",
                format!("{} x {}{kind}", self.cores, self.processor),
            ),
            ("kernel", self.kernel.clone()),
            ("governor", self.governor.clone().unwrap_or_else(unknown)),
            ("load before", self.load.map_or_else(unknown, digits)),
            ("jitter", self.jitter.as_ref().map_or_else(unknown, late)),
            (
                "wippy",
                match self.is_debug {
                    true => format!("{}, debug build", self.version),
                    false => format!("{}, release build", self.version),
                },
            ),
            ("built for", self.build.clone()),
            ("program", self.program.clone().unwrap_or_else(unknown)),
        ]
    }
}

/// The jitter in words.
fn late(jitter: &Distribution) -> String {
    let at = |quantile| Time(jitter.quantile(quantile).unwrap_or_default()).to_string();
    format!(
        "sleeps of 200 µs without wippy: late by {} / {}",
        at(0.5),
        at(0.99)
    )
}

fn line(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet() -> Machine {
        Machine {
            processor: "a processor".to_owned(),
            cores: 4,
            kernel: "6.1".to_owned(),
            governor: Some("performance".to_owned()),
            is_virtual: false,
            load: Some(0.1),
            jitter: None,
            version: "1.0.0".to_owned(),
            build: "a target".to_owned(),
            program: None,
            is_debug: false,
        }
    }

    #[test]
    fn a_quiet_machine_spoils_nothing() {
        assert_eq!(quiet().warnings(Some(0.05)), [""; 0]);
    }

    #[test]
    fn each_thing_that_spoils_figures_is_said() {
        let machine = Machine {
            cores: 1,
            governor: Some("powersave".to_owned()),
            load: Some(1.5),
            is_debug: true,
            ..quiet()
        };
        let warnings = machine.warnings(Some(0.7));
        let words = [
            "debug build",
            "used 0.7 of 1",
            "was 1.5",
            "powersave",
            "one processor",
        ];
        assert_eq!(warnings.len(), words.len(), "{warnings:#?}");
        for (warning, word) in warnings.iter().zip(words) {
            assert!(warning.contains(word), "{warning}");
        }
    }

    #[test]
    fn another_load_or_version_is_no_other_machine() {
        let other = Machine {
            load: None,
            program: Some("sha256:00".to_owned()),
            version: "2.0.0".to_owned(),
            cores: 8,
            ..quiet()
        };
        assert_eq!(quiet().differences(&other), [r#"cores: "4", there "8""#]);
    }
}
