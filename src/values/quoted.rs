//! Texts from outside, as errors show them.

use std::fmt;

/// Characters of a text from outside that an error repeats.
const MAX_QUOTED: usize = 40;

/// A text from outside in quotes, escaped and shortened: safe to print on a terminal.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl Quoted<'_> {
    /// The same without the quotes.
    pub(super) fn shortened(text: &str) -> String {
        let end = text.char_indices().nth(MAX_QUOTED);
        match end.and_then(|(end, _)| text.get(..end)) {
            Some(head) => format!("{}…", head.escape_debug()),
            None => text.escape_debug().to_string(),
        }
    }
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", Quoted::shortened(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_of_the_text_stay() {
        assert_eq!(Quoted::shortened("say \"hi\""), "say \\\"hi\\\"");
        assert_eq!(Quoted("say \"hi\"").to_string(), "\"say \\\"hi\\\"\"");
    }

    #[test]
    fn a_long_text_is_cut() {
        let long = "ä".repeat(MAX_QUOTED + 1);
        let cut = format!("{}…", "ä".repeat(MAX_QUOTED));
        assert_eq!(Quoted::shortened(&long), cut);
        assert_eq!(Quoted(&long).to_string(), format!("\"{cut}\""));
    }
}
