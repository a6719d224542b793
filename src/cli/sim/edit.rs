//! Edits as the command line has them.

use std::time::Duration;

use wippy_dispatcher::sim::{Edits, Fault, FaultId, Switch};

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
            "switch:4",
            "",
        ] {
            assert!(with(wrong).is_err(), "{wrong}");
        }
    }
}
