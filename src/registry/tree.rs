//! The spanned tree: what a document says, and where it says it.
//!
//! Nodes are cheap to clone (their children are shared), so that aliases and merged
//! mappings cost no copies.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::scalar::{Resolved, Scalar, Style, resolve};

/// A position in a source file. Displays as `path:line:column`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file as it was opened (relative to the working directory if the project was).
    pub file: Arc<Path>,
    /// Line, from 1. 0 means the file as a whole.
    pub line: u32,
    /// Column in characters, from 1. 0 means the file as a whole.
    pub column: u32,
}

/// What stands for the file in the place of what the command line says.
pub const COMMAND_LINE: &str = "command line";

impl Place {
    /// A place that means the whole of `file`.
    pub fn file(file: Arc<Path>) -> Self {
        Self {
            file,
            line: 0,
            column: 0,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.strip_prefix(".").unwrap_or(&self.file);
        write!(f, "{}", file.display())?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A value together with the place where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

/// One node of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the node begins.
    pub place: Place,
    /// What it holds.
    pub value: Value,
}

/// The three shapes of a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text, with the style that decides whether it may be read as something else.
    Scalar(Scalar),
    /// A list.
    Sequence(Arc<[Node]>),
    /// Keys and values in the order of the document.
    Mapping(Arc<Mapping>),
}

/// The entries of a mapping. Keys are unique; later repetitions are in `problems`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    /// Keys and values in the order of the document.
    pub entries: Vec<(Key, Node)>,
    /// What is wrong with the mapping itself: repeated or unusable keys.
    pub problems: Vec<DocumentError>,
}

/// The key of a mapping's entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The key's text.
    pub text: Arc<str>,
    /// Where the key stands.
    pub place: Place,
}

/// A error in the form of a document that the reader could step over.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentError {
    /// Where.
    pub place: Place,
    /// What.
    pub message: String,
}

/// What [`Node::replace_strings`] asks: the string, its place and its field path, for the scalar
/// to put there instead.
pub type Replace<'a> = dyn FnMut(&str, &Place, &str) -> Option<Scalar> + 'a;

impl Mapping {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries
            .iter()
            .find(|(k, _)| &*k.text == key)
            .map(|(_, node)| node)
    }

    /// True if `key` is present, whatever its value.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }
}

/// Whether a key is a place for anchors, which means nothing by itself.
pub(crate) fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}

impl Node {
    /// An empty mapping at `place`.
    pub fn empty(place: Place) -> Self {
        Self::mapping(place, Mapping::default())
    }

    /// A mapping at `place`.
    pub fn mapping(place: Place, mapping: Mapping) -> Self {
        Self {
            place,
            value: Value::Mapping(Arc::new(mapping)),
        }
    }

