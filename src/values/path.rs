//! Where a value stands inside an argument or a result.

use std::fmt;

use super::quoted::Quoted;

/// Names longer than this are shown shortened.
const MAX_NAME: usize = 64;

/// The place of a value, as errors show it: `argument 0, field users[3].age`.
///
/// A path is a chain of borrowed links on the stack, so that keeping track of the place costs
/// nothing until an error is shown.
#[derive(Debug, Clone, Copy)]
pub enum Path<'a> {
    /// The argument with this index, from 0.
    Argument(usize),
    /// What a function returned.
    Result,
    /// A record's field, a variant's case, or the `ok`, `err` or `some` of the value at the parent.
    Field(&'a Path<'a>, &'a str),
    /// An element of the list or tuple at the parent, from 0.
    Element(&'a Path<'a>, usize),
}

impl Path<'_> {
    fn is_root(&self) -> bool {
        matches!(self, Path::Argument(_) | Path::Result)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Argument(index) => write!(f, "argument {index}"),
            Path::Result => f.write_str("result"),
            Path::Field(parent, name) => {
                let joint = if parent.is_root() { ", field " } else { "." };
                write!(f, "{parent}{joint}")?;
                // A key comes from outside: what is not a plain name is shown quoted.
                if is_plain(name) {
                    f.write_str(name)
                } else {
                    write!(f, "{}", Quoted(name))
                }
            }
            Path::Element(parent, index) => {
                let joint = if parent.is_root() { ", element " } else { "" };
                write!(f, "{parent}{joint}[{index}]")
            }
        }
    }
}

fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_fields_and_elements() {
        let argument = Path::Argument(0);
        let users = Path::Field(&argument, "users");
        let fourth = Path::Element(&users, 3);
        let age = Path::Field(&fourth, "age");
        assert_eq!(argument.to_string(), "argument 0");
        assert_eq!(age.to_string(), "argument 0, field users[3].age");
        assert_eq!(
            Path::Element(&Path::Result, 2).to_string(),
            "result, element [2]"
        );
    }

    #[test]
    fn quotes_what_is_no_plain_name() {
        let result = Path::Result;
        let odd = Path::Field(&result, "a.b\n\u{1b}[2J");
        assert_eq!(odd.to_string(), r#"result, field "a.b\n\u{1b}[2J""#);
        let long = "x".repeat(10_000);
        assert!(Path::Field(&result, &long).to_string().len() < 100);
        assert_eq!(Path::Field(&result, "").to_string(), r#"result, field """#);
    }
}
