//! Durations by percentile, in the manner of HdrHistogram: each nine has as much room as the one before.

use super::axis::LogAxis;
use super::frame::{self, BOTTOM, LEFT, RIGHT, TOP};
use super::lines::{ABOVE, legend, lines};
use crate::format;
use crate::model::{Report, Row};

/// How many points a line has at most.
const POINTS: usize = 240;

/// The durations of each contender by percentile, up to the highest percentile with ten samples above it; none where nobody has
/// twenty samples.
pub fn percentiles(report: &Report, row: &Row) -> Option<String> {
    let mut lines = lines(report, row);
    lines.retain(|line| line.samples.highest_quantile(ABOVE).is_some());
    let highest = |line: &super::lines::Line| line.samples.highest_quantile(ABOVE).unwrap_or(0.5);
    let longest = lines.iter().map(highest).fold(0.0, f64::max);
    let across = LogAxis::between(1.0, inverse(longest), (LEFT, RIGHT));
    let ends = lines.iter().flat_map(|line| {
        [
            line.samples.quantile(0.01),
            line.samples.quantile(highest(line)),
        ]
    });
    let up = LogAxis::around(ends.flatten(), (BOTTOM, TOP))?;
    let title = format!("{}: by percentile, all rounds together", row.label);
    let mut canvas = frame::canvas(&title, &legend(&lines));
    frame::durations_beside(&mut canvas, &up, &row.figure);
    let shares = [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.999_99, 0.999_999];
    for share in shares.into_iter().filter(|&share| share <= longest) {
        frame::below(
            &mut canvas,
            across.at(inverse(share)),
            &format::percentile(share),
        );
    }
    frame::label_below(
        &mut canvas,
        "percentile, each line to the highest with ten samples above it",
    );
    frame::border(&mut canvas);
    for line in lines.iter().rev() {
        let end = inverse(highest(line));
        let steps = line.samples.cumulative();
        let points = (0..=POINTS).filter_map(|step| {
            let inverse = end.powf(step as f64 / POINTS as f64);
            let share = 1.0 - 1.0 / inverse;
            let at = steps.partition_point(|&(_, up_to)| up_to < share);
            Some((across.at(inverse), up.at(steps.get(at)?.0)))
        });
        line.draw(&mut canvas, points);
    }
    Some(canvas.finish(&title))
}

/// How many samples there are for one above.
fn inverse(share: f64) -> f64 {
    1.0 / (1.0 - share).max(1e-12)
}
