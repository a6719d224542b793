//! The pattern of a route's paths, as it is written in an entry.

use std::collections::HashSet;
use std::fmt;

use super::decode::{decode, segments};

/// The most bytes of a pattern: no request's first line is longer.
const PATTERN_MAX: usize = 8 << 10;

/// The most segments of a pattern: a lookup, and the end of a table, recurse once for each.
const SEGMENTS_MAX: usize = 256;

/// What the paths of a route look like: `/users/{id}`, `/users/:id`, `/files/{path...}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoutePattern {
    text: String,
    pub(super) parts: Vec<Part>,
}

/// One segment of a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// This text, decoded.
    Literal(String),
    /// Any text that is not empty.
    Parameter(String),
    /// All that follows.
    Rest(String),
}

/// Why a text is no pattern.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidPattern {
    /// It is longer than any request's.
    #[error("path has more than {PATTERN_MAX} bytes, which no request has")]
    TooLong,
    /// It has too many segments.
    #[error("path has more than {SEGMENTS_MAX} segments")]
    TooDeep,
    /// It does not begin with a slash.
    #[error("path must begin with /")]
    Relative,
    /// A segment holds a brace and is not one parameter.
    #[error("{0:?} is neither text nor one {{parameter}}")]
    Brace(String),
    /// A parameter has no name, or one that is no word.
    #[error("{0:?} is no parameter")]
    Name(String),
    /// Something follows the parameter that takes the rest.
    #[error("{0:?} must stand at the end of the path")]
    RestWithin(String),
    /// Two parameters have one name.
    #[error("the parameter {0:?} stands twice in the path")]
    Twice(String),
    /// A query or a fragment, which no path has.
    #[error(
        "{0:?} holds a ? or a #, which end a path: leave the query out (functions get it as parameters), or write %3F or %23 \
         for the character itself"
    )]
    Query(String),
    /// No request has such a segment.
    #[error("no request has the segment {0:?}: write it without escapes, `.` and `..`")]
    Unreachable(String),
}

impl RoutePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// See [`InvalidPattern`].
    pub fn parse(text: &str) -> Result<RoutePattern, InvalidPattern> {
        if text.len() > PATTERN_MAX {
            return Err(InvalidPattern::TooLong);
        }
        let rest = text.strip_prefix('/').ok_or(InvalidPattern::Relative)?;
        let mut names = HashSet::new();
        let mut parts = Vec::new();
        let mut written = rest.split('/').peekable();
        while let Some(segment) = written.next() {
            let part = Part::parse(segment)?;
            if let Part::Rest(_) = part
                && written.peek().is_some()
            {
                return Err(InvalidPattern::RestWithin(segment.to_owned()));
            }
            if let Part::Parameter(name) | Part::Rest(name) = &part
                && !names.insert(name.clone())
            {
                return Err(InvalidPattern::Twice(name.clone()));
            }
            if parts.len() == SEGMENTS_MAX {
                return Err(InvalidPattern::TooDeep);
            }
            parts.push(part);
        }
        Ok(RoutePattern {
            text: text.to_owned(),
            parts,
        })
    }

    /// The patterns of a path below a prefix, of which either may be empty. Below one, `/` is the prefix itself,
    /// with a slash at its end and without.
    ///
    /// # Errors
    /// As [`RoutePattern::parse`], of the two together.
    pub fn below(prefix: &str, path: &str) -> Result<Vec<RoutePattern>, InvalidPattern> {
        let prefix = prefix.trim_end_matches('/');
        let whole = RoutePattern::parse(&format!("{prefix}{path}"))?;
        match path == "/" && !prefix.is_empty() {
            true => Ok(vec![RoutePattern::parse(prefix)?, whole]),
            false => Ok(vec![whole]),
        }
    }

    /// The names of its parameters, in their order.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Parameter(name) | Part::Rest(name) => Some(name.as_str()),
        })
    }
}

impl fmt::Display for RoutePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Part {
    fn parse(segment: &str) -> Result<Part, InvalidPattern> {
        let braced = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}'));
        let Some(name) = braced.or_else(|| segment.strip_prefix(':')) else {
            return Part::literal(segment);
        };
        let rest = braced.and_then(|name| name.strip_suffix("..."));
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        match rest.unwrap_or(name) {
            name if name.is_empty() || !name.chars().all(is_word) => {
                Err(InvalidPattern::Name(segment.to_owned()))
            }
            name if rest.is_some() => Ok(Part::Rest(name.to_owned())),
            name => Ok(Part::Parameter(name.to_owned())),
        }
    }

    fn literal(segment: &str) -> Result<Part, InvalidPattern> {
        if segment.contains(['?', '#']) {
            return Err(InvalidPattern::Query(segment.to_owned()));
        }
        if segment.contains(['{', '}']) {
            return Err(InvalidPattern::Brace(segment.to_owned()));
        }
        let reachable = segments(&format!("/{segment}")).is_ok();
        match decode(segment).filter(|_| reachable) {
            Some(text) => Ok(Part::Literal(text)),
            None => Err(InvalidPattern::Unreachable(segment.to_owned())),
        }
    }
}
