//! Figures against the number by which rows differ.

use std::collections::BTreeMap;

use super::axis::LogAxis;
use super::frame::{self, BOTTOM, LEFT, RIGHT, TOP};
use super::lines::{draw, focus_last, thin};
use super::style::Style;
use crate::bootstrap::Estimate;
use crate::cell::Cell;
use crate::format;
use crate::model::{Report, Row, Section};

/// How far a point may be beside its place, in pixels, so that intervals do not lie on each other.
const ROOM: f64 = 12.0;

/// Which figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Against {
    /// The median.
    Median,
    /// The 99th percentile.
    Percentile99,
    /// The processor time of an operation.
    Processor,
}

impl Against {
    /// All of them.
    pub const ALL: [Against; 3] = [Against::Median, Against::Percentile99, Against::Processor];

    /// A name for files.
    pub fn id(self) -> &'static str {
        match self {
            Against::Median => "p50",
            Against::Percentile99 => "p99",
            Against::Processor => "processor-time",
        }
    }

    fn label(self, figure: &str) -> String {
        match self {
            Against::Median => format!("{figure}, p50"),
            Against::Percentile99 => format!("{figure}, p99"),
            Against::Processor => "processor time an operation".to_owned(),
        }
    }

    fn of(self, cell: &Cell) -> Option<Estimate> {
        match self {
            Against::Median => cell.quantile(0.5),
            Against::Percentile99 => cell.high(),
            // Where none is counted there is no point, rather than one at the axis's lower border.
            Against::Processor => cell.processor().filter(|time| time.value > 0.0),
        }
    }
}

/// A figure of each contender against the section's parameter, both on logarithmic axes, with intervals; none where there is no
/// parameter, or no figure above zero.
pub fn against_parameter(report: &Report, section: &Section, which: Against) -> Option<String> {
    let parameter = section.parameter.as_deref()?;
    let rows: Vec<(f64, &Row)> = section
        .rows
        .iter()
        .filter_map(|row| Some((row.parameter?.0, row)))
        .collect();
    let figure = rows.first()?.1.figure.clone();
    let points = |id: &str| -> Vec<(f64, Estimate)> {
        let estimates = rows
            .iter()
            .filter_map(|&(value, row)| Some((value, which.of(row.cell(id)?)?)));
        estimates.collect()
    };
    let mut contenders: Vec<_> = report.contenders_of(section).collect();
    contenders.retain(|contender| !points(&contender.id).is_empty());
    let contenders = thin(contenders);
    let values = contenders
        .iter()
        .flat_map(|contender| points(&contender.id));
    let ends = values.flat_map(|(_, estimate)| [estimate.low, estimate.value, estimate.high]);
    let up = LogAxis::around(ends, (BOTTOM, TOP))?;
    let least = rows
        .iter()
        .map(|&(value, _)| value)
        .fold(f64::INFINITY, f64::min)
        .max(1e-9);
    let most = rows.iter().map(|&(value, _)| value).fold(least, f64::max);
    // Room for the outer points and their marks.
    let across = LogAxis::between(least, most, (LEFT + 2.0 * ROOM, RIGHT - 2.0 * ROOM));
    let legend: Vec<(Style, String)> = contenders
        .iter()
        .map(|contender| (Style::of(report, contender), contender.label.clone()))
        .collect();
    let title = format!("{}: {}", section.title, which.label(&figure));
    let mut canvas = frame::canvas(&title, &legend);
    frame::durations_beside(&mut canvas, &up, &which.label(&figure));
    let mut last = f64::NEG_INFINITY;
    for &(value, _) in &rows {
        let x = across.at(value);
        if x - last >= 40.0 {
            frame::below(&mut canvas, x, &format::count(value as u64));
            last = x;
        }
    }
    frame::label_below(&mut canvas, parameter);
    frame::border(&mut canvas);
    let all = contenders.len() as f64;
    let places: BTreeMap<&str, f64> = contenders
        .iter()
        .map(|contender| contender.id.as_str())
        .zip((0..).map(f64::from))
        .collect();
    for contender in focus_last(report, contenders) {
        // Beside each other, so that no interval hides another.
        let place = places.get(contender.id.as_str()).copied().unwrap_or(0.0);
        let aside = (place + 0.5 - all / 2.0) * (2.0 * ROOM / all);
        let style = Style::of(report, contender);
        let points = points(&contender.id);
        let at = |&(value, estimate): &(f64, Estimate)| {
            (across.at(value) + aside, up.at(estimate.value))
        };
        draw(&mut canvas, style, &contender.label, points.iter().map(at));
        for point in &points {
            let (x, y) = at(point);
            let estimate = point.1;
            canvas.line(
                (x, up.at(estimate.low)),
                (x, up.at(estimate.high)),
                style.color,
                1.2,
                "",
            );
            let tip = format!("{}: {}", contender.label, format::duration(estimate.value));
            canvas.disc((x, y), 2.6, style.color, "#ffffff", &tip);
        }
    }
    Some(canvas.finish(&title))
}
