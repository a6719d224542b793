//! The run: each round starts every server anew, one after the other, and loads it in each way.

use std::path::{Path, PathBuf};
use std::time::Duration;

use wippy_report::{Machine, origin};

use crate::contender::Name;
use crate::core;
use crate::fallible::Fallible;
use crate::figures::Figures;
use crate::load::{self, Load};
use crate::options::Options;
use crate::report;
use crate::row::Row;
use crate::server::Server;

/// Measures and reports.
///
/// # Errors
/// When a server does not start, or does not answer; when a request has failed.
pub fn run(options: &Options) -> Fallible<()> {
    let (found, peer) = peer(options)?;
    let span = options.span()?;
    let wanted = |name: &Name| {
        let is_named = options
            .only
            .as_deref()
            .is_none_or(|text| name.label().contains(text));
        is_named && (found || !name.is_peer())
    };
    println!("commit {}; {}", origin::commit(), origin::build());
    let machine = Machine::look();
    for (name, fact) in machine.facts() {
        println!("{name}: {fact}");
    }
    for warning in machine.warnings() {
        println!("warning: {}: {}", warning.found, warning.spoils);
    }
    if !found {
        println!("peer: not built (cargo build --release --manifest-path benches/peer/Cargo.toml)");
    }
    core::stay(1)?;
    let names = Name::ALL.into_iter().filter(wanted);
    let mut rows: Vec<Row> = names.map(Row::new).collect();
    let rate = match options.rate {
        Some(rate) => rate,
        None => half_of_the_slowest(&rows, &peer, options.warming())?,
    };
    for _ in 0..options.rounds() {
        for row in &mut rows {
            let server = Server::start(row.name, &peer)?;
            measure(&server, Load::Kept, options.warming())?;
            row.kept.push(measure(&server, Load::Kept, span)?);
            row.at_rate.push(measure(&server, Load::Rate(rate), span)?);
            row.short.push(measure(&server, Load::Short, span)?);
        }
    }
    report::print(&rows, rate, options.quick);
    if let Some(path) = &options.json {
        std::fs::write(path, serde_json::to_vec_pretty(&rows)?)?;
    }
    let figures = |row: &Row| {
        [&row.kept, &row.at_rate, &row.short]
            .map(|it| it.to_vec())
            .concat()
    };
    let errors: u64 = rows.iter().flat_map(figures).map(|it| it.errors).sum();
    match errors {
        0 => Ok(()),
        errors => Err(format!("{errors} requests were not answered as they should").into()),
    }
}

/// Where the peer's program is, and whether there is one. One that was asked for has to be there.
fn peer(options: &Options) -> Fallible<(bool, PathBuf)> {
    if let Some(path) = &options.peer {
        return match path.is_file() {
            true => Ok((true, path.canonicalize()?)),
            false => Err(format!("no peer at {}", path.display()).into()),
        };
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peer/target/release/peer-serve");
    Ok((path.is_file(), path))
}

fn measure(server: &Server, load: Load, span: Duration) -> Fallible<Figures> {
    let before = server.processor()?;
    let outcome = load::run(server.address(), load, span)?;
    if let Some(error) = &outcome.error {
        eprintln!("a request failed: {error}");
    }
    Ok(Figures::of(
        &outcome,
        server.processor()?.saturating_sub(before),
    ))
}

/// A rate that none of them is at its limit with.
fn half_of_the_slowest(rows: &[Row], peer: &Path, warming: Duration) -> Fallible<f64> {
    let mut slowest = f64::INFINITY;
    for row in rows {
        let server = Server::start(row.name, peer)?;
        measure(&server, Load::Kept, warming)?;
        slowest = measure(&server, Load::Kept, warming)?.rate.min(slowest);
    }
    match slowest.is_finite() {
        true => Ok((slowest / 2.0).max(1.0)),
        false => Err("no server has this name".into()),
    }
}
