//! `wippy sim`: a scenario, run with one seed or with many.

pub(super) mod arguments;
mod one_run;
mod outcome;
mod prepared;
mod sweep;

use std::path::Path;

use super::arguments::Options;
use crate::registry::Loaded;
use arguments::Sim;
use prepared::Prepared;

pub(super) fn main(options: &Options, sim: &Sim, load: impl FnOnce(&Path) -> Loaded) -> u8 {
    let prepared = match Prepared::new(options, sim, load) {
        Ok(prepared) => prepared,
        Err(code) => return code,
    };
    match &sim.seeds {
        Some(seeds) => sweep::run(options, sim, &prepared, seeds.clone()),
        None => one_run::run(options, sim, &prepared),
    }
}
