//! Whether the machine was quiet during the run.

use crate::activity::Activity;
use crate::format::duration;
use crate::machine::Warning;
use crate::model::Section;

/// How many times the least round's jitter the largest may be.
const STEADY: f64 = 3.0;

/// What of the run itself spoils figures: what others did between two looks, a machine whose jitter (the row `jitter`, where there
/// is one) changed from round to round, and that it was a quick run.
pub fn warnings(
    before: Activity,
    after: Activity,
    sections: &[Section],
    is_quick: bool,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if is_quick {
        warnings.push(Warning {
            found: "a quick run".to_owned(),
            spoils: "Everything: it only shows that everything runs.".to_owned(),
        });
    }
    warnings.extend(after.warnings_since(&before));
    warnings.extend(unsteady(sections));
    warnings
}

/// Rounds between which the machine's own jitter changed.
fn unsteady(sections: &[Section]) -> Option<Warning> {
    let mut rows = sections.iter().flat_map(|section| &section.rows);
    let cell = rows.find(|row| row.id == "jitter")?.cells.first()?;
    let highs = || {
        cell.rounds
            .iter()
            .filter_map(|round| round.samples.quantile(0.99))
    };
    let (least, most) = (
        highs().fold(f64::INFINITY, f64::min),
        highs().fold(0.0, f64::max),
    );
    (most > STEADY * least.max(1.0)).then(|| Warning {
        found: format!(
            "a p99 of the jitter between {} and {} from round to round",
            duration(least),
            duration(most)
        ),
        spoils: "The machine was not equally quiet in all rounds: look at the intervals, and at medians more than at p99."
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::{Cell, Round};
    use crate::model::Row;
    use crate::samples::{Samples, Scale};

    fn machine(jitters: [u64; 3]) -> Vec<Section> {
        let rounds = jitters.map(|nanos| {
            let mut samples = Samples::new(Scale::Nanoseconds);
            samples.record(nanos);
            Round {
                samples,
                operations: 1,
                processor: 0,
                wall: 0,
                early: 0,
            }
        });
        let mut row = Row::new("jitter", "jitter", "late by");
        row.cells.push(Cell::measured("machine", rounds.to_vec()));
        vec![Section::new("machine", "The machine").with_rows(vec![row])]
    }

    #[test]
    fn only_a_machine_that_changes_is_unsteady() {
        assert_eq!(unsteady(&machine([50_000, 70_000, 60_000])), None);
        let warning = unsteady(&machine([50_000, 400_000, 60_000])).expect("a warning");
        assert!(warning.found.contains("50.0 µs and 400 µs"), "{warning:?}");
        assert_eq!(unsteady(&[]), None);
    }
}
