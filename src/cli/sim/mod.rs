//! `wippy sim`: a scenario, run with one seed or with many.

pub(super) mod arguments;
mod diff;
mod edit;
mod found;
mod logs;
mod one_run;
mod outcome;
mod output_file;
mod pictures;
mod prepared;
mod shrink;
mod sweep;

use std::path::Path;

use super::arguments::Options;
use crate::registry::Loaded;
use arguments::{Sim, SimCommand};
use diff::Drawn;
use prepared::Prepared;

pub(super) fn main(options: &Options, sim: &Sim, load: impl FnOnce(&Path) -> Loaded) -> u8 {
    if let Some(SimCommand::Diff {
        one,
        other,
        html,
        scenario,
    }) = &sim.command
    {
        let drawn = html.as_deref().map(|html| Drawn {
            html,
            scenario: scenario.as_deref(),
        });
        return diff::run(options, one, other, drawn, load);
    }
    let scenario = sim.run.scenario.as_deref();
    let prepared = match Prepared::new(options, scenario, sim.run.picker, load) {
        Ok(prepared) => prepared,
        Err(code) => return code,
    };
    match &sim.run.seeds {
        _ if sim.run.shrink => shrink::run(options, &sim.run, &prepared),
        Some(seeds) => sweep::run(options, &sim.run, &prepared, seeds.clone()),
        None => one_run::run(options, &sim.run, &prepared),
    }
}