    /// The node as a mapping.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The node as a list.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The node as a string. A plain scalar that means something else is none.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(scalar) if matches!(resolve(scalar), Resolved::String) => {
                Some(&scalar.text)
            }
            _ => None,
        }
    }

    /// True for null, written or implied.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if matches!(resolve(scalar), Resolved::Null))
    }

    /// True for the number 0.
    pub(crate) fn is_zero(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if resolve(scalar) == Resolved::Integer(0))
    }

    /// The value of `key`, if the node is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_mapping()?.get(key)
    }

    /// What the node is, for a message: `the string "x"`, `a list`, …
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Sequence(_) => "a list".into(),
            Value::Mapping(_) => "a mapping".into(),
            Value::Scalar(scalar) => {
                let text = shorten(&scalar.text);
                match resolve(scalar) {
                    Resolved::Null => "nothing".into(),
                    Resolved::Bool(value) => format!("the boolean {value}"),
                    Resolved::Integer(_) | Resolved::Float(_) => format!("the number {text}"),
                    Resolved::String => format!("the string {text:?}"),
                }
            }
        }
    }

    /// Calls `each` with every problem in the tree below this node.
    pub fn problems(&self, each: &mut dyn FnMut(&DocumentError)) {
        match &self.value {
            Value::Scalar(_) => {}
            Value::Sequence(items) => items.iter().for_each(|item| item.problems(each)),
            Value::Mapping(mapping) => {
                mapping.problems.iter().for_each(&mut *each);
                for (_, node) in &mapping.entries {
                    node.problems(each);
                }
            }
        }
    }

    /// The tree with `replace` applied to every scalar that means a string and was not replaced
    /// before; `replace` gets the scalar's place and its field path. None if nothing was replaced.
    pub fn replace_strings(&self, path: &str, replace: &mut Replace<'_>) -> Option<Node> {
        let value = match &self.value {
            Value::Scalar(Scalar {
                style: Style::Plain | Style::Text,
                ..
            }) => Value::Scalar(replace(self.as_str()?, &self.place, path)?),
            Value::Scalar(_) => return None,
            Value::Sequence(items) => {
                let mut changed: Option<Vec<Node>> = None;
                for (i, item) in items.iter().enumerate() {
                    if let Some(new) = item.replace_strings(&format!("{path}[{i}]"), replace)
                        && let Some(slot) = changed.get_or_insert_with(|| items.to_vec()).get_mut(i)
                    {
                        *slot = new;
                    }
                }
                Value::Sequence(changed?.into())
            }
            Value::Mapping(mapping) => {
                let mut changed: Option<Mapping> = None;
                for (i, (key, node)) in mapping.entries.iter().enumerate() {
                    let field = match path {
                        "" => key.text.to_string(),
                        _ => format!("{path}.{}", key.text),
                    };
                    if let Some(new) = node.replace_strings(&field, replace) {
                        let copy = changed.get_or_insert_with(|| Mapping::clone(mapping));
                        if let Some((_, slot)) = copy.entries.get_mut(i) {
                            *slot = new;
                        }
                    }
                }
                Value::Mapping(Arc::new(changed?))
            }
        };
        Some(Node {
            place: self.place.clone(),
            value,
        })
    }
}

/// Text cut to a length that fits into a message.
pub(crate) fn shorten(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Scalar(scalar) => match resolve(scalar) {
                Resolved::Null => serializer.serialize_unit(),
                Resolved::Bool(value) => serializer.serialize_bool(value),
                Resolved::Integer(value) => serializer.serialize_i64(value),
                Resolved::Float(value) => serializer.serialize_f64(value),
                Resolved::String => serializer.serialize_str(&scalar.text),
            },
            Value::Sequence(items) => serializer.collect_seq(items.iter()),
            Value::Mapping(mapping) => {
                let mut map = serializer.serialize_map(Some(mapping.entries.len()))?;
                for (key, node) in &mapping.entries {
                    map.serialize_entry(&*key.text, node)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::parse::parse_text;

    #[test]
    fn replacing_keeps_places_and_the_rest() {
        let node = parse_text("a: [x, 1]\nb: {c: x}\nd: y\n");
        let mut seen = Vec::new();
        let new = node
            .replace_strings("", &mut |text, _, path| {
                seen.push(path.to_owned());
                (text == "x").then(|| Scalar {
                    text: "1".into(),
                    style: Style::Replaced,
                })
            })
            .expect("two strings change");
        assert_eq!(seen, ["a[0]", "b.c", "d"]);
        assert_eq!(new.at("b.c").and_then(Node::as_str), Some("1"));
        assert_eq!(
            new.at("b.c").map(|n| n.place.clone()),
            node.at("b.c").map(|n| n.place.clone())
        );
        assert_eq!(
            new.at("a[1]").map(Node::describe),
            Some("the number 1".into())
        );
        assert_eq!(node.replace_strings("", &mut |_, _, _| None), None);
    }

    #[test]
    fn places_display_with_and_without_a_line() {
        let file: Arc<Path> = Path::new("./src/a.yaml").into();
        assert_eq!(Place::file(file.clone()).to_string(), "src/a.yaml");
        let place = Place {
            file,
            line: 3,
            column: 7,
        };
        assert_eq!(place.to_string(), "src/a.yaml:3:7");
    }
}
