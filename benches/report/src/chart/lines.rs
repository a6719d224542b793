//! Who has a line in a picture.

use super::canvas::Canvas;
use super::style::Style;
use crate::contender::Contender;
use crate::model::{Report, Row};
use crate::samples::Samples;

/// A contender's distribution in a row.
pub struct Line {
    /// Its look.
    pub style: Style,
    /// Its name.
    pub label: String,
    /// All its samples.
    pub samples: Samples,
}

/// The samples that have to lie above a percentile that is shown.
pub const ABOVE: u64 = 10;

/// All who have samples in a row, in the report's order.
pub fn lines(report: &Report, row: &Row) -> Vec<Line> {
    let contenders = report.contenders.iter();
    contenders
        .filter_map(|contender| {
            let samples = row.cell(&contender.id)?.samples();
            (!samples.is_empty()).then(|| Line {
                style: Style::of(report, contender),
                label: contender.label.clone(),
                samples,
            })
        })
        .collect()
}

impl Line {
    /// Draws it through points, of which those that fall on one pixel are one.
    pub fn draw(&self, canvas: &mut Canvas, points: impl Iterator<Item = (f64, f64)>) {
        draw(canvas, self.style, &self.label, points);
    }
}

/// A line of this look.
pub fn draw(
    canvas: &mut Canvas,
    style: Style,
    label: &str,
    points: impl Iterator<Item = (f64, f64)>,
) {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points {
        let far = |last: &(f64, f64)| (last.0 - x).abs() >= 0.5 || (last.1 - y).abs() >= 0.5;
        if kept.last().is_none_or(far) {
            kept.push((x, y));
        }
    }
    canvas.path(&kept, style.color, style.width, style.dashes, label);
}

/// The legend of lines.
pub fn legend(lines: &[Line]) -> Vec<(Style, String)> {
    lines
        .iter()
        .map(|line| (line.style, line.label.clone()))
        .collect()
}

/// Contenders in the order in which their lines are drawn: the one that the report is about last, over the others.
pub fn focus_last<'a>(report: &Report, contenders: Vec<&'a Contender>) -> Vec<&'a Contender> {
    let focus = report.focus.as_deref();
    let (last, mut order): (Vec<_>, Vec<_>) = contenders
        .into_iter()
        .partition(|contender| focus == Some(&contender.id));
    order.extend(last);
    order
}
