//! `${env:NAME}` and its forms in strings.

use super::diagnostic::Diagnostic;
use super::scalar::{Scalar, Style};
use super::tree::shorten;

/// One placeholder of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placeholder<'a> {
    /// `${env:…}` rather than `${…}`.
    pub env: bool,
    /// What it names.
    pub name: &'a str,
    /// What stands behind `|`.
    pub default: Option<&'a str>,
}

/// What a placeholder stands for. None: it stays as written.
pub(crate) type Lookup<'a> =
    dyn FnMut(&Placeholder<'_>) -> Result<Option<String>, Box<Diagnostic>> + 'a;

/// The string with its placeholders replaced and `$${` made `${`. None if there is nothing to
/// replace.
///
/// # Errors
/// Everything that `lookup` refuses, and an `${env:` that is not a placeholder.
pub(crate) fn expand(
    text: &str,
    lookup: &mut Lookup<'_>,
) -> Result<Option<Scalar>, Vec<Diagnostic>> {
    let mut out = String::new();
    let mut errors = Vec::new();
    let mut replaced = 0usize;
    let mut literal = false;
    let mut rest = text;
    let mut closing = Closing::default();
    while let Some(at) = rest.find("${") {
        let (before, found) = rest.split_at(at);
        let after = found.get(2..).unwrap_or_default();
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            literal = true;
            rest = after;
            continue;
        }
        out.push_str(before);
        let outcome = match parse(text, text.len() - after.len(), &mut closing) {
            Some((placeholder, end)) => match lookup(&placeholder) {
                Ok(value) => value.map(|value| (value, end)),
                Err(error) if errors.len() < MAX_ERRORS => {
                    errors.push(*error);
                    None
                }
                Err(_) => None,
            },
            None if after.starts_with(ENV) && errors.len() < MAX_ERRORS => {
                let message = format!("{:?} is no placeholder", shorten(found));
                let hint = "write ${env:NAME} or ${env:NAME|default}; $${ is a literal ${";
                errors.push(Diagnostic::error(message).hint(hint));
                None
            }
            None => None,
        };
        match outcome {
            Some((value, end)) => {
                out.push_str(&value);
                replaced += 1;
                rest = after.get(end..).unwrap_or_default();
            }
            None => {
                out.push_str("${");
                rest = after;
            }
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    if replaced == 0 && !literal {
        return Ok(None);
    }
    let whole = replaced == 1 && !literal && is_single(text);
    out.push_str(rest);
    Ok(Some(Scalar {
        text: out.into(),
        style: if whole {
            Style::Coerced
        } else {
            Style::Replaced
        },
    }))
}

const ENV: &str = "env:";

/// The most errors reported for one string.
const MAX_ERRORS: usize = 20;

fn is_single(text: &str) -> bool {
    let end = parse(text, 2, &mut Closing::default()).map(|(_, end)| end + 2);
    text.starts_with("${") && end == Some(text.len())
}

/// The next `}` of a text, searched for once however often it is asked for.
#[derive(Default)]
struct Closing {
    next: Option<usize>,
}

impl Closing {
    fn from(&mut self, text: &str, at: usize) -> Option<usize> {
        if self.next.is_none_or(|next| next < at) {
            let found = text.get(at..)?.find('}');
            self.next = Some(found.map_or(usize::MAX, |found| at + found));
        }
        self.next.filter(|next| *next != usize::MAX)
    }
}

/// The placeholder whose inside begins at `start`, and the length of that with its `}`.
fn parse<'a>(
    text: &'a str,
    start: usize,
    closing: &mut Closing,
) -> Option<(Placeholder<'a>, usize)> {
    let env = text.get(start..)?.starts_with(ENV);
    let begin = if env { start + ENV.len() } else { start };
    let named = text.get(begin..)?;
    let end = named.find(|c: char| c.is_whitespace() || c.is_control() || "|{}$".contains(c))?;
    let (name, behind) = named.split_at(end);
    if name.is_empty() {
        return None;
    }
    let end = begin + end;
    let (default, end) = match behind.starts_with('|') {
        false => (None, end),
        true => {
            let close = closing.from(text, end)?;
            (Some(text.get(end + 1..close)?), close)
        }
    };
    text.get(end..)?.strip_prefix('}')?;
    Some((Placeholder { env, name, default }, end + 1 - start))
}

/// True for the names that `${NAME|default}` takes.
pub(crate) fn is_upper_snake(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> Result<(String, Style), String> {
        let mut lookup = |p: &Placeholder<'_>| match (p.env, p.name, p.default) {
            (true, "BAD", _) => Err(Diagnostic::error("bad").into()),
            (true, name, default) => Ok(Some(format!("<{name} {}>", default.unwrap_or("-")))),
            (false, name, Some(default)) if is_upper_snake(name) => {
                Ok(Some(format!("({name} {default})")))
            }
            _ => Ok(None),
        };
        match expand(text, &mut lookup) {
            Ok(Some(scalar)) => Ok((scalar.text.to_string(), scalar.style)),
            Ok(None) => Ok((text.to_owned(), Style::Text)),
            Err(errors) => Err(errors.iter().map(|e| e.message.clone()).collect()),
        }
    }

    #[test]
    fn every_form() {
        use Style::{Coerced, Replaced, Text};
        let cases = [
            ("${env:A}", "<A ->", Coerced),
            ("${env:a.b:c-d|x y}", "<a.b:c-d x y>", Coerced),
            ("${env:A|}", "<A >", Coerced),
            ("${A_1|x}", "(A_1 x)", Coerced),
            ("x${env:A}", "x<A ->", Replaced),
            ("${env:A}${A|1}", "<A ->(A 1)", Replaced),
            ("$${env:A}", "${env:A}", Replaced),
            ("$$${env:A} ${env:A}", "$${env:A} <A ->", Replaced),
            ("${A}", "${A}", Text),
            ("${a|x}", "${a|x}", Text),
            ("${1|x}", "${1|x}", Text),
            ("${A|x", "${A|x", Text),
            ("${", "${", Text),
            ("${}", "${}", Text),
            ("$A", "$A", Text),
            ("${A ${env:B}}", "${A <B ->}", Replaced),
        ];
        for (text, expected, style) in cases {
            assert_eq!(show(text), Ok((expected.into(), style)), "{text}");
        }
        for (text, message) in [
            ("${env:}", "\"${env:}\" is no placeholder"),
            ("${env:A", "\"${env:A\" is no placeholder"),
            ("${env:A B}", "\"${env:A B}\" is no placeholder"),
            ("${env:BAD} ${env:BAD}", "badbad"),
        ] {
            assert_eq!(show(text), Err(message.into()), "{text}");
        }
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for part in ["${", "${A|", "${a|", "${A", "$${", "${env:"] {
            let _ = show(&part.repeat(200_000));
            let _ = show(&format!("{}}}", part.repeat(200_000)));
        }
    }
}
