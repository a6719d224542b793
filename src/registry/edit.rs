//! Edits of a document's text that leave everything else as it was written.

use std::path::Path;

use super::parse::parse;
use super::tree::{Key, Node, Place};

/// Why a text cannot be edited.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EditError {
    /// The value comes from elsewhere: a placeholder, an alias, an override, a file.
    #[error("{0:?} is not written here as it is: change it where its value comes from")]
    NotLiteral(String),
    /// The entry is written in braces, or in another way in which a field cannot be added as a line.
    #[error(
        "no line for {0:?} can be added here: write the entry with a line for each field first"
    )]
    NoLine(String),
    /// There is no list of entries with a line for each.
    #[error("there is no `entries:` with a `- ` line for each entry: add it by hand")]
    NoEntries,
    /// The changed text would not be read as the same entries and the new one.
    #[error("where the entries end cannot be told from the lines: add the entry by hand")]
    Unclear,
}

/// Replaces the scalar `old` at `place` with `new`. Neither may need quotes in YAML; existing
/// quotes are kept.
///
/// # Errors
/// `NotLiteral` when `old` is not written at `place`.
pub fn replace_scalar(
    text: &str,
    place: &Place,
    old: &str,
    new: &str,
) -> Result<String, EditError> {
    let refused = || EditError::NotLiteral(old.to_owned());
    let at = offset(text, place).ok_or_else(refused)?;
    let (before, rest) = text.split_at_checked(at).ok_or_else(refused)?;
    let quote = rest
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''));
    let rest = quote.map_or(rest, |quote| rest.strip_prefix(quote).unwrap_or(rest));
    let after = rest.strip_prefix(old).ok_or_else(refused)?;
    let ends = |next: char| match quote {
        Some(quote) => next == quote,
        None => next.is_whitespace() || matches!(next, ',' | ']' | '}'),
    };
    match after.chars().next() {
        Some(next) if !ends(next) => return Err(refused()),
        None if quote.is_some() => return Err(refused()),
        _ => {}
    }
    let quote = quote.map(String::from).unwrap_or_default();
    Ok(format!("{before}{quote}{new}{after}"))
}

/// Writes `name: value` on the line of the key at `place` if that key is `name` without a value,
/// else on a new line after it. The value must not need quotes in YAML.
///
/// # Errors
/// `NoLine` when the result would not parse to that field.
pub fn set_field(text: &str, place: &Place, name: &str, value: &str) -> Result<String, EditError> {
    let refused = || EditError::NoLine(name.to_owned());
    let at = offset(text, place).ok_or_else(refused)?;
    let start = text.get(..at).and_then(|before| before.rfind('\n'));
    let start = start.map_or(0, |newline| newline + 1);
    let end = text.get(at..).and_then(|rest| rest.find('\n'));
    let end = end.map_or(text.len(), |newline| at + newline);
    let parts = (
        text.get(..start),
        text.get(start..at),
        text.get(at..end),
        text.get(end..),
    );
    let (Some(before), Some(indent), Some(line), Some(after)) = parts else {
        return Err(refused());
    };
    if !indent
        .trim_start_matches('\u{feff}')
        .chars()
        .all(|c| matches!(c, ' ' | '-'))
    {
        return Err(refused());
    }
    let own = line
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix(':'));
    let changed = match own.map(str::trim) {
        Some("") => format!("{before}{indent}{name}: {value}{after}"),
        Some(comment) if comment.starts_with('#') => {
            format!("{before}{indent}{name}: {value} {comment}{after}")
        }
        Some(_) => return Err(refused()),
        None => {
            let below = " ".repeat(indent.chars().count());
            format!("{before}{indent}{line}\n{below}{name}: {value}{after}")
        }
    };
    let written = place.line + u32::from(own.is_none());
    let parsed = parse(&changed, &place.file);
    let is_there = |node: &Node| has_field(node, name, written, value);
    match parsed.error.is_none() && parsed.documents.iter().any(is_there) {
        true => Ok(changed),
        false => Err(refused()),
    }
}

/// Whether a node contains this field on this line, at any depth.
fn has_field(node: &Node, name: &str, line: u32, value: &str) -> bool {
    let fields = node.as_mapping().map_or(&[][..], |fields| &fields.entries);
    let items = node.as_sequence().unwrap_or_default();
    let is_it = |(key, node): &(Key, Node)| {
        *key.text == *name && key.place.line == line && node.as_str() == Some(value)
    };
    let mut below = fields.iter().map(|(_, node)| node).chain(items);
    fields.iter().any(is_it) || below.any(|node| has_field(node, name, line, value))
}

