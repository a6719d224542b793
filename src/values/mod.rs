//! Conversion between JSON and component values: `docs/values.md`.
//!
//! One rule set at every depth and in both directions:
//!
//! | WIT | JSON |
//! |---|---|
//! | integers | a number in range (an integral float below 2^53 too); 64-bit also a decimal string, and out beyond 2^53 always one |
//! | `f32`, `f64` | a number, `"nan"`, `"inf"`, `"-inf"` |
//! | `char` | a string of one character |
//! | `list<u8>` | an array of numbers; in also `{"base64": "…"}` |
//! | `list`, `tuple` | an array |
//! | `record` | an object with kebab-case keys; in also snake_case; an absent `option` field is none |
//! | `option` | `null` or the value; an option of an option is `null` or `{"some": …}` |
//! | `result` | `{"ok": v}` or `{"err": e}`, `true` for a missing payload |
//! | `variant` | `{"case": v}`, or `"case"` without a payload |
//! | `enum` | the name |
//! | `flags` | an array of names, each at most once |
//!
//! An object with the same key twice is an error where text is read ([`parse_json`]).
//! Resources, streams, futures, error contexts and maps have no JSON form and are errors.
//! Every error names the place: `argument 0, field users[3].age: expected u8, got 300`.

mod engine_values;
mod error;
mod from_json;
mod from_text;
mod from_wave;
mod json_text;
mod limits;
mod number;
mod path;
mod quoted;
mod record;
mod signature;
#[cfg(test)]
mod tests;
mod to_json;

pub use engine_values::check;
pub use error::ValueError;
pub use from_json::{arguments, result};
pub use from_text::{from_text, text_arguments};
pub use from_wave::wave_arguments;
pub use json_text::parse_json;
pub use limits::MAX_LIFTED_BYTES;
pub use signature::signature;
pub use to_json::to_json;
