//! Text → spanned trees, within bounds.
//!
//! The trees are built from parser events, so that every node keeps its place and a hostile
//! document (deep nesting, aliases of aliases) ends in an error before it costs anything.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::diagnostic::Diagnostic;
use super::scalar::{Scalar, Style};
use super::tree::{DocumentError, Key, Mapping, Node, Place, Value};

/// The largest file that is parsed, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 4 << 20;
/// The deepest nesting of a document, aliases expanded.
pub const MAX_DEPTH: usize = 64;
/// The most nodes of a file, aliases expanded; 64 bytes of text count as one more.
pub const MAX_NODES: usize = 1_000_000;

/// What could be read of a file: the documents before the first syntax error, and the error
/// (a warning if the file is probably none of ours).
pub(crate) struct Parsed {
    pub documents: Vec<Node>,
    pub error: Option<Diagnostic>,
}

/// Parses every document of `text`.
pub(crate) fn parse(text: &str, file: &Arc<Path>) -> Parsed {
    if text.len() > MAX_DOCUMENT_BYTES {
        let error = Diagnostic::error(format!(
            "the file is larger than {MAX_DOCUMENT_BYTES} bytes"
        ));
        return Parsed {
            documents: Vec::new(),
            error: Some(error.at(&Place::file(file.clone()))),
        };
    }
    let mut builder = Builder {
        file,
        documents: Vec::new(),
        stack: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
    };
    let mut parser = Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut error = None;
    while let Some(event) = parser.next_event() {
        let result = match event {
            Ok((event, span)) => builder.event(event, span.start),
            Err(e) => {
                let place = builder.place(*e.marker());
                error = Some(syntax_error(text, place, e.info()));
                break;
            }
        };
        if let Err(problem) = result {
            error = Some(Diagnostic::error(problem.message).at(&problem.place));
            break;
        }
    }
    Parsed {
        documents: builder.documents,
        error,
    }
}

/// The parser's error. For some tabs its place is the scalar before: the tab is found in the
/// indentation of the next lines then.
fn syntax_error(text: &str, mut place: Place, info: &str) -> Diagnostic {
    let lines = text.lines().zip(1..);
    let mut near =
        lines.filter(|(_, line)| (place.line..place.line.saturating_add(3)).contains(line));
    let tab = near.find_map(|(text, line)| {
        let mut indentation = text.chars().zip(1..).take_while(|(c, _)| c.is_whitespace());
        let (_, column) = indentation.find(|(c, _)| *c == '\t')?;
        Some((line, column))
    });
    match tab.filter(|_| info.contains("tab")) {
        Some((line, column)) if line != place.line => {
            (place.line, place.column) = (line, column);
            let error = Diagnostic::error("YAML syntax error: a tab in the indentation");
            error.at(&place).hint("indent with spaces")
        }
        _ => Diagnostic::error(format!("YAML syntax error: {info}")).at(&place),
    }
}

