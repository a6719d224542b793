//! What a run prints.

use wippy_report::{Cell, duration};

use crate::contender::Name;
use crate::plan::{Row, Section};

const LABEL: usize = 32;
const COLUMN: usize = 19;

/// The head of a section.
pub fn section_head(section: &Section) {
    let kind = match section.rows.iter().any(|row| row.figure.is_distribution()) {
        true => ", p50 / p99",
        false => "",
    };
    println!("\n{} ({}{kind})", section.title, section.figure);
    let heads = section.columns.iter().map(|name| name.label().to_owned());
    println!("{}", line("", heads));
}

/// A row with its goals. `quick`: whether they are met means nothing.
pub fn row(
    section: &Section,
    row: &Row,
    cells: &[Cell],
    goals: &[wippy_report::Goal],
    quick: bool,
) {
    let figures = section.columns.iter().zip(cells);
    println!(
        "{}",
        line(
            &row.label,
            figures
                .clone()
                .map(|(name, cell)| figure(section, row, *name, cell))
        )
    );
    if section.processor {
        let times = cells.iter().map(|cell| {
            let time = cell.processor().filter(|time| time.value > 0.0);
            time.map_or_else(String::new, |time| duration(time.value))
        });
        println!("{}", line("  processor time", times));
    }
    for (name, cell) in figures {
        if let Some(refusal) = &cell.refusal
            && !section.never_ends.contains(name)
        {
            println!("      {}: {refusal}", name.label());
        }
    }
    for goal in goals {
        let verdict = match (quick, goal.is_met) {
            (true, _) => "",
            (false, true) => ": met",
            (false, false) => ": MISSED",
        };
        println!("      {}{verdict}", goal.text);
    }
}

fn figure(section: &Section, row: &Row, name: Name, cell: &Cell) -> String {
    match (cell.quantile(0.5), cell.quantile(0.99)) {
        (Some(median), Some(high)) if row.figure.is_distribution() => {
            format!("{} / {}", duration(median.value), duration(high.value))
        }
        (Some(median), _) => duration(median.value),
        _ if section.never_ends.contains(&name) => "never ends".to_owned(),
        _ if row.without.contains(&name) => String::new(),
        _ if cell.refusal.is_some() => "failed".to_owned(),
        _ => "not built".to_owned(),
    }
}

fn line(label: &str, cells: impl Iterator<Item = String>) -> String {
    let mut line = format!("  {label:<LABEL$}");
    for cell in cells {
        line.push_str(&format!("{cell:>COLUMN$}"));
    }
    line
}
