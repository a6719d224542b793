//! Shrinking: a failing run made as small as it can be and still fail in the same way.
//!
//! * `settings` is what is shrunk and how far, `trial` one run of it;
//! * `search` goes through the faults, the switches, the parts and the cuts, `reduce` is delta debugging
//!   (Zeller, Hildebrandt, "Simplifying and isolating failure-inducing input", 2002), `runner` makes the runs;
//! * `progress`, `shrunk` and `error` are what is said meanwhile and in the end.

mod error;
mod progress;
mod reduce;
mod runner;
mod search;
mod settings;
mod shrunk;
mod trial;

pub use error::ShrinkError;
pub use progress::{ShrinkProgress, ShrinkStep};
pub use settings::Shrink;
pub use shrunk::{RunSize, Shrunk};
pub use trial::Trial;
