//! Entry IDs and references to them.

use std::fmt;

/// The ID of an entry: `namespace:name`.
///
/// ```
/// use wippy::project::Id;
///
/// let id: Id = "app.tools:greet".parse()?;
/// assert_eq!(id, Id::new("app.tools", "greet"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// The namespace; holds no `:`.
    pub namespace: String,
    /// The name within the namespace.
    pub name: String,
}

/// Text that is not an ID: one of its two parts is missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an entry ID: expected namespace:name")]
pub struct InvalidId(pub String);

impl Id {
    /// An ID from its parts.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// Parses a full ID, split at the first `:`.
    ///
    /// # Errors
    /// If there is no `:` or a part is empty.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        match text.split_once(':') {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
                Ok(Self::new(namespace, name))
            }
            _ => Err(InvalidId(text.to_owned())),
        }
    }

    /// Parses a reference: a full ID, or a bare name of `namespace`.
    ///
    /// # Errors
    /// If the text is empty or one part of a full ID is.
    pub fn reference(text: &str, namespace: &str) -> Result<Self, InvalidId> {
        if text.is_empty() || text.contains(':') {
            Self::parse(text)
        } else {
            Ok(Self::new(namespace, text))
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.namespace, self.name)
    }
}

impl std::str::FromStr for Id {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn splits_at_the_first_colon() {
        assert_eq!(Id::parse("a.b:c:d"), Ok(Id::new("a.b", "c:d")));
        for text in ["", ":", "a", "a:", ":b"] {
            assert_eq!(Id::parse(text), Err(InvalidId(text.into())), "{text:?}");
        }
    }

    #[test]
    fn references_are_completed() {
        assert_eq!(Id::reference("x", "app"), Ok(Id::new("app", "x")));
        assert_eq!(Id::reference("o:x", "app"), Ok(Id::new("o", "x")));
        assert!(Id::reference("", "app").is_err());
        assert!(Id::reference(":x", "app").is_err());
    }

    proptest! {
        #[test]
        fn display_and_parse_agree(namespace in "[a-z.]{1,8}", name in "\\PC{1,8}") {
            let id = Id::new(namespace, name);
            prop_assert_eq!(Id::parse(&id.to_string()), Ok(id));
        }
    }
}
