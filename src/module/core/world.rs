//! The WIT world of a core module's exports.

use std::fmt::Write;

use wasmparser::{FuncType, ValType};
use wit_parser::{Resolve, WorldId};

use super::exports::{is_reserved, kebab};
use super::scan::{Scan, invalid};
use crate::module::ModuleError;

/// The longest `wit` field, in bytes.
const LINES_MAX: usize = 1 << 16;

/// The text of a world with the functions and types of an entry's `wit` lines. Function names in
/// snake_case or camelCase are converted to kebab-case.
///
/// # Errors
/// `Wit` when the lines are too long, have a `}` too many or a comment that is not closed.
pub fn from_lines(wit: &str) -> Result<String, ModuleError> {
    if wit.len() > LINES_MAX {
        return Err(ModuleError::Wit(format!(
            "`wit` is longer than {LINES_MAX} bytes"
        )));
    }
    let mut items = String::new();
    for statement in statements(wit)? {
        match statement.split_once(':') {
            Some((name, ty)) if is_function(ty) => {
                let name = name.trim().trim_start_matches("export ").trim();
                let name = match name.strip_prefix('%') {
                    Some(escaped) => format!("%{}", kebab(escaped)),
                    None => kebab(name),
                };
                let _ = writeln!(items, "  export {name}:{ty};");
            }
            _ => {
                let _ = writeln!(items, "  {statement}");
            }
        }
    }
    Ok(world(&items))
}

/// The text of a world with all exported functions that take and return numbers only. `None` if
/// there are none, and for a command.
pub fn from_exports(scan: &Scan) -> Option<String> {
    if scan.is_command() {
        return None;
    }
    let mut items = String::new();
    for (name, ty) in &scan.functions {
        if !is_reserved(name)
            && let Some(ty) = ty.as_ref().and_then(numbers)
        {
            let _ = writeln!(items, "  export {}: {ty};", kebab(name));
        }
    }
    (!items.is_empty()).then(|| world(&items))
}

/// The same with the entry point of a command, of this version of WASI.
pub fn with_run(functions: Option<String>, version: &str) -> String {
    let run = format!("wasi:cli/run@{version}");
    let functions = functions.unwrap_or_else(|| world(""));
    let functions = functions.replacen(
        "world module {",
        &format!("world module {{\n  export {run};"),
        1,
    );
    format!(
        "{functions}package wasi:cli@{version} {{\n  interface run {{\n    run: func() -> result;\n  }}\n}}\n"
    )
}

/// The names of the functions that [`from_exports`] leaves out, because they take or return
/// something else than numbers.
pub fn untyped(scan: &Scan) -> Vec<String> {
    let functions = scan.functions.iter();
    let untyped = functions
        .filter(|(name, ty)| !is_reserved(name) && ty.as_ref().and_then(numbers).is_none());
    untyped.map(|(name, _)| kebab(name)).collect()
}

/// The world of this text.
///
/// # Errors
/// `Wit` when the text does not parse, with the line that is wrong; `Invalid` when it has no world.
pub fn parse(text: &str) -> Result<(Resolve, WorldId), ModuleError> {
    let wrong = |error: String| ModuleError::Wit(format!("`wit` does not parse: {error}"));
    let mut resolve = Resolve::default();
    let package = resolve
        .push_str("wit", text)
        .map_err(|error| wrong(format!("{error:#}")))?;
    let world = resolve.select_world(&[package], None).map_err(invalid)?;
    Ok((resolve, world))
}

fn world(items: &str) -> String {
    format!("package wippy:core;\nworld module {{\n{items}}}\n")
}

fn is_function(ty: &str) -> bool {
    ty.trim_start().starts_with("func")
}

/// Cuts text into statements, each of which ends with a semicolon or a closing brace. Comments are
/// left out.
fn statements(wit: &str) -> Result<Vec<String>, ModuleError> {
    let mut found = Vec::new();
    let (mut statement, mut depth) = (String::new(), 0usize);
    for character in without_comments(wit)?.chars() {
        match character {
            '{' => depth += 1,
            '}' => {
                let outer = depth.checked_sub(1);
                depth =
                    outer.ok_or_else(|| ModuleError::Wit("`wit` has a } too many".to_owned()))?;
            }
            _ => {}
        }
        let ends = depth == 0 && matches!(character, ';' | '}');
        if !(ends && character == ';' && statement_is_function(&statement)) {
            statement.push(character);
        }
        if ends {
            push(&mut found, &mut statement);
        }
    }
    push(&mut found, &mut statement);
    Ok(found)
}

/// The text with a space for each line break and each comment. Comments in `/* */` nest, as in WIT.
fn without_comments(wit: &str) -> Result<String, ModuleError> {
    let unclosed = || ModuleError::Wit("`wit` has a comment without its `*/`".to_owned());
    let mut code = String::with_capacity(wit.len());
    let mut rest = wit;
    while let Some(character) = rest.chars().next() {
        let (text, length) = match rest.get(..2) {
            Some("//") => (' ', rest.find('\n').unwrap_or(rest.len())),
            Some("/*") => (' ', block_comment_length(rest).ok_or_else(unclosed)?),
            _ if matches!(character, '\r' | '\n') => (' ', 1),
            _ => (character, character.len_utf8()),
        };
        code.push(text);
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(code)
}

/// The bytes of the comment that `text` begins with, up to the `*/` that closes its first `/*`.
fn block_comment_length(text: &str) -> Option<usize> {
    let (mut at, mut depth) = (0, 0usize);
    loop {
        let rest = text.as_bytes().get(at..)?;
        let (step, inner) = match rest {
            [b'/', b'*', ..] => (2, depth + 1),
            [b'*', b'/', ..] => (2, depth.checked_sub(1)?),
            [] => return None,
            _ => (1, depth),
        };
        at += step;
        depth = inner;
        if depth == 0 {
            return Some(at);
        }
    }
}

fn statement_is_function(statement: &str) -> bool {
    statement
        .split_once(':')
        .is_some_and(|(_, ty)| is_function(ty))
}

fn push(found: &mut Vec<String>, statement: &mut String) {
    let text = statement.trim();
    if !text.is_empty() && text != ";" {
        found.push(text.to_owned());
    }
    statement.clear();
}

fn numbers(ty: &FuncType) -> Option<String> {
    let mut params = Vec::new();
    for (index, &param) in ty.params().iter().enumerate() {
        params.push(format!("p{index}: {}", number(param)?));
    }
    let result = match ty.results() {
        [] => String::new(),
        &[result] => format!(" -> {}", number(result)?),
        _ => return None,
    };
    Some(format!("func({}){result}", params.join(", ")))
}

fn number(ty: ValType) -> Option<&'static str> {
    match ty {
        ValType::I32 => Some("s32"),
        ValType::I64 => Some("s64"),
        ValType::F32 => Some("f32"),
        ValType::F64 => Some("f64"),
        ValType::V128 | ValType::Ref(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_no_statement() {
        let wit =
            "/* one; } /* nested; */ { */ type t = u8; // two; }\nadd: func(a: t /* ; */) -> t;";
        let expected = ["type t = u8;", "add: func(a: t  ) -> t"];
        assert_eq!(statements(wit).unwrap(), expected);
    }

    #[test]
    fn a_comment_that_is_not_closed_is_an_error() {
        for wit in ["a: func(); /* b", "/* /* */", "/*/"] {
            let error = statements(wit).unwrap_err();
            assert_eq!(
                error.to_string(),
                "`wit` has a comment without its `*/`",
                "{wit}"
            );
        }
    }
}
