//! The text format.

use wast::parser::{ParseBuffer, parse};
use wast::{Error, Wat};

use super::ModuleError;

/// A module's binary from its text.
///
/// ```
/// assert_eq!(wippy::to_binary("(module)")?, b"\0asm\x01\0\0\0");
/// # Ok::<(), wippy::ModuleError>(())
/// ```
///
/// # Errors
/// `Invalid`, with the line and column of the mistake.
pub fn to_binary(text: &str) -> Result<Vec<u8>, ModuleError> {
    let wrong = |error: Error| {
        let (line, column) = error.span().linecol_in(text);
        let (line, column) = (line + 1, column + 1);
        ModuleError::Invalid(format!("line {line}, column {column}: {}", error.message()))
    };
    let buffer = ParseBuffer::new(text).map_err(wrong)?;
    let mut module = parse::<Wat>(&buffer).map_err(wrong)?;
    module.encode().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::to_binary;

    #[test]
    fn a_mistake_is_told_in_one_line_with_its_place() {
        for (text, place) in [
            (
                "(module\n  (func (export \"f\") (result i33)))",
                "line 2, column 30",
            ),
            ("(module (func call $g))", "line 1, column 20"),
            ("(module", "line 1, column 8"),
            ("(module \u{7})", "line 1, column 9"),
        ] {
            let error = to_binary(text).expect_err(text).to_string();
            assert!(error.contains(&format!("{place}: ")), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}
