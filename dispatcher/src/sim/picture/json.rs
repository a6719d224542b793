//! JSON as text, safe within a script of a page.

use std::fmt::Write;

/// Appends a string, with its quotes. No `<` is left in it, so that nothing in it ends the script of a page or
/// begins a comment there.
pub(super) fn string(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{7f}' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}

/// Appends a list, whose items `put` appends.
pub(super) fn list<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut put: impl FnMut(&mut String, T),
) {
    out.push('[');
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        put(out, item);
    }
    out.push(']');
}

/// Appends a list of strings.
pub(super) fn strings<'a>(out: &mut String, texts: impl IntoIterator<Item = &'a str>) {
    list(out, texts, string);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_string_ends_the_script_that_it_is_in() {
        let mut out = String::new();
        string(&mut out, "</script><!-- \"a\\b\"\n\u{0}\u{2028}&é");
        assert_eq!(
            out,
            r#""\u003c/script\u003e\u003c!-- \"a\\b\"\n\u0000\u2028\u0026é""#
        );
    }
}
