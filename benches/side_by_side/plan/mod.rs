//! What is measured: sections of rows, each with its contenders and its goals.

mod counts;
mod files;
mod http;
mod preview1;
mod row;
mod sockets;
mod waiting;

use counts::{FULL, QUICK};

use crate::servers::Ports;

pub use row::{Goal, Row, Section};

/// Everything.
pub fn sections(quick: bool, ports: &Ports) -> Vec<Section> {
    let counts = if quick { QUICK } else { FULL };
    let mut sections = waiting::sections(counts);
    sections.push(files::operations(counts));
    sections.push(files::passes(counts));
    sections.push(files::beside(counts));
    sections.push(preview1::operations(counts));
    sections.push(preview1::sleep(counts));
    sections.extend(sockets::sections(counts, ports));
    sections.extend(http::sections(counts, ports));
    sections
}

/// How much the server sends that a guest receives from.
pub fn mebibytes(quick: bool) -> u32 {
    if quick { QUICK } else { FULL }.mebibytes
}

/// The functions of guests that `sections` asks for: guest, function.
pub fn functions() -> Vec<(&'static str, &'static str)> {
    let mut functions: Vec<_> = sections(true, &Ports::default())
        .iter()
        .flat_map(|section| &section.rows)
        .filter_map(|row| Some((row.guest?, row.function)))
        .collect();
    functions.sort_unstable();
    functions.dedup();
    functions
}
