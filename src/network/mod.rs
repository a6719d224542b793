//! What an entry may reach: the rules of `wasi.network.allow` (contract §6).

mod allow;
mod rule;

pub use allow::{Allow, LookedUp};
pub use rule::{Protocol, Rule, RuleError};
