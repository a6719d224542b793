//! What is measured: sections of rows, each with its contenders and its goals.

mod calls;
mod counts;
mod files;
mod http;
mod polling;
mod preview1;
mod row;
mod sleeping;
mod sockets;

use counts::{Counts, FULL, LONG, QUICK};

use crate::pace::Pace;
use crate::servers::Ports;

pub use row::{Row, Section};

fn counts(pace: Pace) -> Counts {
    match pace {
        Pace::Quick => QUICK,
        Pace::Full => FULL,
        Pace::Long => LONG,
    }
}

/// Everything.
pub fn sections(pace: Pace, ports: &Ports) -> Vec<Section> {
    let counts = counts(pace);
    let mut sections = sleeping::sections(counts);
    sections.extend(polling::sections(counts, ports));
    sections.extend(calls::sections(counts));
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
pub fn mebibytes(pace: Pace) -> u32 {
    counts(pace).mebibytes
}

/// The functions of guests that `sections` asks for: guest, function.
pub fn functions() -> Vec<(&'static str, &'static str)> {
    let sections = sections(Pace::Quick, &Ports::default());
    let rows = || sections.iter().flat_map(|section| &section.rows);
    let asked = rows().filter_map(|row| Some((row.guest?, row.function)));
    let beside = rows().filter_map(|row| row.beside.as_ref());
    let mut functions: Vec<_> = asked
        .chain(beside.map(|(guest, function, _)| (*guest, *function)))
        .collect();
    functions.sort_unstable();
    functions.dedup();
    functions
}
