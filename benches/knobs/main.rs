//! What each setting that `docs/latency.md` names does to a guest's sleeps of a millisecond, and what it costs: a process for each, by
//! turns. Prints a table; nothing fails by it.
//!
//! ```text
//! cargo bench --bench knobs -- [--quick] [--rounds N]
//! ```
// A benchmark is what the real clock and the standard output are for.
#![allow(clippy::disallowed_methods)]

mod knob;
mod scene;
mod trial;

use std::error::Error;
use std::io::Write;
use std::process::{Command, ExitCode, Stdio};

use knob::Knob;
use scene::Scene;
use trial::Trial;

/// What may fail in any way.
type Fallible<T> = Result<T, Box<dyn Error>>;

/// What the command line says.
struct Options {
    rounds: usize,
    naps: u32,
    /// This process is one that is measured.
    worker: Option<(Knob, Scene)>,
}

impl Options {
    fn parse() -> Fallible<Options> {
        let mut options = Options {
            rounds: 5,
            naps: 200,
            worker: None,
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut number = || -> Fallible<u32> {
                let value = words.next().ok_or(format!("{word}: needs a number"))?;
                Ok(value.parse()?)
            };
            match word.as_str() {
                // `cargo bench` adds it.
                "--bench" => {}
                "--quick" => (options.rounds, options.naps) = (1, 3),
                "--rounds" => options.rounds = number()? as usize,
                "--naps" => options.naps = number()?,
                "--worker" => {
                    let (knob, scene) = (number()? as usize, number()? as usize);
                    let knob = Knob::ALL.get(knob).ok_or("no such knob")?;
                    let scene = Scene::ALL.get(scene).ok_or("no such scene")?;
                    options.worker = Some((*knob, *scene));
                }
                _ => return Err(format!("{word}: --quick and --rounds N are known").into()),
            }
        }
        Ok(options)
    }
}

fn main() -> ExitCode {
    let outcome = Options::parse().and_then(|options| match options.worker {
        Some((knob, scene)) => work(knob, scene, options.naps),
        None => drive(&options),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures and prints a line of JSON.
fn work(knob: Knob, scene: Scene, naps: u32) -> Fallible<()> {
    let trial = Trial::measure(knob, scene, naps)?;
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, &trial)?;
    Ok(output.write_all(b"\n")?)
}

/// What became of a knob in a scene.
#[derive(Default)]
struct Cell {
    trial: Trial,
    refusal: Option<String>,
}

fn drive(options: &Options) -> Fallible<()> {
    let mut cells: Vec<Vec<Cell>> = Knob::ALL
        .iter()
        .map(|_| Scene::ALL.iter().map(|_| Cell::default()).collect())
        .collect();
    for _ in 0..options.rounds {
        for (scene, _) in Scene::ALL.iter().enumerate() {
            for (knob, cells) in cells.iter_mut().enumerate() {
                let Some(cell) = cells.get_mut(scene).filter(|it| it.refusal.is_none()) else {
                    continue;
                };
                match ask(knob, scene, options.naps)? {
                    Ok(trial) => cell.trial.add(trial),
                    Err(refusal) => cell.refusal = Some(refusal),
                }
            }
        }
    }
    println!(
        "A guest that sleeps 1 ms again and again: late by p50 / p99, and the processor time of a sleep where nothing else runs.\n"
    );
    println!(
        "| setting | idle | processor time | beside a guest that computes | beside 100 tasks that yield |"
    );
    println!("|---|--:|--:|--:|--:|");
    for (knob, cells) in Knob::ALL.iter().zip(&cells) {
        let processor = cells.first().map(|cell| cell.trial.processor_time());
        let mut columns: Vec<String> = cells.iter().map(Cell::late).collect();
        columns.insert(1, processor.unwrap_or_default());
        println!("| {} | {} |", knob.name(), columns.join(" | "));
    }
    for (knob, cells) in Knob::ALL.iter().zip(&cells) {
        if let Some(refusal) = cells.iter().find_map(|cell| cell.refusal.as_ref()) {
            println!("\n{}: {refusal}", knob.name());
        }
    }
    Ok(())
}

impl Cell {
    fn late(&self) -> String {
        match self.refusal {
            Some(_) => "—".to_owned(),
            None => self.trial.late(),
        }
    }
}

/// A trial in a process of its own, or why there is none.
fn ask(knob: usize, scene: usize, naps: u32) -> Fallible<Result<Trial, String>> {
    let words = [knob.to_string(), scene.to_string()];
    let output = Command::new(std::env::current_exe()?)
        .arg("--worker")
        .args(words)
        .args(["--naps", &naps.to_string()])
        .stdin(Stdio::null())
        .output()?;
    match output.status.success() {
        true => Ok(Ok(serde_json::from_slice(&output.stdout)?)),
        false => Ok(Err(String::from_utf8_lossy(&output.stderr)
            .trim()
            .to_owned())),
    }
}
