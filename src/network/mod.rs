//! What an entry may reach: the rules of `wasi.network.allow`.

mod access;
mod allow;
mod rule;

pub use access::NetworkAccess;
pub use allow::{Allow, LookedUp};
pub use rule::{Names, Port, Protocol, Rule, RuleError, Target};
