//! What fields there are, as the reading of them says: a context that describes takes note of
//! every field that is asked for, so that the schema cannot differ from what loads.

/// A field that a kind has, as the reading of it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its path; items of a list of mappings are `[]`.
    pub path: String,
    pub shape: Shape,
    pub required: bool,
    /// The texts that it takes, if not any.
    pub choices: &'static [&'static str],
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    String,
    Flag,
    /// One that is not negative.
    Integer,
    SignedInteger,
    Number,
    /// A single value of any type.
    Text,
    Strings,
    /// Names and single values.
    Texts,
    Section,
    Sections,
    /// Names and mappings.
    NamedSections,
    Duration,
    Mode,
    List,
    Any,
}
