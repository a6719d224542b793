//! Scenarios: simulations that are written down as YAML, with what has to hold in every run.
//!
//! `document` reads one with all errors and their places, `hosts`, `network` and `faults` its parts;
//! `expectation` is what has to hold.

mod disks;
mod document;
mod expectation;
mod faults;
mod hosts;
mod loaded;
mod network;
mod output;

pub use document::scenario_schema;
pub use loaded::Scenario;
