//! Edits as the command line has them.

use std::collections::BTreeSet;
use std::time::Duration;

use wippy_dispatcher::sim::{Edits, Fault, FaultId, FoundFault, RunNotes, Switch};

use crate::nearest::nearest;
use crate::registry::parse_duration;

/// What a run is without.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Without {
    /// A fault.
    Fault(FaultId),
    /// A switch.
    Switch(Switch),
}

/// What a run has besides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum With {
    /// A fault at a place in the run, and how much of it.
    Fault(FaultId, u64),
    /// A fault more of the timetable.
    Timed(Duration, Fault),
    /// A switch.
    Switch(Switch),
}

/// `loss:1-2:7`, `switch:4.7`
pub(super) fn without(text: &str) -> Result<Without, String> {
    match text.starts_with("switch:") {
        true => text.parse().map(Without::Switch),
        false => text.parse().map(Without::Fault),
    }
    .map_err(|error| error.to_string())
}

/// `loss:1-2:7`, `delay:1-2:7=3ms`, `switch:4.7`, `at 5s crash server`
pub(super) fn with(text: &str) -> Result<With, String> {
    if let Some(rest) = text.strip_prefix("at ") {
        let parts = rest.trim_start().split_once(' ');
        let parts = parts.and_then(|(after, fault)| Some((parse_duration(after)?, fault)));
        let (after, fault) =
            parts.ok_or("expected a time and a fault, such as at 5s crash server")?;
        let fault: Fault = fault.parse().map_err(|error| format!("{error}"))?;
        if matches!(fault, Fault::ClockDrift(_, ppm) if ppm.unsigned_abs() > 500_000) {
            return Err("a clock drifts by 500000 ppm at most, half of the time".to_owned());
        }
        return Ok(With::Timed(after, fault));
    }
    if text.starts_with("switch:") {
        let switch = text.parse().map(With::Switch);
        return switch.map_err(|error| error.to_string());
    }
    let (name, amount) = match text.split_once('=') {
        Some((name, amount)) => (name, Some(amount)),
        None => (text, None),
    };
    let fault: FaultId = name.parse().map_err(|error| format!("{error}"))?;
    match (fault.has_amount(), amount) {
        (false, None) => Ok(With::Fault(fault, 0)),
        (false, Some(_)) => Err(format!("{fault} has no amount")),
        (true, amount) => match amount.and_then(|text| amount_of(fault, text)) {
            Some(amount) => Ok(With::Fault(fault, amount)),
            None => Err(format!(
                "expected an amount, such as {fault}=3ms, or bytes for short-io and lost-write"
            )),
        },
    }
}

/// Bytes or nanoseconds.
fn amount_of(fault: FaultId, text: &str) -> Option<u64> {
    match text.parse() {
        Ok(number) => Some(number),
        Err(_) if matches!(fault, FaultId::ShortIo { .. } | FaultId::LostWrite { .. }) => None,
        Err(_) => u64::try_from(parse_duration(text)?.as_nanos()).ok(),
    }
}

/// The edits with what the command line changes of them.
pub(super) fn changed(edits: Edits, without: &[Without], with: &[With]) -> Edits {
    let edits = without.iter().fold(edits, |edits, without| match without {
        Without::Fault(fault) => edits.without(*fault),
        Without::Switch(switch) => edits.without_switch(*switch),
    });
    with.iter().fold(edits, |edits, with| match with {
        With::Fault(fault, amount) => edits.with(*fault, *amount),
        With::Timed(after, fault) => edits.at(*after, fault.clone()),
        With::Switch(switch) => edits.with_switch(*switch),
    })
}

/// Refuses faults of hosts that there are not.
///
/// # Errors
/// A text that names the hosts that there are.
pub(super) fn check_hosts<'a>(
    with: &[With],
    known: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), String> {
    for with in with {
        let With::Timed(_, fault) = with else {
            continue;
        };
        let unknown = fault.hosts().into_iter();
        let unknown =
            unknown.filter(|host| known.clone().all(|known| !known.eq_ignore_ascii_case(host)));
        if let Some(host) = unknown.into_iter().next() {
            let hint = match nearest(host, known.clone()) {
                Some(near) => format!(" (did you mean {near:?}?)"),
                None => String::new(),
            };
            let known = known.collect::<Vec<_>>().join(", ");
            return Err(format!(
                "--with \"{fault}\": there is no host {host:?}{hint}; the hosts are {known}"
            ));
        }
    }
    Ok(())
}

/// Switches that are to be taken out of a run that does not have them.
pub(super) fn unknown_switches(edits: &Edits, without: &[Without]) -> Vec<String> {
    let there = edits.switches().unwrap_or_default();
    let is_there = |it: &Switch| {
        let mut there = there.iter();
        there.any(|known| (known.task, known.run) == (it.task, it.run))
    };
    let unknown = without.iter().filter_map(|without| match without {
        Without::Switch(switch) if !is_there(switch) => Some(switch.to_string()),
        _ => None,
    });
    unknown.collect()
}

/// What the command line names and a run did not come to. The faults that are `listed` are those of the run that is edited.
pub(super) fn unmet(
    notes: &RunNotes,
    listed: &BTreeSet<FaultId>,
    without: &[Without],
    with: &[With],
) -> Vec<String> {
    let (faults, prevented, switches) = (notes.faults(), notes.prevented(), notes.switches());
    let mut unmet = Vec::new();
    for without in without {
        // Which switches there would have been is known before the run.
        if let Without::Fault(fault) = without
            && !prevented.contains(fault)
            && !listed.contains(fault)
        {
            unmet.push(fault.to_string());
        }
    }
    for with in with {
        let (is_met, name) = match with {
            With::Fault(fault, _) => (
                faults.iter().any(|found| found.id == *fault),
                fault.to_string(),
            ),
            With::Timed(after, fault) => {
                // The amount of such a fault is its time.
                let is_it = |found: &FoundFault| {
                    matches!(found.id, FaultId::Added(_))
                        && u128::from(found.amount) == after.as_nanos()
                };
                let name = format!("at {after:?} {fault}");
                (faults.iter().any(is_it), name)
            }
            With::Switch(switch) => {
                let is_it = |it: Switch| (it.task, it.run) == (switch.task, switch.run);
                let is_met = switches.iter().any(|found| is_it(found.switch));
                (is_met, switch.to_string())
            }
        };
        if !is_met {
            unmet.push(name);
        }
    }
    unmet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_units() {
        let delay = FaultId::Delay {
            from: 1,
            to: 2,
            packet: 7,
        };
        assert_eq!(with("delay:1-2:7=3ms"), Ok(With::Fault(delay, 3_000_000)));
        assert_eq!(with("delay:1-2:7=30"), Ok(With::Fault(delay, 30)));
        let pause = Fault::Pause("a".to_owned());
        let after = Duration::from_secs(5);
        assert_eq!(with("at 5s pause a"), Ok(With::Timed(after, pause)));
        for wrong in [
            "delay:1-2:7",
            "loss:1-2:7=1",
            "short-io:1:3=3ms",
            "at 5s",
            "at x pause a",
            "at 5s stop a",
            "at 5s clock drift a 500001 ppm",
            "switch:4",
            "",
        ] {
            assert!(with(wrong).is_err(), "{wrong}");
        }
    }
}
