//! Faults of the timetable, read from the text that they have.

use std::str::FromStr;
use std::time::Duration;

use crate::sim::fault::{Crash, Fault, NameAnswer};
use crate::sim::link::Link;
use crate::sim::probability::Probability;

/// A text that is no fault of the timetable.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "expected a fault, such as `crash HOST silent`, `restart HOST`, `pause HOST`, `resume HOST`, \
     `partition HOST | HOST`, `heal HOST | HOST`, `clock drift HOST N ppm`, or `wall clock step HOST N ns`"
)]
pub struct InvalidFault;

/// From the text of its `Display`.
///
/// ```
/// use wippy_dispatcher::sim::Fault;
///
/// let fault = Fault::partition(["a", "b"], ["c"]);
/// assert_eq!(fault.to_string(), "partition a b | c");
/// assert_eq!("partition a b | c".parse(), Ok(fault));
/// ```
impl FromStr for Fault {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Fault, InvalidFault> {
        parsed(text).ok_or(InvalidFault)
    }
}

fn parsed(text: &str) -> Option<Fault> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let host = |name: &str| name.to_owned();
    Some(match *words.as_slice() {
        ["partition", ref rest @ ..] => match groups(rest, "->") {
            Some((from, to)) => Fault::PartitionOneWay(from, to),
            None => groups(rest, "|").map(|(one, other)| Fault::Partition(one, other))?,
        },
        ["heal", ref rest @ ..] => groups(rest, "|").map(|(one, other)| Fault::Heal(one, other))?,
        ["crash", name, ref how @ ..] => {
            let how = match *how {
                [] | ["drawn"] => Crash::Drawn,
                ["silent"] => Crash::Silent,
                ["reset"] => Crash::Reset,
                _ => return None,
            };
            Fault::Crash(host(name), how)
        }
        ["restart", name] => Fault::Restart(host(name)),
        ["pause", name] => Fault::Pause(host(name)),
        ["resume", name] => Fault::Resume(host(name)),
        ["clock", "drift", name, drift, "ppm"] => {
            Fault::ClockDrift(host(name), drift.parse().ok()?)
        }
        ["wall", "clock", "step", name, step, "ns"] => {
            Fault::WallClockStep(host(name), step.parse().ok()?)
        }
        ["link", one, other, ref rest @ ..] => Fault::Link(host(one), host(other), link(rest)?),
        ["name", of, name, ref answer @ ..] => {
            let of = (of != "*").then(|| host(of));
            Fault::Name(of, host(name), name_answer(answer)?)
        }
        _ => return None,
    })
}

/// Two lists of hosts, neither of them empty.
fn groups(words: &[&str], separator: &str) -> Option<(Vec<String>, Vec<String>)> {
    let at = words.iter().position(|word| *word == separator)?;
    let names = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let (one, other) = (&words[..at], &words[at + 1..]);
    let is_name = |word: &&str| !["|", "->"].contains(word);
    let are_names = other.iter().all(is_name) && !one.is_empty() && !other.is_empty();
    are_names.then(|| (names(one), names(other)))
}

fn link(words: &[&str]) -> Option<Link> {
    let &[
        "latency",
        latency,
        "jitter",
        jitter,
        "bandwidth",
        bandwidth,
        "queue",
        queue,
        "loss",
        loss,
        "duplication",
        duplication,
        "reordering",
        reordering,
        reorder_delay,
    ] = words
    else {
        return None;
    };
    let time = |text: &str| Some(Duration::from_nanos(text.parse().ok()?));
    let probability = |text: &str| Some(Probability::from_parts(text.parse().ok()?));
    Some(Link {
        latency: time(latency)?,
        jitter: time(jitter)?,
        bandwidth: bandwidth.parse().ok()?,
        queue: queue.parse().ok()?,
        loss: probability(loss)?,
        duplication: probability(duplication)?,
        reordering: probability(reordering)?,
        reorder_delay: time(reorder_delay)?,
    })
}

fn name_answer(words: &[&str]) -> Option<NameAnswer> {
    Some(match words {
        ["not", "found"] => NameAnswer::NotFound,
        ["temporary", "failure"] => NameAnswer::Temporary,
        ["permanent", "failure"] => NameAnswer::Permanent,
        ["original"] => NameAnswer::Original,
        addresses => {
            let addresses = addresses.iter().map(|text| text.parse());
            NameAnswer::Addresses(addresses.collect::<Result<_, _>>().ok()?)
        }
    })
}