/// The byte offset of a place in the text.
fn offset(text: &str, place: &Place) -> Option<usize> {
    // The parser's columns do not count a byte order mark.
    let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let line = usize::try_from(place.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(place.column).ok()?.checked_sub(1)?;
    let mut start = mark;
    for _ in 0..line {
        start += text.get(start..)?.find('\n')? + 1;
    }
    let rest = text.get(start..)?;
    let (inside, _) = rest.char_indices().nth(column)?;
    Some(start + inside)
}

/// Appends entries after the last one of the last document. `lines` is a YAML list whose dashes are
/// not indented.
///
/// # Errors
/// `NoEntries` when the last document has no block list of entries; `Unclear` when the result would
/// not parse to the old entries followed by the new ones.
pub fn append_entries(text: &str, lines: &str) -> Result<String, EditError> {
    let before = documents(text);
    let entries = |document: &Node| Some(document.get("entries")?.as_sequence()?.to_vec());
    let there = before
        .last()
        .and_then(entries)
        .ok_or(EditError::NoEntries)?;
    let last = there.last().ok_or(EditError::NoEntries)?;
    let start = usize::try_from(last.place.line).unwrap_or(0);
    let first = text
        .lines()
        .nth(start.saturating_sub(1))
        .unwrap_or_default();
    let dash = first.len() - first.trim_start_matches(' ').len();
    if !first.trim_start_matches(' ').starts_with("- ") {
        return Err(EditError::NoEntries);
    }

    // The last entry ends before the first line that is not indented deeper than its dash.
    let mut end = 0;
    let mut ends_at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        end += line.len();
        if number + 1 < start {
            continue;
        }
        let content = line.trim();
        let depth = line.len() - line.trim_start_matches(' ').len();
        if number + 1 > start && !content.is_empty() && depth <= dash {
            break;
        }
        if !content.is_empty() {
            ends_at = end;
        }
    }
    let (head, tail) = text.split_at_checked(ends_at).ok_or(EditError::Unclear)?;
    let mut changed = head.to_owned();
    if !changed.ends_with('\n') {
        changed.push('\n');
    }
    let ending = if head.ends_with("\r\n") { "\r\n" } else { "\n" };
    let apart = head.contains("\n\n") || head.contains("\r\n\r\n");
    if apart {
        changed.push_str(ending);
    }
    for line in lines.lines() {
        let indent = if line.is_empty() { 0 } else { dash };
        changed.extend(std::iter::repeat_n(' ', indent));
        changed.push_str(line);
        changed.push_str(ending);
    }
    changed.push_str(tail);

    let after = documents(&changed);
    let added = documents(lines);
    let added = added.first().and_then(Node::as_sequence);
    let expected: Vec<String> = there
        .iter()
        .chain(added.unwrap_or_default())
        .map(said)
        .collect();
    let now = after.last().and_then(entries).unwrap_or_default();
    let now: Vec<String> = now.iter().map(said).collect();
    match after.len() == before.len() && now == expected && added.is_some() {
        true => Ok(changed),
        false => Err(EditError::Unclear),
    }
}

/// The namespace of the last document of a text.
pub fn namespace_of(text: &str) -> Option<String> {
    let documents = documents(text);
    Some(documents.last()?.get("namespace")?.as_str()?.to_owned())
}

fn documents(text: &str) -> Vec<Node> {
    parse(text, &Path::new("").into()).documents
}

/// A node's content without its places, to compare nodes.
fn said(node: &Node) -> String {
    serde_json::to_string(node).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: u32, column: u32) -> Place {
        Place {
            file: Path::new("x").into(),
            line,
            column,
        }
    }

    #[test]
    fn a_scalar_is_replaced_and_its_quotes_stay() {
        let text = "a: é\nb: {h: \"old\", i: 'old'} # old\nc: old";
        for (line, column, expected) in [
            (2, 8, "a: é\nb: {h: \"new\", i: 'old'} # old\nc: old"),
            (2, 18, "a: é\nb: {h: \"old\", i: 'new'} # old\nc: old"),
            (3, 4, "a: é\nb: {h: \"old\", i: 'old'} # old\nc: new"),
        ] {
            let changed = replace_scalar(text, &place(line, column), "old", "new");
            assert_eq!(changed.as_deref(), Ok(expected));
        }
        for (line, column, old) in [(1, 4, "old"), (3, 4, "ol"), (9, 1, "old"), (2, 8, "ol")] {
            let refused = replace_scalar(text, &place(line, column), old, "new");
            assert_eq!(refused, Err(EditError::NotLiteral(old.to_owned())));
        }
    }

    #[test]
    fn a_field_is_set_on_its_line_or_behind_another() {
        let text = "- name: a\n  path: x # where\n- path: y\n  hash:  # later\n  n: {path: z}";
        for (line, column, expected) in [
            (
                2,
                3,
                "- name: a\n  path: x # where\n  hash: new\n- path: y\n  hash:  # later\n  n: {path: z}",
            ),
            (
                4,
                3,
                "- name: a\n  path: x # where\n- path: y\n  hash: new # later\n  n: {path: z}",
            ),
        ] {
            let changed = set_field(text, &place(line, column), "hash", "new");
            assert_eq!(changed.as_deref(), Ok(expected));
        }
        let refused = Err(EditError::NoLine("hash".to_owned()));
        assert_eq!(set_field(text, &place(5, 7), "hash", "new"), refused);
        let folded = "path: x\n  y\n";
        assert_eq!(set_field(folded, &place(1, 1), "hash", "new"), refused);
    }

    #[test]
    fn entries_are_appended_in_the_lists_own_form() {
        let added = "- name: b\n  k:\n    - x\n";
        for (text, expected) in [
            (
                "namespace: n\nentries:\n  - name: a\n    k: v # why\n\n# the end\n",
                "namespace: n\nentries:\n  - name: a\n    k: v # why\n  - name: b\n    k:\n      - x\n\n# the end\n",
            ),
            (
                "entries:\n- name: a\nnamespace: n",
                "entries:\n- name: a\n- name: b\n  k:\n    - x\nnamespace: n",
            ),
            (
                "namespace: n\n\nentries:\n  - name: a\n    t: |\n      text\n\n      more",
                "namespace: n\n\nentries:\n  - name: a\n    t: |\n      text\n\n      more\n\n  - name: b\n    k:\n      - x\n",
            ),
        ] {
            assert_eq!(
                append_entries(text, added).as_deref(),
                Ok(expected),
                "{text}"
            );
        }
        for text in [
            "a: b\n",
            "entries: []\n",
            "entries: [{name: a}]\n",
            "entries: 3\n",
        ] {
            assert_eq!(
                append_entries(text, added),
                Err(EditError::NoEntries),
                "{text}"
            );
        }
        // Lines cannot be appended to a flow list.
        let text = "entries: [\n- 1]\n";
        assert!(append_entries(text, added).is_err());
    }
}
