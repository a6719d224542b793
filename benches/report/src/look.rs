//! A look at this machine.

use std::fs;

use crate::machine::{IdleState, Machine};

const CPUS: &str = "/sys/devices/system/cpu";

impl Machine {
    /// This one, now.
    pub fn look() -> Machine {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let version = line("/proc/version").unwrap_or_default();
        let words = ["PREEMPT_RT", "PREEMPT_DYNAMIC", "PREEMPT"];
        let preemption = words.into_iter().find(|word| version.contains(word));
        Machine {
            processor: field(&cpuinfo, "model name").unwrap_or_else(unknown),
            cores: count_list(&line(&format!("{CPUS}/online")).unwrap_or_default()).max(1),
            allowed: field(&status, "Cpus_allowed_list").unwrap_or_else(unknown),
            threads_share_cores: line(&format!("{CPUS}/smt/active")).map(|active| active == "1"),
            hypervisor: hypervisor(&cpuinfo),
            kernel: line("/proc/sys/kernel/osrelease").unwrap_or_else(unknown),
            preemption: preemption.unwrap_or("none").to_owned(),
            clock_source: line("/sys/devices/system/clocksource/clocksource0/current_clocksource")
                .unwrap_or_else(unknown),
            governor: line(&format!("{CPUS}/cpu0/cpufreq/scaling_governor")),
            idle: idle(),
            idle_states: idle_states(),
            timer_slack: number("/proc/self/timerslack_ns"),
            policy: policy().unwrap_or_else(unknown),
            isolated: line(&format!("{CPUS}/isolated")).unwrap_or_default(),
            without_tick: line(&format!("{CPUS}/nohz_full")).unwrap_or_default(),
            load: load(),
            memory: memory(),
            lockable: lockable().unwrap_or_else(unknown),
            io_uring_disabled: number("/proc/sys/kernel/io_uring_disabled"),
        }
    }
}

fn unknown() -> String {
    "unknown".to_owned()
}

fn line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned())
}

fn number(path: &str) -> Option<u64> {
    line(path)?.parse().ok()
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// How many numbers a list such as `0-2,5` holds.
fn count_list(list: &str) -> usize {
    let ranges = list.split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (
            first.trim().parse::<usize>().ok()?,
            last.trim().parse::<usize>().ok()?,
        );
        Some(last.checked_sub(first)? + 1)
    });
    ranges.sum()
}

fn hypervisor(cpuinfo: &str) -> Option<String> {
    let flags = field(cpuinfo, "flags").unwrap_or_default();
    let kind = line("/sys/hypervisor/type");
    if kind.is_none() && !flags.split(' ').any(|flag| flag == "hypervisor") {
        return None;
    }
    let vendor = line("/sys/class/dmi/id/sys_vendor").or(kind);
    Some(vendor.unwrap_or_else(|| "an unknown hypervisor".to_owned()))
}

fn idle() -> String {
    let part = |name: &str| line(&format!("{CPUS}/cpuidle/{name}"));
    let driver = part("current_driver").unwrap_or_else(unknown);
    let governor = part("current_governor").unwrap_or_else(unknown);
    format!("driver {driver}, governor {governor}")
}

fn idle_states() -> Vec<IdleState> {
    let states = (0..).map_while(|at| {
        let part = |name: &str| line(&format!("{CPUS}/cpu0/cpuidle/state{at}/{name}"));
        Some(IdleState {
            name: part("name")?,
            latency: part("latency")?.parse().ok()?,
            disabled: part("disable").is_some_and(|disabled| disabled != "0"),
        })
    });
    states.collect()
}

/// From the fields of `/proc/self/stat` behind the name, which may hold blanks.
fn policy() -> Option<String> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let (priority, policy) = (fields.get(37)?, fields.get(38)?);
    let nice = fields.get(16)?;
    Some(match *policy {
        "0" => format!("SCHED_OTHER, nice {nice}"),
        "1" => format!("SCHED_FIFO, priority {priority}"),
        "2" => format!("SCHED_RR, priority {priority}"),
        "3" => "SCHED_BATCH".to_owned(),
        "5" => "SCHED_IDLE".to_owned(),
        "6" => "SCHED_DEADLINE".to_owned(),
        other => format!("number {other}"),
    })
}

fn load() -> String {
    let text = line("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn memory() -> u64 {
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = field(&meminfo, "MemTotal").unwrap_or_default();
    let kilobytes = total
        .split(' ')
        .next()
        .and_then(|count| count.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}

fn lockable() -> Option<String> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max locked memory"))?;
    let soft = line.split_whitespace().nth(3)?;
    Some(match soft.parse::<u64>() {
        Ok(bytes) => format!("{} KiB", bytes / 1024),
        Err(_) => soft.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cores_are_counted() {
        assert_eq!(count_list("0-1"), 2);
        assert_eq!(count_list("0,2-4,9"), 5);
        assert_eq!(count_list(""), 0);
        assert_eq!(count_list("4-2"), 0);
    }

    #[test]
    fn this_machine_can_be_described() {
        let machine = Machine::look();
        assert!(machine.cores >= 1);
        assert!(machine.policy.starts_with("SCHED_"), "{}", machine.policy);
        assert!(machine.facts().iter().all(|(_, value)| !value.is_empty()));
    }
}
