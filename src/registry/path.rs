//! Field paths: `wasi.mounts[1].fs`.

use std::sync::Arc;

use super::parse::MAX_DEPTH;
use super::tree::{Key, Mapping, Node, Value};

impl Node {
    /// The node at a field path such as `wasi.mounts[1].fs`.
    pub fn at(&self, path: &str) -> Option<&Node> {
        let mut node = self;
        for part in path.split('.') {
            let mut pieces = part.split('[');
            let key = pieces.next().unwrap_or_default();
            if !key.is_empty() {
                node = node.get(key)?;
            }
            for piece in pieces {
                let index: usize = piece.strip_suffix(']')?.parse().ok()?;
                node = node.as_sequence()?.get(index)?;
            }
        }
        Some(node)
    }

    /// The tree with `value` at a path such as `wasi.mounts[1].fs` or `wasi.mounts.1.fs`; mappings
    /// that are not there yet are made, with the value's place.
    ///
    /// # Errors
    /// Text for a message, if the path leads through something that has no such part.
    pub fn with(&self, path: &str, value: Node) -> Result<Node, String> {
        let path = path.replace('[', ".").replace(']', "");
        let parts: Vec<&str> = path.split('.').collect();
        if parts.len() > MAX_DEPTH {
            return Err(format!("the path is deeper than {MAX_DEPTH} levels"));
        }
        self.with_parts(&parts, value)
    }

    fn with_parts(&self, parts: &[&str], value: Node) -> Result<Node, String> {
        let Some((part, rest)) = parts.split_first() else {
            return Ok(value);
        };
        if part.is_empty() {
            return Err("a part of the path is empty".into());
        }
        let value = match &self.value {
            Value::Sequence(items) => {
                let mut items = items.to_vec();
                let length = items.len();
                let slot = part.parse().ok().and_then(|i: usize| items.get_mut(i));
                let Some(slot) = slot else {
                    return Err(format!("{part:?} is no index of a list of {length}"));
                };
                *slot = slot.with_parts(rest, value)?;
                Value::Sequence(items.into())
            }
            Value::Mapping(mapping) => {
                let mut mapping = Mapping::clone(mapping);
                match mapping.entries.iter_mut().find(|(k, _)| &*k.text == *part) {
                    Some((_, node)) => *node = node.with_parts(rest, value)?,
                    None => {
                        let place = value.place.clone();
                        let key = Key {
                            text: (*part).into(),
                            place: place.clone(),
                        };
                        let node = Node::empty(place).with_parts(rest, value)?;
                        mapping.entries.push((key, node));
                    }
                }
                Value::Mapping(Arc::new(mapping))
            }
            Value::Scalar(_) if self.is_null() => {
                return Node::empty(self.place.clone()).with_parts(parts, value);
            }
            Value::Scalar(_) => {
                return Err(format!("{} has no field {part:?}", self.describe()));
            }
        };
        Ok(Node {
            place: self.place.clone(),
            value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::parse::parse_text;

    #[test]
    fn paths_lead_to_nodes() {
        let node = parse_text("wasi:\n  mounts:\n    - {fs: a}\n    - {fs: b}\nm: [[1, 2]]\n");
        let at = |path: &str| {
            node.at(path)
                .map(|n| (n.describe(), n.place.line, n.place.column))
        };
        assert_eq!(
            at("wasi.mounts[1].fs"),
            Some(("the string \"b\"".into(), 4, 12))
        );
        assert_eq!(at("m[0][1]"), Some(("the number 2".into(), 5, 9)));
        assert_eq!(at("wasi.mounts[2].fs"), None);
        assert_eq!(at("wasi.mounts[x]"), None);
        assert_eq!(at("wasi.mounts.fs"), None);
    }

    #[test]
    fn values_are_put_at_paths() {
        let node = parse_text("wasi:\n  mounts: [{fs: a}]\npool: 3\nnone: ~\n");
        let new = parse_text("x");
        let put = |path: &str| node.with(path, new.clone());
        for path in [
            "wasi.mounts[0].fs",
            "wasi.mounts.0.fs",
            "wasi.cwd",
            "a.b.c",
            "pool",
            "none.x",
        ] {
            let changed = put(path).expect(path);
            let read = path.replace(".0", "[0]");
            assert_eq!(
                changed.at(&read).and_then(Node::as_str),
                Some("x"),
                "{path}"
            );
        }
        let cases = [
            ("pool.size", "the number 3 has no field \"size\""),
            ("wasi.mounts[1].fs", "\"1\" is no index of a list of 1"),
            ("wasi..x", "a part of the path is empty"),
        ];
        for (path, message) in cases {
            assert_eq!(put(path), Err(message.to_owned()), "{path}");
        }
        assert!(put(&"a.".repeat(100)).is_err());
    }
}
