//! The run: every round asks every contender once, one after the other.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::contender::Contender;
use crate::machine::Machine;
use crate::protocol::Request;
use crate::server::LARGE;
use crate::statistics::Summary;
use crate::{Fallible, Options, guest};

/// One measure.
struct Row {
    label: &'static str,
    function: &'static str,
    args: Vec<Value>,
    calls: u32,
    /// What one call counts as.
    units: f64,
    unit: &'static str,
}

const GUEST: &str = "test:guests/http-client@0.1.0";

/// Measures and reports.
///
/// # Errors
/// When a worker fails.
pub fn run(options: &Options) -> Fallible<()> {
    let mut server = Contender::start("server", worker("server")?)?;
    let authority = server.line()?;
    let measured = measure(options, &authority);
    server.kill();
    measured
}

fn measure(options: &Options, authority: &str) -> Fallible<()> {
    let mut contenders = vec![
        Contender::start("wippy", worker("wippy")?)?,
        Contender::start("wippy, busy-polling", worker("spinning")?)?,
        Contender::start("native", worker("native")?)?,
    ];
    match peer(options)? {
        Some(peer) => contenders.insert(2, Contender::start("peer", Command::new(peer))?),
        None => println!("peer: not built"),
    }
    Machine::look().print();
    let rounds = if options.quick {
        1
    } else {
        options.rounds.max(1)
    };
    for row in rows(options.quick, authority) {
        let request = Request {
            guest: guest(),
            function: format!("{GUEST}#{}", row.function),
            args: row.args.clone(),
            calls: row.calls,
        };
        let mut times = vec![Vec::new(); contenders.len()];
        let mut processor = vec![Vec::new(); contenders.len()];
        // A round that does not count: compiles, and makes the connections that are kept.
        for round in 0..=rounds {
            for (at, contender) in contenders.iter_mut().enumerate() {
                let (answer, seconds) = contender.ask(&request)?;
                let total: u64 = answer.call_ns.iter().sum();
                if round > 0
                    && let (Some(times), Some(processor)) =
                        (times.get_mut(at), processor.get_mut(at))
                {
                    times.push(total as f64 / 1e9);
                    processor.push(seconds);
                }
            }
        }
        println!("\n{}", row.label);
        let units = row.units * f64::from(row.calls);
        for ((contender, times), processor) in contenders.iter().zip(times).zip(processor) {
            let (time, processor) = (median(times), median(processor));
            println!(
                "  {:<20} {:>12.0} {}/s {:>10.2} µs of processor each",
                contender.label,
                units / time.max(f64::MIN_POSITIVE),
                row.unit,
                processor * 1e6 / units,
            );
        }
    }
    Ok(())
}

fn rows(quick: bool, authority: &str) -> Vec<Row> {
    let count = |full: u32, few: u32| if quick { few } else { full };
    let requests = count(20_000, 20);
    vec![
        Row {
            label: "sequential small GETs, connection kept",
            function: "sequential",
            args: vec![json!("http"), json!(authority), json!(requests)],
            calls: 1,
            units: f64::from(requests),
            unit: "requests",
        },
        Row {
            label: "64 small GETs in flight through one poll",
            function: "together",
            args: vec![json!(authority), json!(64)],
            calls: count(200, 2),
            units: 64.0,
            unit: "requests",
        },
        Row {
            label: "download of 64 MiB",
            function: "download",
            args: vec![json!(authority), json!("/large"), json!(null)],
            calls: count(10, 1),
            units: LARGE as f64 / f64::from(1 << 20),
            unit: "MiB",
        },
    ]
}

/// The median, as the other benchmark takes it.
fn median(seconds: Vec<f64>) -> f64 {
    let rounds: Vec<Summary> = seconds
        .into_iter()
        .map(|p50| Summary { p50, p99: None })
        .collect();
    Summary::median(&rounds).map_or(0.0, |summary| summary.p50)
}

fn worker(name: &str) -> Fallible<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--worker", name]);
    Ok(command)
}

/// A peer that was asked for has to be there; the default one may be missing.
fn peer(options: &Options) -> Fallible<Option<PathBuf>> {
    if let Some(path) = &options.peer {
        return match path.is_file() {
            true => Ok(Some(path.clone())),
            false => Err(format!("no peer at {}", path.display()).into()),
        };
    }
    let default =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peer/target/release/wippy-peer");
    Ok(Some(default).filter(|path| path.is_file()))
}
