//! Texts from outside, as errors show them.

use std::fmt;

/// Characters of a text from outside that an error repeats.
const MAX_QUOTED: usize = 40;

/// A text from outside in quotes, escaped and shortened: safe to print on a terminal.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl Quoted<'_> {
    /// The same without the quotes.
    pub(super) fn shortened(text: &str) -> String {
        let quoted = Quoted(text).to_string();
        quoted.trim_matches('"').to_owned()
    }
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self
            .0
            .char_indices()
            .nth(MAX_QUOTED)
            .map(|(offset, _)| offset);
        match end.and_then(|end| self.0.get(..end)) {
            Some(head) => write!(f, "\"{}…\"", head.escape_debug()),
            None => write!(f, "\"{}\"", self.0.escape_debug()),
        }
    }
}
