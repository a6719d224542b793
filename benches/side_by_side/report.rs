//! What the run prints and writes.

use serde::{Serialize, Serializer};

use crate::contender::{Contender, Name};
use crate::fallible::Fallible;
use crate::machine::{self, Machine};
use crate::plan::{Goal, Section};
use crate::protocol::Request;
use crate::statistics::Summary;

/// One contender's figures of one measure.
#[derive(Serialize)]
pub struct Cell {
    /// Whose.
    pub name: Name,
    /// It was not asked, because its guest would spin for good.
    pub never_ends: bool,
    /// A figure a round.
    pub rounds: Vec<Summary>,
}

/// A section with its figures: a list of cells for each row.
pub struct Table {
    /// What was measured.
    pub section: Section,
    /// The figures.
    pub cells: Vec<Vec<Cell>>,
}

/// Everything.
#[derive(Serialize)]
pub struct Report {
    machine: Machine,
    quick: bool,
    tables: Vec<Table>,
    #[serde(skip)]
    missed: usize,
}

const LABEL: usize = 23;
const COLUMN: usize = 16;

impl Cell {
    /// One without figures.
    pub fn new(name: Name, never_ends: bool) -> Cell {
        Cell {
            name,
            never_ends,
            rounds: Vec::new(),
        }
    }

    fn median(&self) -> Option<Summary> {
        Summary::median(&self.rounds)
    }

    fn text(&self) -> String {
        match self.median() {
            None if self.never_ends => "never ends".to_owned(),
            None => "not built".to_owned(),
            Some(Summary {
                p50,
                p99: Some(p99),
            }) => format!("{} / {}", micros(p50), micros(p99)),
            Some(Summary { p50, p99: None }) => micros(p50),
        }
    }
}

impl Table {
    /// One without figures.
    pub fn new(section: Section) -> Table {
        Table {
            section,
            cells: Vec::new(),
        }
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows: Vec<_> = self
            .section
            .rows
            .iter()
            .zip(&self.cells)
            .map(|(row, cells)| serde_json::json!({ "label": row.label, "contenders": cells }))
            .collect();
        serde_json::json!({ "title": self.section.title, "unit": "ns", "rows": rows })
            .serialize(serializer)
    }
}

impl Report {
    /// An empty one.
    pub fn new(machine: Machine, quick: bool) -> Report {
        Report {
            machine,
            quick,
            tables: Vec::new(),
            missed: 0,
        }
    }

    /// The machine and the contenders.
    ///
    /// # Errors
    /// When a contender does not answer.
    pub fn print_head(&self, contenders: &mut [Contender]) -> Fallible<()> {
        self.machine.print();
        for contender in &mut *contenders {
            let answer = contender.ask(&Request {
                guest: String::new(),
                function: "about".to_owned(),
                args: Vec::new(),
                beside: None,
                calls: 1,
            })?;
            let about = answer.value.as_str().unwrap_or_default().to_owned();
            println!("{:<17}{about}", contender.name().label());
        }
        if contenders
            .iter()
            .all(|contender| contender.name() != Name::Peer)
        {
            println!(
                "peer: not built (cargo build --release --manifest-path benches/peer/Cargo.toml)"
            );
        }
        if self.quick {
            println!("quick: the figures mean nothing");
        }
        Ok(())
    }

    /// A table with its ratios and goals.
    pub fn print_table(&mut self, table: &Table) {
        let section = &table.section;
        println!("\n{} ({})", section.title, section.unit);
        let heads = section.columns.iter().map(|name| name.label());
        println!("{}", line("", heads));
        for (row, cells) in section.rows.iter().zip(&table.cells) {
            println!("{}", line(&row.label, cells.iter().map(Cell::text)));
            for (text, met) in row.goals.iter().filter_map(|&goal| judge(goal, cells)) {
                self.missed += usize::from(!met);
                let verdict = match (self.quick, met) {
                    (true, _) => "",
                    (false, true) => ": met",
                    (false, false) => ": MISSED",
                };
                println!("      {text}{verdict}");
            }
        }
        if !section.note.is_empty() {
            println!("  ({})", section.note);
        }
    }

    /// Keeps a table for the file.
    pub fn push(&mut self, table: Table) {
        self.tables.push(table);
    }

    /// The last lines.
    pub fn print_end(&self) {
        println!("\nload after the run: {}", machine::load());
        match (self.quick, self.missed) {
            (true, _) => {}
            (false, 0) => println!("all goals met"),
            (false, missed) => println!("goals missed: {missed}"),
        }
    }
}

fn line<T: AsRef<str>>(label: &str, cells: impl Iterator<Item = T>) -> String {
    let mut line = format!("  {label:<LABEL$}");
    for cell in cells {
        line.push_str(&format!("{:>COLUMN$}", cell.as_ref()));
    }
    line
}

/// A goal in words, and whether it is met; nothing where a contender is missing.
fn judge(goal: Goal, cells: &[Cell]) -> Option<(String, bool)> {
    let p50 = |name: Name| {
        cells
            .iter()
            .find(|cell| cell.name == name)?
            .median()
            .map(|figure| figure.p50)
    };
    Some(match goal {
        Goal::AtMost { of, than, most } => {
            let ratio = p50(of)? / p50(than)?;
            let text = format!(
                "{} is {ratio:.3} of {}, goal at most {most}",
                of.label(),
                than.label()
            );
            (text, ratio <= most)
        }
        Goal::Within { of, parts, most } => {
            let [one, other] = parts;
            let ratio = p50(of)? / (p50(one)? + p50(other)?);
            let text = format!(
                "{} is {ratio:.2} of {} and {} together, goal at most {most}",
                of.label(),
                one.label(),
                other.label()
            );
            (text, ratio <= most)
        }
        Goal::Faster { of, than, least } => {
            let ratio = p50(than)? / p50(of)?;
            let text = format!(
                "{} is {ratio:.1} times as fast as {}, goal at least {least}",
                of.label(),
                than.label()
            );
            (text, ratio >= least)
        }
        Goal::Below { of, nanos } => {
            let figure = p50(of)?;
            let text = format!("{} µs, goal below {}", micros(figure), micros(nanos));
            (text, figure < nanos)
        }
    })
}

/// Nanoseconds as microseconds, three figures or more.
fn micros(nanos: f64) -> String {
    let micros = nanos / 1000.0;
    match micros {
        ..10.0 => format!("{micros:.3}"),
        ..100.0 => format!("{micros:.1}"),
        _ => format!("{micros:.0}"),
    }
}
