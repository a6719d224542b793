//! How much memory the body of a request takes, with what is made of it.

use serde_json::Value;
use wasmtime::component::{Type, Val};

use super::arguments::of_body;
use crate::module::Method;

/// A list that grows holds what it has and twice as much while it is moved.
const GROWTH: usize = 3;
/// The first element of a list makes room for so many.
const FIRST: usize = 4;
/// An allocation for a name or a short text, with what the allocator adds.
const SHORT: usize = 32;
/// A byte of a text: in a list that grows.
const TEXT: usize = GROWTH;
/// A byte of a list of bytes: that, and a value of the engine.
const BYTE: usize = GROWTH + size_of::<Val>();
/// A byte of JSON: that of a text, which is in the tree and in the engine's value too.
const JSON: usize = GROWTH + 2;
/// An element: in the tree, and in the engine's value with a case or a box of its own.
const ELEMENT: usize =
    GROWTH * (size_of::<Value>() + size_of::<Val>()) + size_of::<Val>() + 2 * SHORT;
/// A field: an element with its name, in both.
const FIELD: usize = ELEMENT + 2 * GROWTH * size_of::<String>() + 2 * SHORT + 2 * SHORT;
/// A list, beside what its elements take.
const LIST: usize = ELEMENT + FIRST * (size_of::<Value>() + size_of::<Val>());
/// An object, beside what its fields take.
const OBJECT: usize = ELEMENT + FIRST * (FIELD - ELEMENT + size_of::<Value>() + size_of::<Val>());

/// What is made of a body, as far as its memory is concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BodyMemory {
    /// A string, or nothing: the bytes stay as they are.
    Text,
    /// A list of bytes.
    Bytes,
    /// Values from JSON.
    Json,
}

impl BodyMemory {
    /// That of a body for a function, some of whose parameters are in the path.
    pub(super) fn of(method: &Method, path: &[(String, String)]) -> BodyMemory {
        let mut rest = of_body(method, path);
        match (rest.next(), rest.next()) {
            (None, _) | (Some((_, Type::String)), None) => BodyMemory::Text,
            (Some((_, Type::List(list))), None) if list.ty() == Type::U8 => BodyMemory::Bytes,
            _ => BodyMemory::Json,
        }
    }

    /// The most bytes of memory that a piece of the body takes. Elements of JSON are told by what stands before them,
    /// so that their number is known before anything is made of them.
    pub fn of_piece(self, piece: &[u8]) -> usize {
        match self {
            BodyMemory::Text => piece.len().saturating_mul(TEXT),
            BodyMemory::Bytes => piece.len().saturating_mul(BYTE),
            BodyMemory::Json => piece.iter().fold(0, |memory: usize, byte| {
                memory.saturating_add(match byte {
                    b',' => JSON + ELEMENT,
                    b':' => JSON + FIELD,
                    b'[' => JSON + LIST,
                    b'{' => JSON + OBJECT,
                    _ => JSON,
                })
            }),
        }
    }
}
