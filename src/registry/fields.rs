//! Reading the fields of a mapping with their types, collecting every error.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::context::Context;
use super::describe::Shape;
use super::diagnostic::{Diagnostic, MAX_DIAGNOSTICS};
use super::scalar::Style;
use super::scalar::{Resolved, resolve, resolve_text};
use super::tree::{Key, Mapping, Node, Place, Spanned, Value, is_extension};
use crate::nearest::nearest;

/// The fields of one mapping. Those that were asked for are the known ones; `finish` reports
/// the others.
pub(crate) struct Fields<'a> {
    /// Where the mapping begins: the place of what is missing.
    pub place: &'a Place,
    path: String,
    mapping: Option<&'a Mapping>,
    /// Something else stands in the mapping's place, which is reported: no field of it is missing.
    is_malformed: bool,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The fields of `node`, which stands at `path` within the entry (empty: the entry itself).
    pub fn new(node: &'a Node, path: &str, cx: &mut Context<'_>) -> Self {
        let mapping = node.as_mapping();
        let is_malformed = mapping.is_none() && !node.is_null();
        if is_malformed {
            cx.expected(node, path, "a mapping");
        }
        Self {
            place: &node.place,
            path: path.to_owned(),
            mapping,
            is_malformed,
            known: Vec::new(),
        }
    }

    /// The path of a field of this mapping within the entry.
    pub fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// The node of a field of the given shape; null counts as absent.
    pub fn node(
        &mut self,
        name: &'static str,
        shape: Shape,
        cx: &mut Context<'_>,
    ) -> Option<&'a Node> {
        self.known.push(name);
        if cx.describes() {
            cx.describe(self.path_of(name), shape, false);
        }
        self.mapping?.get(name).filter(|node| !node.is_null())
    }

    /// Accepts a field whatever its value.
    pub fn accept(&mut self, name: &'static str, cx: &mut Context<'_>) {
        let _ = self.node(name, Shape::Any, cx);
    }

    /// Reports a field that belongs elsewhere, as `message` says; true if it is there.
    pub fn refuse(&mut self, name: &'static str, message: &str, cx: &mut Context<'_>) -> bool {
        let Some(node) = self.mapping.and_then(|mapping| mapping.get(name)) else {
            return false;
        };
        self.known.push(name);
        cx.error(&node.place, &self.path_of(name), message);
        true
    }

    /// Whether a field is written.
    pub fn has(&self, name: &str) -> bool {
        self.mapping.is_some_and(|mapping| mapping.has(name))
    }

    /// Where a field is written whose value is neither null nor an empty list.
    pub fn place_of(&self, name: &str) -> Option<&'a Place> {
        let mapping = self.mapping?;
        let (key, node) = mapping.entries.iter().find(|(key, _)| &*key.text == name)?;
        let is_empty = node.is_null() || node.as_sequence().is_some_and(<[Node]>::is_empty);
        (!is_empty).then_some(&key.place)
    }

    /// Fields that are absent, to be described.
    fn absent(&self, path: String) -> Self {
        Self {
            place: self.place,
            path,
            mapping: None,
            is_malformed: false,
            known: Vec::new(),
        }
    }

    /// A string.
    pub fn string(&mut self, name: &'static str, cx: &mut Context<'_>) -> Option<Spanned<String>> {
        let node = self.node(name, Shape::String, cx)?;
        read_string(node, &self.path_of(name), cx)
    }

    /// A string that must be there and not be blank; `message` says so if it is not.
    pub fn required(
        &mut self,
        name: &'static str,
        message: &str,
        cx: &mut Context<'_>,
    ) -> Option<Spanned<String>> {
        let path = self.path_of(name);
        let node = self.node(name, Shape::String, cx);
        cx.describe(path.clone(), Shape::String, true);
        let Some(node) = node else {
            if !self.is_malformed {
                cx.error(self.place, &path, message);
            }
            return None;
        };
        let text = read_string(node, &path, cx)?;
        if text.value.trim().is_empty() {
            cx.error(&text.place, &path, message);
            return None;
        }
        Some(text)
    }

    /// A boolean; false if absent.
    pub fn flag(&mut self, name: &'static str, cx: &mut Context<'_>) -> bool {
        let Some(node) = self.node(name, Shape::Flag, cx) else {
            return false;
        };
        match resolved(node) {
            Some(Resolved::Bool(value)) => value,
            _ => {
                cx.expected(node, &self.path_of(name), "true or false");
                false
            }
        }
    }

    /// An integer.
    pub fn integer(&mut self, name: &'static str, cx: &mut Context<'_>) -> Option<Spanned<i64>> {
        self.integer_of(name, Shape::Integer, cx)
    }

    /// An integer that may be negative.
    pub fn signed(&mut self, name: &'static str, cx: &mut Context<'_>) -> Option<Spanned<i64>> {
        self.integer_of(name, Shape::SignedInteger, cx)
    }

    fn integer_of(
        &mut self,
        name: &'static str,
        shape: Shape,
        cx: &mut Context<'_>,
    ) -> Option<Spanned<i64>> {
        let node = self.node(name, shape, cx)?;
        match resolved(node) {
            Some(Resolved::Integer(value)) => Some(Spanned {
                value,
                place: node.place.clone(),
            }),
            _ => {
                cx.expected(node, &self.path_of(name), "an integer");
                None
            }
        }
    }

    /// A number.
    pub fn number(&mut self, name: &'static str, cx: &mut Context<'_>) -> Option<Spanned<f64>> {
        let node = self.node(name, Shape::Number, cx)?;
        let value = match resolved(node) {
            Some(Resolved::Integer(value)) => value as f64,
            Some(Resolved::Float(value)) => value,
            _ => {
                cx.expected(node, &self.path_of(name), "a number");
                return None;
            }
        };
        let place = node.place.clone();
        Some(Spanned { value, place })
    }

    /// The text of a scalar, whatever it may mean: `8080` and `true` are texts too.
    pub fn text(&mut self, name: &'static str, cx: &mut Context<'_>) -> Option<String> {
        let node = self.node(name, Shape::Text, cx)?;
        read_text(node, &self.path_of(name), cx)
    }

    /// A mapping of names to texts; empty if absent.
    pub fn texts(&mut self, name: &'static str, cx: &mut Context<'_>) -> BTreeMap<String, String> {
        let Some(node) = self.node(name, Shape::Texts, cx) else {
            return BTreeMap::new();
        };
        let path = self.path_of(name);
        let Some(mapping) = node.as_mapping() else {
            cx.expected(node, &path, "a mapping");
            return BTreeMap::new();
        };
        let read = |(key, node): &(Key, Node)| {
            let field = format!("{path}.{}", super::tree::shorten(&key.text));
            Some((key.text.to_string(), read_text(node, &field, cx)?))
        };
        mapping.entries.iter().filter_map(read).collect()
    }

    /// A list of strings. None if absent; items that are no strings are left out and reported.
    pub fn strings(
        &mut self,
        name: &'static str,
        cx: &mut Context<'_>,
    ) -> Option<Vec<Spanned<String>>> {
        let node = self.node(name, Shape::Strings, cx)?;
        let path = self.path_of(name);
        let Some(items) = node.as_sequence() else {
            cx.expected(node, &path, "a list of strings");
            return None;
        };
        let read = |(i, item)| read_string(item, &format!("{path}[{i}]"), cx);
        Some(items.iter().enumerate().filter_map(read).collect())
    }

    /// A mapping within this one.
    pub fn section(&mut self, name: &'static str, cx: &mut Context<'_>) -> Option<Fields<'a>> {
        let node = self.node(name, Shape::Section, cx);
        if cx.describes() {
            return Some(self.absent(self.path_of(name)));
        }
        let node = node?;
        Some(Fields::new(node, &self.path_of(name), cx))
    }

    /// A list of mappings; empty if absent.
    pub fn sections(&mut self, name: &'static str, cx: &mut Context<'_>) -> Vec<Fields<'a>> {
        let node = self.node(name, Shape::Sections, cx);
        let path = self.path_of(name);
        if cx.describes() {
            return vec![self.absent(format!("{path}[]"))];
        }
        let Some(node) = node else {
            return Vec::new();
        };
        let Some(items) = node.as_sequence() else {
            cx.expected(node, &path, "a list of mappings");
            return Vec::new();
        };
        let read = |(i, item)| Fields::new(item, &format!("{path}[{i}]"), cx);
        items.iter().enumerate().map(read).collect()
    }

    /// A mapping of names to mappings, in the order of the document; empty if absent.
    pub fn named_sections(
        &mut self,
        name: &'static str,
        cx: &mut Context<'_>,
    ) -> Vec<(Spanned<String>, Fields<'a>)> {
        let node = self.node(name, Shape::NamedSections, cx);
        let path = self.path_of(name);
        if cx.describes() {
            let any = Spanned {
                value: String::new(),
                place: self.place.clone(),
            };
            return vec![(any, self.absent(format!("{path}[]")))];
        }
        let Some(node) = node else {
            return Vec::new();
        };
        let Some(mapping) = node.as_mapping() else {
            cx.expected(node, &path, "a mapping of names");
            return Vec::new();
        };
        let read = |(key, node): &'a (Key, Node)| {
            let field = format!("{path}.{}", super::tree::shorten(&key.text));
            let name = Spanned {
                value: key.text.to_string(),
                place: key.place.clone(),
            };
            (name, Fields::new(node, &field, cx))
        };
        mapping.entries.iter().map(read).collect()
    }

    /// Reports the fields that were not read, as unknown.
    pub fn finish(self, cx: &mut Context<'_>) {
        for (key, _) in self.mapping.iter().flat_map(|m| &m.entries) {
            if self.known.contains(&&*key.text) || is_extension(&key.text) {
                continue;
            }
            if cx.found.len() >= MAX_DIAGNOSTICS {
                cx.failed |= cx.strict;
                cx.note_unknown(key, &self.path);
                break;
            }
            let known = nearest(&key.text, self.known.iter().copied());
            cx.unknown_field(key, &self.path, known);
        }
    }
}

