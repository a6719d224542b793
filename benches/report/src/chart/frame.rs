//! What all pictures with lines have in common: the area, its grid, and the legend beside it.

use super::axis::LogAxis;
use super::canvas::{Anchor, Canvas, FAINT, GRID, TEXT, fit};
use super::style::Style;
use crate::format;

/// The width of a picture.
pub const WIDTH: f64 = 740.0;
/// The area of the lines: left, right, top, bottom.
pub const LEFT: f64 = 74.0;
pub const RIGHT: f64 = 550.0;
pub const TOP: f64 = 34.0;
pub const BOTTOM: f64 = 344.0;
/// The least height of a picture.
const HEIGHT: f64 = 392.0;
const LEGEND: f64 = 566.0;
const LEGEND_LINE: f64 = 18.0;

/// A canvas with the title, high enough for the legend.
pub fn canvas(title: &str, legend: &[(Style, String)]) -> Canvas {
    let height = TOP + LEGEND_LINE * legend.len() as f64 + 14.0;
    let mut canvas = Canvas::new(WIDTH, height.max(HEIGHT));
    canvas.text(
        (LEFT, 20.0),
        14,
        TEXT,
        Anchor::Start,
        &fit(title, WIDTH - LEFT, 14),
    );
    for (at, (style, label)) in legend.iter().enumerate() {
        let y = TOP + 8.0 + LEGEND_LINE * at as f64;
        canvas.line(
            (LEGEND, y),
            (LEGEND + 26.0, y),
            style.color,
            style.width,
            style.dashes,
        );
        let label = fit(label, WIDTH - LEGEND - 33.0, 12);
        canvas.text((LEGEND + 33.0, y + 4.0), 12, TEXT, Anchor::Start, &label);
    }
    canvas
}

/// The marks of a horizontal axis of durations.
pub fn durations_below(canvas: &mut Canvas, axis: &LogAxis, label: &str) {
    for mark in axis.marks(54.0) {
        below(canvas, axis.at(mark), &format::mark(mark));
    }
    label_below(canvas, label);
}

/// One mark of a horizontal axis, with its line.
pub fn below(canvas: &mut Canvas, x: f64, text: &str) {
    canvas.line((x, TOP), (x, BOTTOM), GRID, 1.0, "");
    canvas.text((x, BOTTOM + 17.0), 12, FAINT, Anchor::Middle, text);
}

/// What the horizontal axis shows.
pub fn label_below(canvas: &mut Canvas, label: &str) {
    canvas.text(
        ((LEFT + RIGHT) / 2.0, BOTTOM + 37.0),
        12,
        TEXT,
        Anchor::Middle,
        &fit(label, RIGHT - LEFT, 12),
    );
}

/// The marks of a vertical axis of durations.
pub fn durations_beside(canvas: &mut Canvas, axis: &LogAxis, label: &str) {
    for mark in axis.marks(24.0) {
        beside(canvas, axis.at(mark), &format::mark(mark));
    }
    canvas.upright(
        (18.0, (TOP + BOTTOM) / 2.0),
        12,
        &fit(label, BOTTOM - TOP, 12),
    );
}

/// One mark of a vertical axis, with its line.
pub fn beside(canvas: &mut Canvas, y: f64, text: &str) {
    canvas.line((LEFT, y), (RIGHT, y), GRID, 1.0, "");
    canvas.text((LEFT - 7.0, y + 4.0), 12, FAINT, Anchor::End, text);
}

/// The border of the area, over the grid.
pub fn border(canvas: &mut Canvas) {
    canvas.line((LEFT, BOTTOM), (RIGHT, BOTTOM), FAINT, 1.0, "");
    canvas.line((LEFT, TOP), (LEFT, BOTTOM), FAINT, 1.0, "");
}
