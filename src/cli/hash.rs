//! `wippy hash`: what an entry's `hash` field wants.

use std::fmt::Write;

use super::arguments::{Hash, Options};
use super::{USAGE, output, report};
use crate::module::Digest;

pub(super) fn main(options: &Options, hash: &Hash) -> u8 {
    let (mut text, mut code) = (String::new(), 0);
    for path in &hash.files {
        match std::fs::read(path) {
            Ok(bytes) => {
                let _ = writeln!(text, "sha256:{}  {}", Digest::of(&bytes), path.display());
            }
            Err(error) => {
                report::message(&format!("{}: {error}", path.display()), options.json);
                code = USAGE;
            }
        }
    }
    output::print(&text, options.json, code)
}
