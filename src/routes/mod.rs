//! Which route of a server answers a request: patterns of paths, and a table of them. Without I/O.
//!
//! What is decided here, and holds for every server:
//!
//! * A path is split at its slashes first, and each segment is percent-decoded then: `%2F` is a slash within a
//!   segment and separates nothing. Text is compared decoded and with its case.
//! * A path with a segment `.` or `..`, encoded or not, is malformed: whoever answers would have to guess which of two
//!   paths is meant. So is one whose escapes are broken, or are no UTF-8, or hold a control character.
//! * `/a` and `/a/` are two paths, and so are `/a/b` and `/a//b`. A parameter takes one segment that is not empty.
//! * A final `{x...}` takes the rest, slashes included; it may be empty, as in `/a/` for `/a/{x...}`.
//! * Segment by segment text goes before a parameter, and a parameter before the rest. A route without the request's
//!   method gives way to the next one that has it.
//! * `HEAD` is answered by `GET` where it has no route of its own. `OPTIONS` without a route says what is allowed.

mod decode;
mod pattern;
mod table;
#[cfg(test)]
mod tests;

pub use pattern::{InvalidPattern, RoutePattern};
pub use table::{RouteMatch, RouteTable, Routed};
