//! `wippy hash`: what an entry's `hash` field wants.

use std::io::Write;

use super::arguments::{Hash, Options};
use super::{USAGE, report};
use crate::module::Digest;

pub(super) fn main(options: &Options, hash: &Hash) -> u8 {
    let mut code = 0;
    for path in &hash.files {
        match std::fs::read(path) {
            Ok(bytes) => {
                let _ = writeln!(
                    std::io::stdout(),
                    "sha256:{}  {}",
                    Digest::of(&bytes),
                    path.display()
                );
            }
            Err(error) => {
                report::message(&format!("{}: {error}", path.display()), options.json);
                code = USAGE;
            }
        }
    }
    code
}
