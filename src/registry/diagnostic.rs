//! Mistakes and warnings, each with its place.

use std::fmt;

use super::tree::Place;
use crate::id::Id;
use crate::one_line::OneLine;

/// How bad it is.
///
/// ```
/// use wippy::project::{Diagnostic, Severity};
///
/// assert_eq!(Diagnostic::warning("odd").severity, Severity::Warning);
/// assert!(Severity::Error < Severity::Warning);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// What it concerns cannot be used.
    Error,
    /// It can be used, but probably not as meant.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

/// One error or warning of a project. Displays on one line:
/// `path:line:column: error: namespace:name: field: message (hint)`, absent parts left out.
///
/// ```
/// use wippy::project::{LoadOptions, from_yaml};
///
/// let yaml = r#"
/// version: "1.0"
/// namespace: app
/// entries:
///   - {name: data, kind: fs.directory}
/// "#;
/// let loaded = from_yaml(yaml, None, &LoadOptions::default());
/// let diagnostic = &loaded.diagnostics[0];
/// assert!(diagnostic.is_error());
/// assert_eq!(diagnostic.field.as_deref(), Some("directory"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Where, if it has a place in a file.
    pub place: Option<Place>,
    /// The entry that it concerns.
    pub entry: Option<Id>,
    /// The field path within the entry, such as `wasi.mounts[0].guest`.
    pub field: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What would put it right.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error without place, entry, field or hint.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            place: None,
            entry: None,
            field: None,
            message: message.into(),
            hint: None,
        }
    }

    /// A warning without place, entry, field or hint.
    pub fn warning(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(message)
        }
    }

    /// Sets the place.
    pub fn at(mut self, place: &Place) -> Self {
        self.place = Some(place.clone());
        self
    }

    /// Sets the entry.
    pub fn of(mut self, entry: &Id) -> Self {
        self.entry = Some(entry.clone());
        self
    }

    /// Sets the field path; an empty one means the entry itself.
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into()).filter(|field| !field.is_empty());
        self
    }

    /// Sets the hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// True for errors.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}: ", self.severity)?;
        if let Some(entry) = &self.entry {
            write!(f, "{entry}: ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "{}: ", OneLine(field))?;
        }
        write!(f, "{}", OneLine(&self.message))?;
        if let Some(hint) = &self.hint {
            write!(f, " ({})", OneLine(hint))?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// The most diagnostics that one entry or one document reports.
pub(crate) const MAX_DIAGNOSTICS: usize = 1000;

/// Adds a diagnostic to a list that stays within its bound and says so where it ends.
pub(crate) fn push_bounded(list: &mut Vec<Diagnostic>, diagnostic: Diagnostic) {
    if list.len() + 1 < MAX_DIAGNOSTICS {
        list.push(diagnostic);
    } else if list.len() < MAX_DIAGNOSTICS {
        let message = "further mistakes here are not shown".to_owned();
        list.push(Diagnostic {
            message,
            field: None,
            hint: None,
            ..diagnostic
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn displays_on_one_line() {
        let place = Place {
            file: Path::new("src/_index.yaml").into(),
            line: 4,
            column: 7,
        };
        let full = Diagnostic::error("expected an integer")
            .at(&place)
            .of(&Id::new("app", "f"))
            .field("pool.size")
            .hint("a\nb");
        assert_eq!(
            full.to_string(),
            "src/_index.yaml:4:7: error: app:f: pool.size: expected an integer (a\\nb)"
        );
        assert_eq!(Diagnostic::warning("x").field("").to_string(), "warning: x");
    }
}
