//! Who takes part.

use serde::{Deserialize, Serialize};

/// Who takes part.
#[derive(Clone, Serialize, Deserialize, Debug)]
pub struct Contender {
    /// Letters, digits and `-`: a name for files and command lines.
    pub id: String,
    /// The name in tables and legends.
    pub label: String,
    /// Contenders of one family have one colour, and differ by dashes. Its own id by default.
    pub family: String,
    /// What it is, with its version.
    pub about: String,
    /// Its settings, where they are not the default ones.
    pub settings: String,
    /// Whether it takes part in the ranking; not so a bare loop, which shows the limit, or settings beside the default ones.
    pub ranked: bool,
}

impl Contender {
    /// One with default settings, of a family of its own.
    pub fn new(id: &str, label: &str, about: &str) -> Contender {
        Contender {
            id: id.to_owned(),
            label: label.to_owned(),
            family: id.to_owned(),
            about: about.to_owned(),
            settings: String::new(),
            ranked: true,
        }
    }
}
