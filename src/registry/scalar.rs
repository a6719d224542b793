//! Scalars, and what a plain one means: the core schema of YAML 1.2.

use std::sync::Arc;

/// A scalar as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// The text, quotes and escapes removed.
    pub text: Arc<str>,
    /// How it came to be.
    pub style: Style,
}

/// How a scalar came to be, which decides what it may be read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Written without quotes: it may mean null, a boolean or a number.
    Plain,
    /// Quoted, or a block: a string.
    Text,
    /// A string in which placeholders were replaced; what they gave is not read again.
    Replaced,
    /// A single placeholder, or the command line: a string that is also read as whatever its
    /// field takes.
    Coerced,
}

/// The meaning of a scalar. A string's text is the scalar's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Resolved {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    String,
}

/// Resolves a scalar. Quoted and block scalars are strings. An integer beyond 64 bits is a
/// float, as in the schema's JSON form.
pub(crate) fn resolve(scalar: &Scalar) -> Resolved {
    if scalar.style != Style::Plain {
        return Resolved::String;
    }
    resolve_text(&scalar.text)
}

/// What a text means where it is not known to be a string.
pub(crate) fn resolve_text(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        text => number(text).unwrap_or(Resolved::String),
    }
}

fn number(text: &str) -> Option<Resolved> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            // from_str_radix would accept a sign here.
            if !digits.starts_with(|c: char| c.is_digit(radix)) {
                return None;
            }
            return i64::from_str_radix(digits, radix)
                .ok()
                .map(Resolved::Integer);
        }
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => {
            let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
            return Some(Resolved::Float(sign * f64::INFINITY));
        }
        ".nan" | ".NaN" | ".NAN" if unsigned == text => return Some(Resolved::Float(f64::NAN)),
        _ => {}
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if unsigned.bytes().all(|b| b.is_ascii_digit())
        && let Ok(value) = text.parse()
    {
        return Some(Resolved::Integer(value));
    }
    let float = unsigned
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if float {
        text.parse().ok().map(Resolved::Float)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        use Resolved::*;
        let cases = [
            ("", Null),
            ("~", Null),
            ("null", Null),
            ("nil", String),
            ("true", Bool(true)),
            ("FALSE", Bool(false)),
            ("yes", String),
            ("0", Integer(0)),
            ("-12", Integer(-12)),
            ("+7", Integer(7)),
            ("0755", Integer(755)),
            ("0o755", Integer(493)),
            ("0xff", Integer(255)),
            ("0x-1", String),
            ("0o9", String),
            ("9223372036854775808", Float(9.223_372_036_854_776e18)),
            ("1.5", Float(1.5)),
            (".5", Float(0.5)),
            ("1e3", Float(1000.0)),
            ("1.2.3", String),
            (".", String),
            ("-", String),
            ("+", String),
            ("--1", String),
            ("1-2", String),
            ("inf", String),
            ("nan", String),
            ("-.inf", Float(f64::NEG_INFINITY)),
            ("sha256:00", String),
        ];
        for (text, expected) in cases {
            let scalar = Scalar {
                text: text.into(),
                style: Style::Plain,
            };
            assert_eq!(resolve(&scalar), expected, "{text:?}");
            let quoted = Scalar {
                style: Style::Text,
                ..scalar
            };
            assert_eq!(resolve(&quoted), String, "quoted {text:?}");
        }
    }
}