impl Fields<'_> {
    /// The same where what is not known must not be left out: it is an error.
    pub fn finish_strictly(self, cx: &mut Context<'_>) {
        let strict = std::mem::replace(&mut cx.strict, true);
        self.finish(cx);
        cx.strict = strict;
    }
}

fn resolved(node: &Node) -> Option<Resolved> {
    match &node.value {
        Value::Scalar(scalar) if scalar.style == Style::Coerced => Some(resolve_text(&scalar.text)),
        Value::Scalar(scalar) => Some(resolve(scalar)),
        _ => None,
    }
}

fn read_text(node: &Node, path: &str, cx: &mut Context<'_>) -> Option<String> {
    match &node.value {
        Value::Scalar(_) if node.is_null() => Some(String::new()),
        Value::Scalar(scalar) => Some(scalar.text.to_string()),
        _ => {
            cx.expected(node, path, "a single value");
            None
        }
    }
}

fn read_string(node: &Node, path: &str, cx: &mut Context<'_>) -> Option<Spanned<String>> {
    if let Some(text) = node.as_str() {
        return Some(Spanned {
            value: text.to_owned(),
            place: node.place.clone(),
        });
    }
    let message = format!("expected a string, found {}", node.describe());
    let mut diagnostic = Diagnostic::error(message);
    if let Value::Scalar(scalar) = &node.value
        && !scalar.text.is_empty()
    {
        let quoted: Arc<str> = scalar.text.clone();
        diagnostic = diagnostic.hint(format!("write {quoted:?}, in quotes"));
    }
    cx.report(diagnostic, &node.place, path);
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::registry::parse::parse_text;

    fn read(
        text: &str,
        strict: bool,
        with: impl FnOnce(&mut Fields<'_>, &mut Context<'_>),
    ) -> (Vec<String>, bool) {
        let node = parse_text(text);
        let id = Id::new("n", "e");
        let mut cx = Context::new(&id, strict);
        let mut fields = Fields::new(&node, "", &mut cx);
        with(&mut fields, &mut cx);
        fields.finish(&mut cx);
        (
            cx.found.iter().map(ToString::to_string).collect(),
            cx.failed,
        )
    }

    #[test]
    fn wrong_types_say_what_was_expected() {
        let text = "s: 12\nl: [a, 1.5, [b]]\nl2: a\nb: yes\ni: \"x\"\nm: [1]\nms: [{a: 1}, 2]\nq: {a: 1}\n";
        let (found, failed) = read(text, false, |f, cx| {
            f.string("s", cx);
            f.strings("l", cx);
            f.strings("l2", cx);
            f.flag("b", cx);
            f.integer("i", cx);
            f.section("m", cx);
            f.sections("ms", cx);
            f.string("q", cx);
        });
        assert!(failed);
        let expected = [
            "test.yaml:1:4: error: n:e: s: expected a string, found the number 12 (write \"12\", in quotes)",
            "test.yaml:2:8: error: n:e: l[1]: expected a string, found the number 1.5 (write \"1.5\", in quotes)",
            "test.yaml:2:13: error: n:e: l[2]: expected a string, found a list",
            "test.yaml:3:5: error: n:e: l2: expected a list of strings, found the string \"a\"",
            "test.yaml:4:4: error: n:e: b: expected true or false, found the string \"yes\"",
            "test.yaml:5:4: error: n:e: i: expected an integer, found the string \"x\"",
            "test.yaml:6:4: error: n:e: m: expected a mapping, found a list",
            "test.yaml:7:14: error: n:e: ms[1]: expected a mapping, found the number 2",
            "test.yaml:8:4: error: n:e: q: expected a string, found a mapping",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn unknown_fields_warn_or_fail() {
        let known = |f: &mut Fields<'_>, cx: &mut Context<'_>| {
            f.accept("method", cx);
            f.accept("path", cx);
        };
        let (found, failed) = read("mehtod: a\nzzz: b\npath: c\nx-zzz: d\n", false, known);
        assert!(!failed);
        assert_eq!(
            found,
            [
                "test.yaml:1:1: warning: n:e: mehtod: unknown field \"mehtod\" (did you mean \"method\"?)",
                "test.yaml:2:1: warning: n:e: zzz: unknown field \"zzz\"",
            ]
        );
        let (found, failed) = read("zzz: b\n", true, known);
        assert!(failed);
        assert_eq!(
            found,
            ["test.yaml:1:1: error: n:e: zzz: unknown field \"zzz\""]
        );
    }

    #[test]
    fn null_is_absent_and_blank_is_missing() {
        let (found, _) = read("a: ~\nb: ' '\n", false, |f, cx| {
            assert_eq!(f.required("a", "a is required", cx), None);
            assert_eq!(f.required("b", "b is required", cx), None);
            assert!(!f.flag("a", cx));
        });
        assert_eq!(
            found,
            [
                "test.yaml:1:1: error: n:e: a: a is required",
                "test.yaml:2:4: error: n:e: b: b is required",
            ]
        );
    }

    #[test]
    fn diagnostics_are_bounded() {
        let text: String = (0..5000).map(|i| format!("k{i}: 1\n")).collect();
        let (found, _) = read(&text, false, |_, _| {});
        assert_eq!(found.len(), MAX_DIAGNOSTICS);
    }
}
