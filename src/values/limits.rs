//! Bounds that keep one conversion from growing without end.

use super::error::{Problem, ValueError};
use super::path::Path;

/// Values inside each other, the outermost included. A component's own types nest at most 100 deep.
pub const MAX_DEPTH: usize = 128;

/// Values in all arguments of a call together, or in its result. Each byte of a `list<u8>` counts,
/// and so does each option field that was left out.
pub const MAX_ELEMENTS: usize = 1 << 22;

/// The bytes that the values may take which a call's guest hands to the host at once: its result, or
/// the arguments of a host function. Room for [`MAX_ELEMENTS`] values of a list; in records, flags,
/// enums and variants the bytes of the names count too, and so do those of strings.
pub const MAX_LIFTED_BYTES: usize = 160 << 20;

const _: () = assert!(MAX_ELEMENTS * size_of::<wasmtime::component::Val>() <= MAX_LIFTED_BYTES);

/// What is left of the bounds during one conversion.
#[derive(Debug)]
pub(super) struct Budget {
    max_depth: usize,
    max_elements: usize,
    depth: usize,
    elements: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Budget::new(MAX_DEPTH, MAX_ELEMENTS)
    }
}

impl Budget {
    pub(super) fn new(max_depth: usize, max_elements: usize) -> Self {
        Budget {
            max_depth,
            max_elements,
            depth: 0,
            elements: 0,
        }
    }

    /// Counts a value and goes into it.
    pub(super) fn enter(&mut self, path: &Path<'_>) -> Result<(), ValueError> {
        self.count(1, path)?;
        if self.depth >= self.max_depth {
            let limit = self.max_depth;
            return Err(Problem::TooDeep { limit }.at(path));
        }
        self.depth += 1;
        Ok(())
    }

    /// Comes back out of a value. Not needed after an error, which ends the conversion.
    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Counts values that are not entered one by one.
    pub(super) fn count(&mut self, elements: usize, path: &Path<'_>) -> Result<(), ValueError> {
        self.elements = self.elements.saturating_add(elements);
        if self.elements > self.max_elements {
            let limit = self.max_elements;
            return Err(Problem::TooMany { limit }.at(path));
        }
        Ok(())
    }
}
