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

/// More lines than that cannot be told apart.
const MOST: usize = 12;

/// Who has samples in a row, in the report's order; where they are many, without those that [`thin`] leaves out.
pub fn lines(report: &Report, row: &Row) -> Vec<Line> {
    let contenders = report.contenders.iter().filter(|contender| {
        row.cell(&contender.id)
            .is_some_and(|cell| !cell.samples().is_empty())
    });
    thin(contenders.collect())
        .into_iter()
        .filter_map(|contender| {
            Some(Line {
                style: Style::of(report, contender),
                label: contender.label.clone(),
                samples: row.cell(&contender.id)?.samples(),
            })
        })
        .collect()
}

/// Of too many contenders for one picture those with settings beside the default ones are left out.
pub fn thin(mut contenders: Vec<&Contender>) -> Vec<&Contender> {
    if contenders.len() > MOST {
        contenders.retain(|contender| contender.ranked || contender.settings.is_empty());
    }
    contenders
}

/// Whether [`thin`] leaves somebody out.
pub fn is_thinned(contenders: &[&Contender]) -> bool {
    thin(contenders.to_vec()).len() < contenders.len()
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
