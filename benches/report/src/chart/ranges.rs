//! A row at a glance: each contender's median with its interval, and its 99th percentile.

use super::axis::LogAxis;
use super::canvas::{Anchor, Canvas, FAINT, GRID, TEXT, fit};
use super::style::Style;
use crate::cell_text::both;
use crate::format;
use crate::model::{Report, Row};

const WIDTH: f64 = 740.0;
const LEFT: f64 = 176.0;
const RIGHT: f64 = 600.0;
const TOP: f64 = 50.0;
const LINE: f64 = 20.0;

/// Medians (dots, with their intervals) and 99th percentiles (rings) of a row, a line for each contender; none where nobody has
/// a figure above zero.
pub fn ranges(report: &Report, row: &Row) -> Option<String> {
    let cells: Vec<_> = report
        .contenders
        .iter()
        .filter_map(|contender| Some((contender, row.cell(&contender.id)?)))
        .collect();
    let figures = cells.iter().flat_map(|(_, cell)| {
        let (median, high) = (cell.quantile(0.5), cell.high());
        [
            median.map(|median| median.low),
            median.map(|median| median.high),
            high.map(|high| high.value),
        ]
    });
    let axis = LogAxis::around(figures.flatten(), (LEFT, RIGHT))?;
    let bottom = TOP + LINE * cells.len() as f64;
    let mut canvas = Canvas::new(WIDTH, bottom + 44.0);
    let title = format!("{}: median with 95 % interval, p99", row.label);
    canvas.text(
        (8.0, 20.0),
        14,
        TEXT,
        Anchor::Start,
        &fit(&title, WIDTH - 8.0, 14),
    );
    canvas.text(
        (WIDTH - 8.0, 40.0),
        12,
        FAINT,
        Anchor::End,
        "p50 / p99; ~: of few samples",
    );
    for mark in axis.marks(54.0) {
        let x = axis.at(mark);
        canvas.line((x, TOP), (x, bottom), GRID, 1.0, "");
        canvas.text(
            (x, bottom + 16.0),
            12,
            FAINT,
            Anchor::Middle,
            &format::mark(mark),
        );
    }
    canvas.text(
        ((LEFT + RIGHT) / 2.0, bottom + 35.0),
        12,
        TEXT,
        Anchor::Middle,
        &row.figure,
    );
    for (at, (contender, cell)) in cells.iter().enumerate() {
        let y = TOP + LINE * (at as f64 + 0.5);
        let style = Style::of(report, contender);
        if report.focus.as_deref() == Some(&contender.id) {
            canvas.rectangle((0.0, y - LINE / 2.0 + 1.0), (WIDTH, LINE - 2.0), "#fdecef");
        }
        canvas.text(
            (LEFT - 10.0, y + 4.0),
            12,
            TEXT,
            Anchor::End,
            &fit(&contender.label, LEFT - 10.0, 12),
        );
        let Some(median) = cell.quantile(0.5) else {
            canvas.text(
                (LEFT + 6.0, y + 4.0),
                11,
                FAINT,
                Anchor::Start,
                "no figure: see the table",
            );
            continue;
        };
        canvas.line(
            (axis.at(median.low), y),
            (axis.at(median.high), y),
            style.color,
            5.0,
            "",
        );
        if let Some(high) = cell.high() {
            canvas.line(
                (axis.at(median.value), y),
                (axis.at(high.value), y),
                style.color,
                1.2,
                style.dashes,
            );
            let tip = format!("{}: p99 {}", contender.label, format::duration(high.value));
            canvas.disc((axis.at(high.value), y), 3.5, style.color, "#ffffff", &tip);
        }
        let tip = format!(
            "{}: p50 {}, 95 % interval {} to {}",
            contender.label,
            format::duration(median.value),
            format::duration(median.low),
            format::duration(median.high)
        );
        canvas.disc(
            (axis.at(median.value), y),
            4.0,
            style.color,
            style.color,
            &tip,
        );
        canvas.text((WIDTH - 8.0, y + 4.0), 11, TEXT, Anchor::End, &both(cell));
    }
    Some(canvas.finish(&title))
}
