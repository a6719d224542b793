//! `wippy schema`: what an editor needs to check a project's files, or a scenario.

use super::arguments::{Options, SchemaOf};
use super::output;
use crate::registry::schema;
use crate::simulation::scenario_schema;

pub(super) fn main(options: &Options, of: SchemaOf) -> u8 {
    let schema = match of {
        SchemaOf::Project => schema(),
        SchemaOf::Scenario => scenario_schema(),
    };
    output::print(&format!("{schema:#}\n"), options.json, 0)
}
