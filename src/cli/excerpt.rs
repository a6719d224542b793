//! The lines of a file around an error, for a terminal.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::registry::{MAX_DOCUMENT_BYTES, Place};

/// Characters of a line that are shown; a longer one is cut around the error.
const LINE_MAX: usize = 160;
/// Characters that stay before the error in a line that is cut.
const LEAD: usize = 40;

/// The file that was looked at last: errors come in the order of the files.
#[derive(Default)]
pub(super) struct Files {
    last: Option<(Arc<Path>, String)>,
}

impl Files {
    /// The lines around a place, if the file can still be read.
    pub(super) fn excerpt(&mut self, place: &Place) -> Option<Excerpt> {
        if place.line == 0 {
            return None;
        }
        if !matches!(&self.last, Some((file, _)) if *file == place.file) {
            let mut text = String::new();
            let file = File::open(&place.file).ok()?;
            let bound = MAX_DOCUMENT_BYTES as u64;
            file.take(bound).read_to_string(&mut text).ok()?;
            self.last = Some((place.file.clone(), text));
        }
        let (_, text) = self.last.as_ref()?;
        Excerpt::new(text, place)
    }
}

/// Three lines at most, with the error in one of them.
pub(super) struct Excerpt {
    name: String,
    text: String,
    /// The number of the first line, from 0.
    first: usize,
    lines: usize,
    highlight: SourceSpan,
    /// Where it is in the file, from 0.
    at: (usize, usize),
}

impl Excerpt {
    fn new(text: &str, place: &Place) -> Option<Excerpt> {
        let line = (place.line as usize).checked_sub(1)?;
        let column = (place.column as usize).saturating_sub(1);
        let first = line.saturating_sub(1);
        let (mut shown, mut error, mut lines) = (String::new(), None, 0);
        for (number, content) in text.lines().enumerate().skip(first).take(3) {
            let content = content.trim_end_matches('\r');
            if number == line {
                let (start, length) = token(content, column);
                let cut = match content.chars().count() > LINE_MAX {
                    true => start.saturating_sub(LEAD),
                    false => 0,
                };
                let before: String = content.chars().skip(cut).take(start - cut).collect();
                let offset = shown.len() + plain(&before).len();
                let token: String = content.chars().skip(start).take(length).collect();
                let length = plain(&token).len();
                error = Some(SourceSpan::new(offset.into(), length));
                shown.push_str(&plain(&line_from(content, cut)));
            } else {
                shown.push_str(&plain(&line_from(content, 0)));
            }
            shown.push('\n');
            lines += 1;
        }
        Some(Excerpt {
            name: plain(&place.file.display().to_string()),
            text: shown,
            first,
            lines,
            highlight: error?,
            at: (line, column),
        })
    }

    /// What is marked.
    pub(super) fn highlight(&self) -> SourceSpan {
        self.highlight
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Without context it is asked where the error is, with it for the lines to show.
        let (range, line, column, lines) = match before + after {
            0 => (*span, self.at.0, self.at.1, 1),
            _ => ((0..self.text.len()).into(), self.first, 0, self.lines),
        };
        let end = range.offset().saturating_add(range.len());
        let data = self.text.as_bytes().get(range.offset()..end);
        let data = data.ok_or(MietteError::OutOfBounds)?;
        let name = self.name.clone();
        let contents = MietteSpanContents::new_named(name, data, range, line, column, lines);
        Ok(Box::new(contents))
    }
}

/// A line's characters from `cut` on, at most as many as are shown.
fn line_from(line: &str, cut: usize) -> String {
    line.chars().skip(cut).take(LINE_MAX).collect()
}

/// Where the word at `column` begins and how many characters it has; none at its end.
fn token(line: &str, column: usize) -> (usize, usize) {
    let count = line.chars().count();
    let start = column.min(count);
    let rest = line.chars().skip(start);
    let quote = rest.clone().next().filter(|c| matches!(c, '"' | '\''));
    let length = match quote {
        Some(quote) => rest.skip(1).position(|c| c == quote).map(|end| end + 2),
        None => rest
            .clone()
            .position(|c| matches!(c, ',' | ']' | '}') || c == ' ' || c == '\t'),
    };
    let length = length.unwrap_or(count - start).max(1);
    (start, length.min(LINE_MAX - LEAD).min(count - start))
}

/// Text that does not steer the terminal. A tab is a space, so that columns stay what they are.
pub(super) fn plain(text: &str) -> String {
    let shown = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, line: u32, column: u32) -> Option<(String, String)> {
        let place = Place {
            file: Path::new("a.yaml").into(),
            line,
            column,
        };
        let excerpt = Excerpt::new(text, &place)?;
        let (start, length) = (excerpt.highlight.offset(), excerpt.highlight.len());
        let marked = excerpt.text.get(start..start + length);
        Some((excerpt.text.clone(), marked.unwrap_or_default().to_owned()))
    }

    #[test]
    fn the_word_at_the_place_is_marked() {
        let text = "a: 1\nhash: \"sha 256\" # x\nlist: [one, two]\nlast\n";
        let (shown, marked) = excerpt(text, 2, 7).expect("an excerpt");
        assert_eq!(shown, "a: 1\nhash: \"sha 256\" # x\nlist: [one, two]\n");
        assert_eq!(marked, "\"sha 256\"");
        assert_eq!(excerpt(text, 3, 8).expect("an excerpt").1, "one");
        assert_eq!(excerpt(text, 4, 1).expect("an excerpt").1, "last");
        // The end of a line and beyond, and lines that are not there.
        assert_eq!(excerpt(text, 1, 5).expect("an excerpt").1, "");
        assert!(excerpt(text, 1, 500).is_some());
        assert!(excerpt(text, 9, 1).is_none() && excerpt(text, 0, 0).is_none());
    }

    #[test]
    fn long_lines_are_cut_and_control_characters_replaced() {
        let text = format!("{}here{}", "x".repeat(9999), "y".repeat(9999));
        let (shown, marked) = excerpt(&text, 1, 10_000).expect("an excerpt");
        assert_eq!(shown.chars().count(), LINE_MAX + 1);
        assert!(marked.starts_with("here"));
        let (shown, marked) = excerpt("é\u{1b}[2J\tname", 1, 7).expect("an excerpt");
        assert_eq!(shown, "é\u{fffd}[2J name\n");
        assert_eq!(marked, "name");
    }
}
