//! How contenders are told apart.

use crate::contender::Contender;
use crate::model::Report;

/// The look of a contender's lines and points.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// The colour, one a family.
    pub color: &'static str,
    /// The width of its lines, in pixels.
    pub width: f64,
    /// The dashes of its lines, one pattern for each contender of a family; empty: none.
    pub dashes: &'static str,
}

const COLORS: [&str; 11] = [
    "#d81b3c", "#1f6fc4", "#2f9e44", "#12a5b5", "#8e44ad", "#f08c00", "#7a4a2b", "#5c6370",
    "#111111", "#c2b100", "#e377c2",
];

const DASHES: [&str; 4] = ["", "6 3", "2 3", "9 3 2 3"];

impl Style {
    /// A contender's.
    pub fn of(report: &Report, contender: &Contender) -> Style {
        let family = report.families().get(contender.family.as_str()).copied();
        let before = report
            .contenders
            .iter()
            .take_while(|other| other.id != contender.id);
        let sibling = before
            .filter(|other| other.family == contender.family)
            .count();
        let is_focus = report.focus.as_deref() == Some(&contender.id);
        Style {
            color: pick(&COLORS, family.unwrap_or(0)),
            width: if is_focus { 3.0 } else { 1.6 },
            dashes: pick(&DASHES, sibling),
        }
    }
}

fn pick(list: &[&'static str], number: usize) -> &'static str {
    list.get(number % list.len()).copied().unwrap_or("")
}
