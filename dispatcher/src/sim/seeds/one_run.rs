//! One seed: run once, or twice and compared.

use std::fmt::{Display, Write};

use crate::sim::seeds::capture::traces_of;
use crate::sim::seeds::panics::{Watched, watch};
use crate::sim::trace::Trace;

/// How many records are shown before the first that differs.
const CONTEXT: usize = 3;

/// How seeds are run.
pub(super) struct Runs<'a, F> {
    pub(super) run: &'a F,
    /// Whether a panic that was caught within a run fails its seed.
    pub(super) caught_panics_fail: bool,
}

impl<F> Runs<'_, F> {
    /// Runs a seed. `Err` says why it failed.
    pub(super) fn once<T, E: Display>(&self, seed: u64) -> Result<T, String>
    where
        F: Fn(u64) -> Result<T, E>,
    {
        let run = || (self.run)(seed).map_err(|error| error.to_string());
        let Watched { result, panics } = watch(run);
        let all = || panics.join("\n");
        match result {
            Ok(Ok(output)) if panics.is_empty() || !self.caught_panics_fail => Ok(output),
            Ok(Ok(_)) => Err(format!("a panic was caught within the run\n{}", all())),
            Ok(Err(error)) if panics.is_empty() => Err(error),
            Ok(Err(error)) => Err(format!("{error}\n{}", all())),
            Err(text) if panics.iter().any(|panic| panic.ends_with(&text)) => Err(all()),
            // Where another hook has taken the place of ours, or it came behind too many others.
            Err(text) => Err(format!("panicked: {text}\n{}", all()).trim_end().to_owned()),
        }
    }

    /// Runs a seed twice. `Err` says why it failed, or how the second run was another.
    pub(super) fn twice<T: PartialEq, E: Display>(&self, seed: u64) -> Result<T, String>
    where
        F: Fn(u64) -> Result<T, E>,
    {
        let (first, traces) = traces_of(|| self.once(seed));
        let (second, again) = traces_of(|| self.once(seed));
        let difference = match difference(&traces, &again) {
            None if traces.is_empty() && first.is_ok() => Some(
                "there is nothing to verify: the run made no simulated dispatcher on its thread"
                    .to_owned(),
            ),
            None if first != second => Some(
                "the run decided the same twice and ended otherwise: its result depends on something \
                 outside of the simulation, such as a clock, a thread or a hash map"
                    .to_owned(),
            ),
            difference => difference,
        };
        match (difference, first) {
            (None, first) => first,
            (Some(difference), Ok(_)) => Err(difference),
            (Some(difference), Err(reason)) => Err(format!("{reason}\n{difference}")),
        }
    }
}

/// How the traces of a run differ from those of its repetition.
fn difference(first: &[Trace], second: &[Trace]) -> Option<String> {
    for (number, (one, other)) in first.iter().zip(second).enumerate() {
        if (one.length(), one.hash()) != (other.length(), other.hash()) {
            return Some(describe(number, one, other));
        }
    }
    (first.len() != second.len()).then(|| {
        format!(
            "the run does not repeat itself: it made {} simulated dispatchers, and then {}",
            first.len(),
            second.len()
        )
    })
}

fn describe(dispatcher: usize, one: &Trace, other: &Trace) -> String {
    let mut text = "the run does not repeat itself".to_owned();
    if dispatcher > 0 {
        let _ = write!(text, " in its simulated dispatcher {dispatcher}");
    }
    let both = one.records().iter().zip(other.records());
    let equal = both.take_while(|(one, other)| one == other).count();
    let kept = one.records().len().min(other.records().len());
    if equal == kept && kept as u64 != one.length().min(other.length()) {
        let _ = write!(
            text,
            ": the first {kept} records are equal, and no more are kept (Simulation::trace_capacity)"
        );
        return text;
    }
    let _ = write!(text, ": record {equal} differs");
    for (number, record) in one.records().iter().enumerate().take(equal) {
        if number + CONTEXT >= equal {
            let _ = write!(text, "\n  {number}: {record}");
        }
    }
    for (name, trace) in [("first", one), ("second", other)] {
        let _ = match trace.records().get(equal) {
            Some(record) => write!(text, "\n  {equal} in the {name} run: {record}"),
            None => write!(text, "\n  {equal} in the {name} run: nothing, it has ended"),
        };
    }
    text
}
