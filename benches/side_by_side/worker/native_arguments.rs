//! The arguments of a request, as the loops without a guest read them.

use serde_json::Value;

use crate::fallible::Fallible;

/// The arguments of a request.
#[derive(Clone, Copy)]
pub struct Arguments<'a>(pub &'a [Value]);

impl Arguments<'_> {
    /// A number.
    ///
    /// # Errors
    /// When it is none, or too large.
    pub fn number<T: TryFrom<u64>>(self, at: usize) -> Fallible<T> {
        let number = self.0.get(at).and_then(Value::as_u64);
        let number = number.and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| format!("argument {at} is not the number that is needed").into())
    }

    /// A text.
    ///
    /// # Errors
    /// When it is none.
    pub fn text(&self, at: usize) -> Fallible<&str> {
        let text = self.0.get(at).and_then(Value::as_str);
        text.ok_or_else(|| format!("argument {at} is no text").into())
    }

    /// Yes or no.
    pub fn flag(self, at: usize) -> bool {
        self.0.get(at).and_then(Value::as_bool).unwrap_or_default()
    }
}
