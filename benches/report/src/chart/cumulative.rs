//! How many samples are not above a duration.

use super::axis::LogAxis;
use super::frame::{self, BOTTOM, LEFT, RIGHT, TOP};
use super::lines::{ABOVE, legend, lines};
use crate::model::{Report, Row};

/// The cumulative distribution of each contender, durations on a logarithmic axis; none where nobody has samples above zero.
pub fn cumulative(report: &Report, row: &Row) -> Option<String> {
    let lines = lines(report, row);
    let ends = lines.iter().flat_map(|line| {
        let last = line
            .samples
            .highest_quantile(ABOVE)
            .unwrap_or(1.0)
            .min(0.999);
        [line.samples.quantile(0.01), line.samples.quantile(last)]
    });
    let axis = LogAxis::around(ends.flatten(), (LEFT, RIGHT))?;
    let height = |share: f64| BOTTOM - share * (BOTTOM - TOP);
    let title = format!(
        "{}: share of samples not above, all rounds together",
        row.label
    );
    let mut canvas = frame::canvas(&title, &legend(&lines));
    frame::durations_below(&mut canvas, &axis, &row.figure);
    for percent in [0, 25, 50, 75, 90, 100] {
        frame::beside(
            &mut canvas,
            height(f64::from(percent) / 100.0),
            &format!("{percent} %"),
        );
    }
    frame::border(&mut canvas);
    // The first contender over the others.
    for line in lines.iter().rev() {
        let mut last = 0.0;
        let steps = line.samples.cumulative();
        let points = steps.into_iter().flat_map(|(value, share)| {
            let before = std::mem::replace(&mut last, share);
            [
                (axis.at(value), height(before)),
                (axis.at(value), height(share)),
            ]
        });
        line.draw(&mut canvas, points);
    }
    Some(canvas.finish(&title))
}
