//! `wippy schema`: what an editor needs to check a project's files.

use super::arguments::Options;
use super::output;
use crate::registry::schema;

pub(super) fn main(options: &Options) -> u8 {
    output::print(&format!("{:#}\n", schema()), options.json, 0)
}
