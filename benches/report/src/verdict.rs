//! Who is first, row by row.

use crate::bootstrap::Estimate;
use crate::model::{Report, Row};

/// Within this of the first one counts as level with it.
pub const LEVEL: f64 = 1.05;

/// How the contender that the report is about stands among those that are ranked.
#[derive(PartialEq, Debug)]
pub struct Verdict {
    /// Its name.
    pub label: String,
    /// In how many rows it is first, or within 5 % of the first.
    pub level: usize,
    /// In how many rows it and another have figures.
    pub rows: usize,
    /// The other rows.
    pub behind: Vec<Behind>,
}

/// A row in which another is ahead.
#[derive(PartialEq, Debug)]
pub struct Behind {
    /// The section's name and the row's.
    pub row: String,
    /// Who is first.
    pub first: String,
    /// How many times the first one's median.
    pub ratio: f64,
    /// Whether that is more than the noise between rounds.
    pub is_certain: bool,
}

/// The verdict on the report's medians; none where it is about nobody.
pub fn verdict(report: &Report) -> Option<Verdict> {
    let focus = report.contender(report.focus.as_deref()?)?;
    let mut verdict = Verdict {
        label: focus.label.clone(),
        level: 0,
        rows: 0,
        behind: Vec::new(),
    };
    let rows = report
        .sections
        .iter()
        .flat_map(|section| section.rows.iter().map(move |row| (section, row)));
    for (section, row) in rows {
        let Some(own) = row.cell(&focus.id).and_then(|cell| cell.quantile(0.5)) else {
            continue;
        };
        let others = ranking(report, row)
            .into_iter()
            .find(|(id, _)| *id != focus.id);
        let Some((id, other)) = others else {
            continue;
        };
        verdict.rows += 1;
        let ratio = ratio(own.value, other.value);
        match ratio <= LEVEL {
            true => verdict.level += 1,
            false => verdict.behind.push(Behind {
                row: format!("{}, {}", section.title, row.label),
                first: report
                    .contender(id)
                    .map_or(id, |contender| &contender.label)
                    .to_owned(),
                ratio,
                is_certain: own.differs_from(&other),
            }),
        }
    }
    Some(verdict)
}

/// The ranked contenders of a ranked row with their medians, the least first.
pub fn ranking<'a>(report: &'a Report, row: &Row) -> Vec<(&'a str, Estimate)> {
    if !row.ranked {
        return Vec::new();
    }
    let ranked = report
        .contenders
        .iter()
        .filter(|contender| contender.ranked);
    let mut ranking: Vec<_> = ranked
        .filter_map(|contender| {
            let median = row.cell(&contender.id)?.quantile(0.5)?;
            Some((contender.id.as_str(), median))
        })
        .collect();
    ranking.sort_by(|one, other| one.1.value.total_cmp(&other.1.value));
    ranking
}

/// How many times another figure; two that are zero are equal.
pub fn ratio(value: f64, of: f64) -> f64 {
    match (value, of) {
        (0.0, 0.0) => 1.0,
        (value, of) => value / of,
    }
}