/// JSON's surrogate pairs (`\ud83d\ude00`), which YAML does not know, as the characters that
/// they mean.
pub(crate) fn join_surrogates(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    let mut copied = 0;
    while let Some(at) = rest.find('\\') {
        let offset = text.len() - rest.len() + at;
        let length = match surrogate_pair(text.get(offset..).unwrap_or_default()) {
            Some(c) => {
                out.push_str(text.get(copied..offset).unwrap_or_default());
                out.push(c);
                copied = offset + 12;
                12
            }
            // The escaped character is skipped too: `\\u` is no escape of `u`.
            None => 1 + next_char(rest, at + 1).map_or(0, char::len_utf8),
        };
        rest = text.get(offset + length..).unwrap_or_default();
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

fn next_char(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

fn surrogate_pair(text: &str) -> Option<char> {
    let unit = |range: std::ops::Range<usize>| -> Option<u16> {
        let digits = text.get(range)?.strip_prefix("\\u")?;
        let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
        u16::from_str_radix(digits, 16).ok().filter(|_| hex)
    };
    let pair = [unit(0..6)?, unit(6..12)?];
    let mut chars = char::decode_utf16(pair);
    match (chars.next(), chars.next()) {
        (Some(Ok(c)), None) => Some(c),
        _ => None,
    }
}

struct Builder<'a> {
    file: &'a Arc<Path>,
    documents: Vec<Node>,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Anchor>,
    nodes: usize,
}

/// A finished anchor: what an alias of it stands for.
struct Anchor {
    node: Node,
    /// Nodes of the subtree, aliases expanded.
    nodes: usize,
    /// Levels of the subtree below its root.
    height: usize,
}

/// A collection that is being read.
struct Frame {
    place: Place,
    anchor: usize,
    nodes_before: usize,
    height: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping(Box<Pending>),
}

#[derive(Default)]
struct Pending {
    mapping: Mapping,
    index: HashMap<Arc<str>, usize>,
    key: Option<PendingKey>,
    merges: Vec<Node>,
}

enum PendingKey {
    Named(Key),
    /// `<<`: the value's entries lie below the mapping's own.
    Merge,
    /// A key that was refused; its value is read and forgotten.
    Refused,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, at: Marker) -> Result<(), DocumentError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let place = self.place(at);
                self.count(1 + text.len() / 64, &place)?;
                let plain = match core_tag(tag.as_deref()) {
                    Some("str") => false,
                    Some("int" | "float" | "bool" | "null") => true,
                    _ => style == ScalarStyle::Plain,
                };
                let style = if plain { Style::Plain } else { Style::Text };
                let nodes = 1 + text.len() / 64;
                let text = text.into();
                let value = Value::Scalar(Scalar { text, style });
                self.finish(Node { place, value }, anchor, nodes, 0);
            }
            Event::SequenceStart(anchor, _) => {
                self.open(at, anchor, Content::Sequence(Vec::new()))?;
            }
            Event::MappingStart(anchor, _) => {
                self.open(at, anchor, Content::Mapping(Box::default()))?
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => {
                let place = self.place(at);
                let Some(Anchor {
                    node,
                    nodes,
                    height,
                }) = self.anchors.get(&anchor)
                else {
                    let message = "an alias stands inside the value that it refers to";
                    return Err(DocumentError {
                        place,
                        message: message.to_owned(),
                    });
                };
                let (nodes, height, value) = (*nodes, *height, node.value.clone());
                self.count(nodes, &place)?;
                self.check_depth(self.stack.len() + height, &place)?;
                self.finish(Node { place, value }, 0, nodes, height);
            }
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn place(&self, at: Marker) -> Place {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place {
            file: self.file.clone(),
            line: number(at.line()).max(1),
            column: number(at.col()).saturating_add(1),
        }
    }

    fn count(&mut self, nodes: usize, place: &Place) -> Result<(), DocumentError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        let message = format!("the file holds more than {MAX_NODES} nodes, aliases expanded");
        let place = place.clone();
        Err(DocumentError { place, message })
    }

    fn check_depth(&self, depth: usize, place: &Place) -> Result<(), DocumentError> {
        if depth <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("the document is nested deeper than {MAX_DEPTH} levels");
        let place = place.clone();
        Err(DocumentError { place, message })
    }

    fn open(&mut self, at: Marker, anchor: usize, content: Content) -> Result<(), DocumentError> {
        let place = self.place(at);
        let nodes_before = self.nodes;
        self.count(1, &place)?;
        self.check_depth(self.stack.len() + 1, &place)?;
        self.stack.push(Frame {
            place,
            anchor,
            nodes_before,
            height: 1,
            content,
        });
        Ok(())
    }

    fn close(&mut self) {
        let Some(frame) = self.stack.pop() else {
            return;
        };
        let value = match frame.content {
            Content::Sequence(items) => Value::Sequence(items.into()),
            Content::Mapping(pending) => Value::Mapping(Arc::new(pending.finish())),
        };
        let node = Node {
            place: frame.place,
            value,
        };
        let nodes = self.nodes - frame.nodes_before;
        self.finish(node, frame.anchor, nodes, frame.height);
    }

    /// Puts a complete node where it belongs: the innermost open collection, or the documents.
    fn finish(&mut self, node: Node, anchor: usize, nodes: usize, height: usize) {
        if anchor != 0 {
            let node = node.clone();
            self.anchors.insert(
                anchor,
                Anchor {
                    node,
                    nodes,
                    height,
                },
            );
        }
        let Some(frame) = self.stack.last_mut() else {
            self.documents.push(node);
            return;
        };
        frame.height = frame.height.max(height + 1);
        match &mut frame.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping(pending) => pending.add(node),
        }
    }
}

impl Pending {
    fn add(&mut self, node: Node) {
        match self.key.take() {
            None => self.key = Some(self.key_of(node)),
            Some(PendingKey::Named(key)) => {
                let next = self.mapping.entries.len();
                self.index.insert(key.text.clone(), next);
                self.mapping.entries.push((key, node));
            }
            Some(PendingKey::Merge) => self.merges.push(node),
            Some(PendingKey::Refused) => {}
        }
    }

    fn key_of(&mut self, node: Node) -> PendingKey {
        let Value::Scalar(scalar) = node.value else {
            let message = "a key must be a single value, not a list or a mapping".into();
            self.problem(node.place, message);
            return PendingKey::Refused;
        };
        if scalar.style == Style::Plain && &*scalar.text == "<<" {
            return PendingKey::Merge;
        }
        let first = self.index.get(&scalar.text).copied();
        if let Some((first, _)) = first.and_then(|i| self.mapping.entries.get(i)) {
            let name = super::tree::shorten(&scalar.text);
            let (line, column) = (first.place.line, first.place.column);
            let message =
                format!("duplicate key {name:?}: first written in line {line}, column {column}");
            self.problem(node.place, message);
            return PendingKey::Refused;
        }
        PendingKey::Named(Key {
            text: scalar.text,
            place: node.place,
        })
    }

    fn problem(&mut self, place: Place, message: String) {
        self.mapping.problems.push(DocumentError { place, message });
    }

    fn finish(mut self) -> Mapping {
        for merge in std::mem::take(&mut self.merges) {
            self.merge(&merge);
        }
        self.mapping
    }

    fn merge(&mut self, node: &Node) {
        match &node.value {
            Value::Mapping(below) => {
                for (key, node) in &below.entries {
                    if !self.index.contains_key(&key.text) {
                        self.key = Some(PendingKey::Named(key.clone()));
                        self.add(node.clone());
                    }
                }
            }
            Value::Sequence(items) if items.iter().all(|n| n.as_mapping().is_some()) => {
                items.iter().for_each(|item| self.merge(item));
            }
            _ => {
                let message = format!(
                    "<< takes a mapping or a list of mappings, found {}",
                    node.describe()
                );
                self.problem(node.place.clone(), message);
            }
        }
    }
}

fn core_tag(tag: Option<&Tag>) -> Option<&str> {
    tag.filter(|tag| tag.is_yaml_core_schema())
        .map(|tag| tag.suffix.as_str())
}

/// The only document of `text`, for tests.
#[cfg(test)]
pub(crate) fn parse_text(text: &str) -> Node {
    let parsed = parse(text, &Path::new("test.yaml").into());
    assert_eq!(parsed.error, None);
    let [node] = <[Node; 1]>::try_from(parsed.documents).expect("one document");
    node
}

#[cfg(test)]
mod tests;
