//! What an entry may reach: the rules of `wasi.network.allow`.

mod allow;
mod rule;

pub use allow::{Allow, LookedUp};
pub use rule::{Protocol, Rule, RuleError};
