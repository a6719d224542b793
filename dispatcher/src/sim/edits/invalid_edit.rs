//! Text that is no edit.

/// A text that is no edit.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{text:?} is no edit: {reason}")]
pub struct InvalidEdit {
    text: String,
    reason: String,
}

impl InvalidEdit {
    pub(super) fn new(text: &str, reason: impl Into<String>) -> InvalidEdit {
        InvalidEdit {
            text: text.chars().take(200).collect(),
            reason: reason.into(),
        }
    }
}
