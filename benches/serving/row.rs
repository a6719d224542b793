//! The figures of one server.

use serde::Serialize;

use crate::contender::Name;
use crate::figures::Figures;

/// What one server gave, a figure a round.
#[derive(Serialize, Debug)]
pub struct Row {
    /// Whose.
    pub name: Name,
    /// As fast as it answers, over connections that are kept.
    pub kept: Vec<Figures>,
    /// At the fixed rate.
    pub at_rate: Vec<Figures>,
    /// As fast as it answers, a connection for each request.
    pub short: Vec<Figures>,
}

impl Row {
    /// Without figures.
    pub fn new(name: Name) -> Row {
        Row {
            name,
            kept: Vec::new(),
            at_rate: Vec::new(),
            short: Vec::new(),
        }
    }
}
