//! A cell in words.

use crate::cell::Cell;
use crate::format::{count, duration};

/// The median, or why there is none.
pub fn median(cell: &Cell) -> String {
    match cell.quantile(0.5) {
        Some(estimate) => duration(estimate.value),
        None => "—".to_owned(),
    }
}

/// The median and the 99th percentile, where there are samples enough for it.
pub fn both(cell: &Cell) -> String {
    let Some(median) = cell.quantile(0.5) else {
        return "—".to_owned();
    };
    let median = duration(median.value);
    match cell.high() {
        Some(high) => {
            let rough = if cell.high_is_rough() { "~" } else { "" };
            format!("{median} / {rough}{}", duration(high.value))
        }
        None => median,
    }
}

/// A quantile with its interval; nothing where there are too few samples for it.
pub fn with_interval(cell: &Cell, share: f64) -> String {
    let enough = cell
        .samples()
        .highest_quantile(10)
        .is_some_and(|highest| highest >= share);
    match cell.quantile(share).filter(|_| enough || share <= 0.5) {
        Some(estimate) => format!(
            "{} [{} – {}]",
            duration(estimate.value),
            duration(estimate.low),
            duration(estimate.high)
        ),
        None => "too few".to_owned(),
    }
}

/// How many operations ended early; empty where none did.
pub fn early(cell: &Cell) -> Option<String> {
    match cell.early() {
        0 => None,
        early => Some(format!(
            "{} of {} ended before their time",
            count(early),
            count(cell.operations())
        )),
    }
}
